import type { Verdict } from './finding.ts'

/** What closed reviews say of the findings of one post: ruleId → right or wrong. */
export type Judgements = Readonly<Record<string, boolean>>

/** How often each old verdict (outer) becomes each new one (inner). */
export type VerdictMatrix = Record<Verdict, Record<Verdict, number>>

/** How often reviewers called the findings of a rule right and wrong. */
export interface JudgedHits {
  right: number
  wrong: number
}

/** What came of some past posts, in numbers and the ids of those that change. Tallies add up in the order of the posts. */
export interface Tally {
  judged: number
  /** Those among `judged` whose verdict stands: no rule that differs can touch them. */
  kept: number
  /** Posts whose input could not be judged. They count as `review`. */
  failed: number
  matrix: VerdictMatrix
  /** Posts without a verdict of the past to compare with. */
  unknownBefore: number
  newlyBlocked: string[]
  newlyAllowed: string[]
  hitsByRule: Record<string, number>
  /** What reviewers said of the hits that the draft makes too. */
  judgedByRule: Record<string, JudgedHits>
  /** Approvals that the draft would have asked for: the reviewers' work. */
  approvals: number
  /** When the first of the posts was judged, where that is known. */
  firstAt: string | undefined
}

/** Ids beyond the first ones are only counted, in `matrix`. */
export const listedAtMost = 10_000

export function emptyTally(firstAt?: string): Tally {
  const row = (): Record<Verdict, number> => ({ pass: 0, review: 0, block: 0 })
  return {
    judged: 0,
    kept: 0,
    failed: 0,
    matrix: { pass: row(), review: row(), block: row() },
    unknownBefore: 0,
    newlyBlocked: [],
    newlyAllowed: [],
    hitsByRule: {},
    judgedByRule: {},
    approvals: 0,
    firstAt,
  }
}

/** Counts one post. */
export function addVerdict(tally: Tally, id: string, before: Verdict | null, after: Verdict): void {
  tally.judged++
  if (before === null) {
    tally.unknownBefore++
    return
  }
  tally.matrix[before][after]++
  if (before !== 'block' && after === 'block') list(tally.newlyBlocked, id)
  if (before === 'block' && after !== 'block') list(tally.newlyAllowed, id)
}

/** Counts what reviewers said of one finding, where they said anything. */
export function addJudged(tally: Tally, ruleId: string, judgements: Judgements): void {
  const isRight = judgements[ruleId]
  if (isRight !== undefined) (tally.judgedByRule[ruleId] ??= { right: 0, wrong: 0 })[isRight ? 'right' : 'wrong']++
}

/** Adds what came of the posts that follow. */
export function addTally(sum: Tally, part: Tally): void {
  sum.judged += part.judged
  sum.kept += part.kept
  sum.failed += part.failed
  sum.unknownBefore += part.unknownBefore
  sum.approvals += part.approvals
  if (sum.firstAt === undefined || (part.firstAt !== undefined && part.firstAt < sum.firstAt))
    sum.firstAt = part.firstAt
  for (const before of verdicts) for (const after of verdicts) sum.matrix[before][after] += part.matrix[before][after]
  for (const id of part.newlyBlocked) list(sum.newlyBlocked, id)
  for (const id of part.newlyAllowed) list(sum.newlyAllowed, id)
  for (const [rule, hits] of Object.entries(part.hitsByRule)) sum.hitsByRule[rule] = (sum.hitsByRule[rule] ?? 0) + hits
  for (const [rule, { right, wrong }] of Object.entries(part.judgedByRule)) {
    const known = (sum.judgedByRule[rule] ??= { right: 0, wrong: 0 })
    known.right += right
    known.wrong += wrong
  }
}

const verdicts: readonly Verdict[] = ['pass', 'review', 'block']

function list(ids: string[], id: string): void {
  if (ids.length < listedAtMost) ids.push(id)
}
