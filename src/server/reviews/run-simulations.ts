import { availableParallelism } from 'node:os'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import { simulatePolicy } from '#server/policies/simulate-policy.ts'
import type { Verdict } from '#server/policies/finding.ts'
import { claimMilliseconds } from './handle-review.ts'
import {
  claimSimulation,
  endSimulation,
  handBackSimulation,
  keepSimulation,
  lockSimulation,
  measureDecisions,
  measureHistory,
  streamHistory,
  type SimulationRow,
  type StoredReport,
} from './simulation-queries.ts'

type SimulationDeps = Pick<Deps, 'db' | 'clock' | 'log'>
type ClaimedSimulation = SimulationRow & { readonly files: readonly PolicyFileSource[] }

/** Without a sign of life for so long, the process that ran a simulation is taken for dead. */
const leaseMilliseconds = 60_000
/** What an approval is reckoned at where no decision of the period was timed. */
const assumedMinutes = 3
/** A shorter period says too little about a week. */
const fewestWeeks = 1 / 7

/** What goes on unless it is told otherwise. */
const unending = new AbortController().signal

/**
 * Job: runs the simulations that wait, one after another; answers how many ended. Several nodes may run it at once. At
 * `stopping` the one under way is handed back, for the next process to begin anew.
 */
export async function runSimulations(deps: SimulationDeps, stopping: AbortSignal = unending): Promise<number> {
  for (let count = 0; ; count += 1) {
    if (stopping.aborted) return count
    const now = deps.clock.now()
    const row = await inTransaction(deps.db, (tx) => claimSimulation(tx, now, addMilliseconds(now, leaseMilliseconds)))
    if (row === undefined) return count
    await runSimulation(deps, row, stopping)
  }
}

async function runSimulation(deps: SimulationDeps, row: ClaimedSimulation, stopping: AbortSignal): Promise<void> {
  try {
    const report = await simulate(deps, row, stopping)
    if (stopping.aborted && !report.complete) await handBackSimulation(deps.db, row)
    // One that somebody cancelled meanwhile was not handed back, and ends here.
    await settle(deps, row, report, null)
  } catch (error) {
    // The lease ends by itself, and whoever claims the simulation then starts it again.
    if (isDatabaseAway(error)) throw error
    deps.log.error({ err: error, simulation: row.simulationId }, 'a simulation failed')
    await settle(deps, row, null, 'The simulation failed; the operator has been told why. Ask for it again later.')
  }
}

/** Judges the past in worker threads, and leaves one processor to everybody else. */
async function simulate(deps: SimulationDeps, row: ClaimedSimulation, stopping: AbortSignal): Promise<StoredReport> {
  const { total, weeks } = await measureHistory(deps.db, row)
  const stop = new AbortController()
  const sign = keepAlive(deps, row, total, stop)
  sign.tell(0)
  const figures = await simulatePolicy({
    draft: row.files,
    posts: streamHistory(deps.db, row),
    workers: Math.max(1, availableParallelism() - 1),
    signal: AbortSignal.any([stop.signal, stopping]),
    onProgress: sign.tell,
  })
  await sign.settled()
  const timed = await measureDecisions(deps.db, row, claimMilliseconds / 60_000)
  return {
    ...figures,
    newlyBlockedCount: countChanges(figures.matrix, (before, after) => before !== 'block' && after === 'block'),
    newlyAllowedCount: countChanges(figures.matrix, (before, after) => before === 'block' && after !== 'block'),
    minutesPerApproval: timed.decisions === 0 ? assumedMinutes : timed.minutes / timed.decisions,
    timedDecisions: timed.decisions,
    weeks: Math.max(fewestWeeks, weeks),
  }
}

const verdicts: readonly Verdict[] = ['pass', 'review', 'block']

function countChanges(
  matrix: Record<Verdict, Record<Verdict, number>>,
  counts: (before: Verdict, after: Verdict) => boolean,
): number {
  return verdicts.reduce(
    (sum, before) =>
      sum + verdicts.reduce((row, after) => row + (counts(before, after) ? matrix[before][after] : 0), 0),
    0,
  )
}

/** Tells the database after each batch how far it is, in order; stops the run when it is no longer wanted. */
function keepAlive(
  deps: SimulationDeps,
  row: ClaimedSimulation,
  total: number,
  stop: AbortController,
): { tell: (done: number) => void; settled: () => Promise<void> } {
  let failure: unknown
  let last = Promise.resolve()
  const tellOnce = async (done: number): Promise<void> => {
    const leaseUntil = addMilliseconds(deps.clock.now(), leaseMilliseconds)
    if (!(await keepSimulation(deps.db, row, { done, total }, leaseUntil))) stop.abort()
  }
  return {
    tell(done) {
      last = last
        .then(() => tellOnce(done))
        .catch((error: unknown) => {
          failure ??= error
          stop.abort()
        })
    },
    async settled() {
      await last
      if (failure !== undefined) throw failure
    },
  }
}

/** Ends a simulation with its record, unless another attempt has it now. */
async function settle(
  deps: SimulationDeps,
  row: ClaimedSimulation,
  report: StoredReport | null,
  failure: string | null,
): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockSimulation(tx, row.simulationId)
    if (locked?.state !== 'running' || locked.attempt !== row.attempt) return
    const at = deps.clock.now()
    const cancelled = locked.cancelRequestedBy !== null
    const state = cancelled ? 'cancelled' : failure === null ? 'completed' : 'failed'
    const kept = report === null ? null : { ...report, complete: report.complete && !cancelled }
    await endSimulation(tx, row.simulationId, { state, at, report: kept, failure: state === 'failed' ? failure : null })
    await appendRecord(tx, systemActor, {
      type: 'policy.simulated',
      at,
      streams: { policy: row.draftVersion, user: row.requestedBy, unit: row.requesterUnitId },
      body: {
        simulationId: row.simulationId,
        requestedBy: row.requestedBy,
        draftVersion: row.draftVersion,
        baseVersion: row.baseVersion,
        from: row.from,
        to: row.to,
        state,
        ...(cancelled ? { cancelledBy: locked.cancelRequestedBy } : {}),
        complete: kept?.complete ?? false,
        judged: kept?.judged ?? 0,
        matrix: kept?.matrix ?? null,
      },
    })
  })
}
