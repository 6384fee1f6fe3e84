import type { Finding } from '#server/policies/finding.ts'

/** Signs that mean something in a term of the policy language. */
const special = /[*"'“”(){}[\]|/\\:⟦⟧]/

/**
 * Each place that a rule hit, with its neighbouring word on either side, in small letters: such a phrase overlaps the hit,
 * so as a term of `unless` it cancels exactly that use. Once for each finding of the rule. Pure.
 */
export function readNeighbours({
  text,
  ruleId,
  findings,
}: {
  readonly text: string
  readonly ruleId: string
  readonly findings: readonly Finding[]
}): string[] {
  return findings
    .filter((finding) => finding.ruleId === ruleId)
    .flatMap(({ spans }) => [
      ...new Set(
        spans.filter(({ field }) => field === 'text').flatMap(({ start, end }) => phrasesAt(text, start, end)),
      ),
    ])
}

function phrasesAt(text: string, start: number, end: number): string[] {
  const hit = text.slice(start, end)
  const before = /([\p{L}\p{M}\p{N}’'-]+)[ \u00a0]$/u.exec(text.slice(0, start))?.[1]
  const after = /^[ \u00a0]([\p{L}\p{M}\p{N}’'-]+)/u.exec(text.slice(end))?.[1]
  return [...(before === undefined ? [] : [`${before} ${hit}`]), ...(after === undefined ? [] : [`${hit} ${after}`])]
    .map((phrase) => phrase.toLowerCase().replaceAll('\u00a0', ' ').toWellFormed())
    .filter((phrase) => !special.test(phrase))
}
