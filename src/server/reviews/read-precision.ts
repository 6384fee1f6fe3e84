import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { AnswerOf, QueryOf } from '#shared/api/endpoint.ts'
import type { readPrecision as contract } from '#shared/api/simulations.ts'
import { claimMilliseconds } from './claim.ts'
import { countHits, streamDecided, type DecidedRevision, type PrecisionPeriod } from './precision-queries.ts'
import { precisionOf } from './read-simulation.ts'
import { readNeighbourhood, suggestExclusions, type Neighbourhood } from './suggest-exclusions.ts'

interface RuleTally {
  right: number
  wrong: number
  minutes: number
  readonly rightUses: Neighbourhood[]
  readonly wrongUses: Neighbourhood[]
}

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
  const hits = await countHits(deps.db, period)
  const tallies = new Map<string, RuleTally>()
  for await (const revision of streamDecided(deps.db, period, claimMilliseconds / 60_000)) tally(tallies, revision)
  const rules = [...hits].map(([ruleId, count]) => {
    const { right, wrong, minutes, rightUses, wrongUses } = tallies.get(ruleId) ?? emptyTally()
    return {
      ruleId,
      hits: count,
      judgedTrue: right,
      judgedFalse: wrong,
      precision: precisionOf(right, wrong),
      reviewerMinutes: Math.round(minutes * 10) / 10,
      exclusions: suggestExclusions(wrongUses, rightUses),
    }
  })
  return { rules: rules.toSorted((a, b) => (a.precision ?? 2) - (b.precision ?? 2) || (a.ruleId < b.ruleId ? -1 : 1)) }
}

function emptyTally(): RuleTally {
  return { right: 0, wrong: 0, minutes: 0, rightUses: [], wrongUses: [] }
}

function tally(tallies: Map<string, RuleTally>, { text, findings, judgements, minutes }: DecidedRevision): void {
  for (const finding of findings) {
    const rule = tallies.get(finding.ruleId) ?? emptyTally()
    tallies.set(finding.ruleId, rule)
    rule.minutes += minutes / findings.length
    const right = judgements?.[finding.ruleId]
    if (right === undefined) continue
    rule[right ? 'right' : 'wrong'] += 1
    rule[right ? 'rightUses' : 'wrongUses'].push(readNeighbourhood(text, finding))
  }
}
