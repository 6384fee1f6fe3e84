import type { Language } from './lexicon.ts'

/** Small words that only one of the two languages has. */
const SMALL_WORDS: Record<Language, ReadonlySet<string>> = {
  en: new Set(
    'the of and to in is are was were be been with our your their this that these those for from by at it its we you they has have will not no or as an any all more than who what when which how now get us my his her about into over'.split(
      ' ',
    ),
  ),
  fr: new Set(
    'le la les un une des du de et à au aux est sont été être avec nos notre vos votre leur leurs ce cette ces pour dans par sur il elle nous vous ils elles qui que quoi dont où ne pas plus très ou mais donc car se sa ses son mon ma mes dès chez sans tout tous toute'.split(
      ' ',
    ),
  ),
}
const WORDS = /[\p{L}\p{M}]+/gu
const FRENCH_LETTERS = /[éèêëàâçùûîïôœ]/i
const ENGLISH_ENDING = /(?:ing|ed|teed|ly)$/
const CLEARLY = 2

/** Signs of each language in a text: small words, accented words, typical endings. */
interface Score {
  readonly fr: number
  readonly en: number
}

/** Below this every letter is composed already, and the tables here know what it is. */
const LATIN = 0x300
const NOT_A_LETTER = 0
const ANY_LETTER = 1
const FRENCH_LETTER = 2
const LETTER_KINDS = Uint8Array.from({ length: LATIN }, (_, unit) => {
  const letter = String.fromCharCode(unit)
  if (!/\p{L}/u.test(letter)) return NOT_A_LETTER
  return FRENCH_LETTERS.test(letter) ? FRENCH_LETTER : ANY_LETTER
})
const HASH_SEED = 0x811c9dc5 | 0
const HASH_PRIME = 0x01000193
const LONGEST_SMALL_WORD = Math.max(...[...SMALL_WORDS.fr, ...SMALL_WORDS.en].map((word) => word.length))

function hashWord(word: string): number {
  let hash = HASH_SEED
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), HASH_PRIME)
  return hash
}

/** One bit for each small word's hash: most words are turned away without being cut out of the text. */
const SMALL_FILTER = new Uint8Array(4096)
for (const word of [...SMALL_WORDS.fr, ...SMALL_WORDS.en]) SMALL_FILTER[hashWord(word) & 4095] = 1

/** True for "ing", "ed" and "ly" at the end of what stands before `end`. */
function endsInEnglish(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1)
  const before = text.charCodeAt(end - 2)
  if (last === 100) return before === 101
  if (last === 121) return before === 108
  return last === 103 && before === 110 && text.charCodeAt(end - 3) === 105
}

/** The score of a text in small letters, all of them Latin; undefined when one is not. */
function scoreLatin(text: string): Score | undefined {
  let fr = 0
  let en = 0
  for (let at = 0; at < text.length; at++) {
    let unit = text.charCodeAt(at)
    if (unit >= LATIN) {
      // Quotes, dashes and the euro sign part words; anything else is looked at letter by letter.
      if (unit >= 0x2010 && unit <= 0x20bf && (unit < 0x2071 || unit > 0x209c)) continue
      return undefined
    }
    let kind = LETTER_KINDS[unit] as number
    if (kind === NOT_A_LETTER) continue
    const start = at
    let kinds = kind
    let hash = Math.imul(HASH_SEED ^ unit, HASH_PRIME)
    while (++at < text.length) {
      unit = text.charCodeAt(at)
      if (unit >= LATIN) break
      kind = LETTER_KINDS[unit] as number
      if (kind === NOT_A_LETTER) break
      kinds |= kind
      hash = Math.imul(hash ^ unit, HASH_PRIME)
    }
    const size = at - start
    const word = size <= LONGEST_SMALL_WORD && SMALL_FILTER[hash & 4095] === 1 ? text.slice(start, at) : ''
    if ((kinds & FRENCH_LETTER) !== 0 || SMALL_WORDS.fr.has(word)) fr++
    if ((size > 4 && endsInEnglish(text, at)) || SMALL_WORDS.en.has(word)) en++
    at--
  }
  return { fr, en }
}

function scoreAny(text: string): Score {
  const score = { fr: 0, en: 0 }
  for (const [word] of text.normalize('NFC').matchAll(WORDS)) {
    if (SMALL_WORDS.fr.has(word) || FRENCH_LETTERS.test(word)) score.fr++
    if (SMALL_WORDS.en.has(word) || (word.length > 4 && ENGLISH_ENDING.test(word))) score.en++
  }
  return score
}

// The rules of one language ask about one text in a row.
const last = { text: '', score: { fr: 0, en: 0 } as Score }

function scoreOf(text: string): Score {
  if (last.text === text) return last.score
  const small = text.toLowerCase()
  last.score = scoreLatin(small) ?? scoreAny(small)
  last.text = text
  return last.score
}

/**
 * True when a stretch of text is clearly in another language than `lang`: it has at least two more small words, accented
 * words or typical endings of the other one. Only then does a rule for `lang` stand back in a post of the other language,
 * so that declaring a language, or mixing two, is no way round a rule.
 */
export function isClearlyNot(lang: Language, text: string): boolean {
  const score = scoreOf(text)
  return lang === 'fr' ? score.en - score.fr >= CLEARLY : score.fr - score.en >= CLEARLY
}
