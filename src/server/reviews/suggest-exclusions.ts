import type { Finding } from '#server/policies/finding.ts'

/** What was hit, with the words that stood beside it; several for a finding with several places. */
export type Neighbourhood = readonly string[]

export interface SuggestedExclusion {
  readonly unless: string
  readonly falseHits: number
}

const fewestFalseHits = 2
const mostSuggestions = 5
/** Signs that mean something in a term of the policy language. */
const special = /[*"'“”()[\]{}|/\\:⟦⟧]/

/**
 * The hit with its neighbouring word on either side, in small letters: such a phrase overlaps the hit, so as a term of
 * `unless` it cancels exactly that use. Pure.
 */
export function readNeighbourhood(text: string, finding: Finding): Neighbourhood {
  const phrases = finding.spans
    .filter((span) => span.field === 'text')
    .flatMap(({ start, end }) => {
      const hit = text.slice(start, end)
      const before = /([\p{L}\p{M}\p{N}’'-]+)[ \u00a0]$/u.exec(text.slice(0, start))?.[1]
      const after = /^[ \u00a0]([\p{L}\p{M}\p{N}’'-]+)/u.exec(text.slice(end))?.[1]
      return [
        ...(before === undefined ? [] : [`${before} ${hit}`]),
        ...(after === undefined ? [] : [`${hit} ${after}`]),
      ]
    })
    .map((phrase) => phrase.toLowerCase().replaceAll('\u00a0', ' '))
    .filter((phrase) => !special.test(phrase))
  return [...new Set(phrases)]
}

/** Phrases that stood in at least two false hits and in no true one, most frequent first. Pure. */
export function suggestExclusions(
  wrong: readonly Neighbourhood[],
  right: readonly Neighbourhood[],
): SuggestedExclusion[] {
  const needed = new Set(right.flat())
  const counts = new Map<string, number>()
  for (const phrase of wrong.flat()) if (!needed.has(phrase)) counts.set(phrase, (counts.get(phrase) ?? 0) + 1)
  return [...counts]
    .filter(([, falseHits]) => falseHits >= fewestFalseHits)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, mostSuggestions)
    .map(([unless, falseHits]) => ({ unless, falseHits }))
}
