import type { Term } from './matcher/lexicon.ts'
import { parsePolicyFile, type ParsedPolicyFile, type PolicyFileSource, type YamlPath } from './parse-policy-file.ts'
import type { PolicyProblem } from './policy-error.ts'

/** Ordinary words and names with the place that they come from. */
export interface WordList {
  readonly name: string
  readonly words: readonly string[]
}

/** Endings that whoever writes a star has in mind; only what goes beyond them is told. */
const inflections: ReadonlySet<string> = new Set([
  '',
  's',
  'es',
  'e',
  'ed',
  'd',
  'r',
  'rs',
  'ing',
  'er',
  'ers',
  'ee',
  'ees',
  'ment',
  'nt',
  'ent',
  'ait',
  'ant',
])
const mostTold = 8

/**
 * Says which ordinary words a star, or a rule with `match: contains`, takes besides the forms that were meant.
 * Nothing here is a mistake: an officer looks and decides. Files that do not load are left to the loader. Pure.
 */
export function lintPolicy(sources: readonly PolicyFileSource[], lists: readonly WordList[]): PolicyProblem[] {
  const folded = lists.map(({ name, words }) => ({ name, words: words.map((word) => ({ word, folded: fold(word) })) }))
  return sources.map(parsePolicyFile).flatMap((file) =>
    placesOf(file).flatMap(({ place, term, contains }) =>
      partsOf(term, contains).flatMap((part) => {
        const caught = folded.flatMap(({ name, words }) =>
          told(
            name,
            words.filter((word) => takes(part, word.folded)).map((word) => word.word),
          ),
        )
        if (caught.length === 0) return []
        return [file.problemAt(place, `"${part.text}${part.starred ? '*' : ''}" also takes ${caught.join('; ')}.`)]
      }),
    ),
  )
}

interface TermPlace {
  readonly place: YamlPath
  readonly term: Term
  readonly contains: boolean
}

function placesOf(file: ParsedPolicyFile): TermPlace[] {
  const { lists = {}, rules = [], defaults = {} } = file.raw ?? {}
  const inLists = Object.entries(lists).flatMap(([name, terms]) =>
    terms.map((term, at): TermPlace => ({ place: ['lists', name, at], term, contains: false })),
  )
  const inRules = rules.flatMap((rule, number) =>
    (rule.any ?? []).map((term, at): TermPlace => ({
      place: ['rules', number, 'any', at],
      term,
      contains: (rule.match ?? defaults.match) === 'contains',
    })),
  )
  return [...inLists, ...inRules]
}

interface Part {
  readonly text: string
  readonly starred: boolean
}

/** The words of a term that take more than themselves. */
function partsOf(term: Term, contains: boolean): Part[] {
  const text = typeof term === 'string' ? term : 'text' in term ? term.text : ''
  const words = text.replaceAll(/"[^"]*"|\$[\w-]+|\b(?:NEAR|PRE)\/\d+/g, ' ').match(/[\p{L}\p{N}]+\*?/gu) ?? []
  return words
    .filter((word) => contains || word.endsWith('*'))
    .map((word) => ({ text: word.replace('*', ''), starred: word.endsWith('*') }))
}

function takes(part: Part, word: string): boolean {
  const text = fold(part.text)
  if (part.starred) return word.startsWith(text) && !inflections.has(word.slice(text.length))
  return word !== text && word.includes(text)
}

function told(list: string, words: readonly string[]): string[] {
  if (words.length === 0) return []
  const more = words.length > mostTold ? ` and ${words.length - mostTold} more` : ''
  return [`${words.slice(0, mostTold).join(', ')}${more} (${list})`]
}

function fold(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}
