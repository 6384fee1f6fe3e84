import type { Range } from './compact-view.ts'

const number = /\d[\d\u00a0\u202f ./-]{2,24}\d/g
const link = '(?:\\s{0,2}(?:number|num[eé]ro|no\\.?|n°|nº|#|id|is|est|:)){0,3}[\\s:#°]{0,3}'
const recordWords =
  '(?:MRN|medical record|patient(?: record| file| id)?|health record|dossier(?: m[eé]dical| patient)?|IPP|NDA|case file)'
const accountWords =
  "(?:account|acct\\.?|a/c|compte(?: bancaire| client)?|policy|contrat|police d['’]assurance|portfolio|portefeuille|client)"
/** The words before a number, and up to four letters that belong to it. */
const leads = {
  'record-number': leadOf(recordWords),
  'account-number': leadOf(accountWords),
} as const
const longestLead = 64

function leadOf(words: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${words}${link}([A-Z]{0,4}[-/ ]?)$`, 'iu')
}

/** Least digits that make a number of a record or an account rather than a count, a year or a day. */
const leastDigits = 6

/** Numbers named by the words before them ("MRN 00482913", "compte n° 123 456 789"): the number alone is the range. */
export function detectNamedNumber(kind: keyof typeof leads, text: string): Range[] {
  const found: Range[] = []
  for (const { 0: value, index } of text.matchAll(number)) {
    if (value.replaceAll(/\D/g, '').length < leastDigits) continue
    const lead = leads[kind].exec(text.slice(Math.max(0, index - longestLead), index))
    if (lead !== null) found.push([index - lead[1]!.trimStart().length, index + value.length])
  }
  return found
}

const classes: Readonly<Record<string, string>> = {
  '#': '\\d',
  '@': '[A-Za-z]',
  '*': '[A-Za-z0-9]',
  ' ': '[ \\u00a0\\u202f]?',
  '-': '[-\\u2010-\\u2015 ]?',
}

/** A format such as `MRN #######` as an expression: # a digit, @ a letter, * either; spaces and dashes may be left out. */
export function compileFormat(format: string): RegExp {
  const source = Array.from(format, (character) => classes[character] ?? escape(character)).join('')
  return new RegExp(`(?<![\\p{L}\\p{N}])${source}(?![\\p{L}\\p{N}])`, 'giu')
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** Ranges of a text that have one of the formats. */
export function detectFormats(formats: readonly RegExp[], text: string): Range[] {
  return formats.flatMap((format) =>
    [...text.matchAll(format)].map((match): Range => [match.index, match.index + match[0].length]),
  )
}
