/** One thing that a record must or must not contain. */
export interface SearchTerm {
  readonly kind: 'word' | 'phrase' | 'prefix'
  readonly text: string
  readonly negative: boolean
}

const token = /(-?)"([^"]*)"?|(\S+)/gu

/**
 * Reads what somebody typed: words stand for all of them, `"…"` for exactly these words in this order, `OR` (or `OU`)
 * between two terms for either, a leading minus for absence, a trailing star for a beginning. Answers the alternatives
 * that must all hold: `a OR b -c` is `[[a, b], [-c]]`. A quotation mark that is never closed runs to the end.
 */
export function parseSearch(q: string): SearchTerm[][] {
  const groups: SearchTerm[][] = []
  let joins = false
  for (const match of q.matchAll(token)) {
    if (match[3] === 'OR' || match[3] === 'OU') {
      joins = groups.length > 0
      continue
    }
    const term = readTerm(match)
    if (term === undefined) continue
    if (joins) groups.at(-1)!.push(term)
    else groups.push([term])
    joins = false
  }
  return groups
}

function readTerm(match: RegExpExecArray): SearchTerm | undefined {
  const [, minus, phrase, bare] = match
  if (bare === undefined) return makeTerm('phrase', phrase ?? '', minus === '-')
  const negative = bare.startsWith('-') && bare.length > 1
  const text = negative ? bare.slice(1) : bare
  return text.endsWith('*') ? makeTerm('prefix', text.replace(/\*+$/, ''), negative) : makeTerm('word', text, negative)
}

function makeTerm(kind: SearchTerm['kind'], text: string, negative: boolean): SearchTerm | undefined {
  return /[\p{L}\p{N}]/u.test(text) ? { kind, text: text.replaceAll('\0', ' '), negative } : undefined
}

/** Does a search ask for something and for its absence? Nothing meets that, and looking for it would take long. */
export function isContradiction(groups: readonly (readonly SearchTerm[])[]): boolean {
  const excluded = groups.flatMap((group) => (group.length === 1 && group[0]!.negative ? group : []))
  const isExcluded = ({ kind, text, negative }: SearchTerm) =>
    !negative && excluded.some((other) => other.kind === kind && other.text === text)
  return groups.some((group) => group.every(isExcluded))
}

/** The parts of a search without any letter or digit: nothing is looked up for them, which the answer says. */
export function findIgnored(q: string): string[] {
  return [...q.matchAll(token)].filter((match) => readTerm(match) === undefined).map(([text]) => text)
}
