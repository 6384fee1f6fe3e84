import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { AnswerOf, QueryOf } from '#shared/api/endpoint.ts'
import type { readPrecision as contract } from '#shared/api/simulations.ts'
import {
  findNthJudged,
  findRuleFigures,
  findUnreadHits,
  findWrongUses,
  type PrecisionPeriod,
  type ReadUse,
  type UnreadHit,
} from './precision-queries.ts'
import { precisionOf } from './read-simulation.ts'
import { readNeighbours } from './read-neighbours.ts'

/** A phrase is suggested once it would spare so many wrong hits; so many of them for a rule. */
const suggested = { atLeast: 2, atMost: 5 }
/** Counting the words of so many judged hits takes some two hundred milliseconds; what is older says less of today’s rules. */
const mostJudged = 50_000

/** How right each rule was in the actor's units, the least precise first, and which exclusions would spare false hits. */
export async function readPrecision(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  query: QueryOf<typeof contract>,
): Promise<AnswerOf<typeof contract>> {
  const period: PrecisionPeriod = {
    scope: await readScope(deps.db, actor, 'policy.simulate'),
    from: query.from === undefined ? null : new Date(query.from).toISOString(),
    to: query.to === undefined ? deps.clock.now() : new Date(query.to).toISOString(),
  }
  // At one moment: words that are kept while they are read here would count twice.
  const { figures, suggestedFrom, uses } = await deps.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => count(tx, period))
  const byRule = Map.groupBy(uses, ({ ruleId }) => ruleId)
  const rules = figures.map(({ ruleId, hits, judgedTrue, judgedFalse, minutes }) => ({
    ruleId,
    hits,
    judgedTrue,
    judgedFalse,
    precision: precisionOf(judgedTrue, judgedFalse),
    reviewerMinutes: Math.round(minutes * 10) / 10,
    exclusions: (byRule.get(ruleId) ?? []).map(({ phrase, falseHits }) => ({ unless: phrase, falseHits })),
  }))
  return {
    suggestedFrom,
    rules: rules.toSorted((a, b) => (a.precision ?? 2) - (b.precision ?? 2) || (a.ruleId < b.ruleId ? -1 : 1)),
  }
}

async function count(tx: Tx, period: PrecisionPeriod) {
  const figures = await findRuleFigures(tx, period)
  const suggestedFrom = await findNthJudged(tx, period, mostJudged)
  const newest = suggestedFrom === null ? period : { ...period, from: suggestedFrom }
  const uses = await findWrongUses(tx, newest, { ...suggested, read: await readUses(tx, newest) })
  return { figures, suggestedFrom, uses }
}

const pageSize = 1_000

/** What stands beside the judged hits that `keep-neighbours.ts` has not come to yet. */
async function readUses(tx: Tx, period: PrecisionPeriod): Promise<ReadUse[]> {
  const uses = new Map<string, { ruleId: string; phrase: string; wrong: number; needed: number }>()
  for (let after: UnreadHit | undefined; ;) {
    const hits = await findUnreadHits(tx, period, after, pageSize)
    for (const hit of hits)
      for (const phrase of readNeighbours(hit)) {
        const key = `${hit.ruleId} ${phrase}`
        const use = uses.get(key) ?? { ruleId: hit.ruleId, phrase, wrong: 0, needed: 0 }
        use[hit.judged ? 'needed' : 'wrong'] += 1
        uses.set(key, use)
      }
    if (hits.length < pageSize) return [...uses.values()]
    after = hits.at(-1)
  }
}
