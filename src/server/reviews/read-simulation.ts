import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import { cutPage, readCursor } from '#server/platform/page-cursor.ts'
import type { AnswerOf, QueryOf } from '#shared/api/endpoint.ts'
import type { getSimulation, listSimulations, Simulation, SimulationReport } from '#shared/api/simulations.ts'
import {
  findExcerpts,
  findSimulation,
  findSimulations,
  type SimulationRow,
  type StoredReport,
} from './simulation-queries.ts'

const excerptsAtMost = 200

/** One simulation with its report. Excerpts are read from the posts as they are now: the report holds none. */
export async function readSimulation(
  db: Db,
  actor: Actor,
  simulationId: string,
): Promise<AnswerOf<typeof getSimulation>> {
  const row = await findSimulation(db, simulationId, await readScope(db, actor, 'policy.simulate'))
  if (row === undefined) throw new AppError('not_found', 'No such simulation in your units.')
  return { ...toSimulation(row), report: row.report === null ? null : await toReport(db, row.report) }
}

/** Simulations whose whole scope the reader has, newest first. */
export async function readSimulations(
  db: Db,
  actor: Actor,
  query: QueryOf<typeof listSimulations>,
): Promise<AnswerOf<typeof listSimulations>> {
  const limit = query.limit ?? 50
  const scope = await readScope(db, actor, 'policy.simulate')
  const rows = await findSimulations(db, scope, readCursor(query.cursor), limit + 1)
  return cutPage(rows, limit, (row) => ({ at: row.requestedAt, id: row.simulationId }), toSimulation)
}

/** The state of a simulation, without its report. Pure. */
export function toSimulation(row: SimulationRow): Simulation {
  return {
    simulationId: row.simulationId,
    state: row.state,
    cancelRequested: row.cancelRequestedBy !== null,
    requestedBy: { userId: row.requestedBy, displayName: row.requestedByName },
    requestedAt: row.requestedAt,
    draftVersion: row.draftVersion,
    baseVersion: row.baseVersion,
    from: row.from,
    to: row.to,
    anew: row.anew,
    progress: { done: row.done, total: row.total },
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    failure: row.failure,
  }
}

async function toReport(db: Db, stored: StoredReport): Promise<SimulationReport> {
  return {
    complete: stored.complete,
    judged: stored.judged,
    kept: stored.kept ?? 0,
    failed: stored.failed,
    matrix: stored.matrix,
    newlyBlocked: await toChanged(db, stored.newlyBlockedCount, stored.newlyBlocked),
    newlyAllowed: await toChanged(db, stored.newlyAllowedCount, stored.newlyAllowed),
    rules: toRuleFigures(stored),
    approvals: stored.approvals,
    reviewerHoursPerWeek: hoursPerWeek(stored),
    assumption: describeAssumption(stored),
  }
}

/** Most hits first; jsonb keeps no order of its own. */
function toRuleFigures({ hitsByRule, judgedByRule }: StoredReport): SimulationReport['rules'] {
  const rules = Object.entries(hitsByRule).map(([ruleId, hits]) => {
    const { right, wrong } = judgedByRule[ruleId] ?? { right: 0, wrong: 0 }
    return { ruleId, hits, judgedTrue: right, judgedFalse: wrong, precision: precisionOf(right, wrong) }
  })
  return rules.toSorted((a, b) => b.hits - a.hits || (a.ruleId < b.ruleId ? -1 : 1))
}

/** The share of judged hits that were right; null where nobody judged. */
export function precisionOf(right: number, wrong: number): number | null {
  return right + wrong === 0 ? null : right / (right + wrong)
}

async function toChanged(db: Db, count: number, ids: readonly string[]): Promise<SimulationReport['newlyBlocked']> {
  const found = new Map((await findExcerpts(db, ids.slice(0, excerptsAtMost))).map((row) => [row.revisionId, row]))
  return {
    count,
    posts: ids.map((revisionId) => found.get(revisionId) ?? { revisionId, postId: null, excerpt: null }),
  }
}

function hoursPerWeek({ approvals, minutesPerApproval, weeks }: StoredReport): number {
  return Math.round(((approvals * minutesPerApproval) / 60 / weeks) * 100) / 100
}

function describeAssumption({ minutesPerApproval, timedDecisions, weeks }: StoredReport): string {
  const minutes = Math.round(minutesPerApproval * 10) / 10
  const source =
    timedDecisions === 0
      ? 'assumed, because no decision of the period followed a claim'
      : `the mean from claim to decision of ${timedDecisions} decisions of the period`
  return `${minutes} minutes an approval (${source}), over ${Math.round(weeks * 100) / 100} weeks.`
}
