import { availableParallelism } from 'node:os'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import type { Config } from '#server/platform/config.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import { simulateTasks } from '#server/policies/simulate-policy.ts'
import type { Verdict } from '#server/policies/finding.ts'
import { claimMilliseconds } from './claim.ts'
import { countHistory, cutHistory, taskSize } from './history-tasks.ts'
import { findKeptVerdicts } from './kept-verdicts.ts'
import type { HistorySettings } from './simulate-thread.ts'
import {
  claimSimulation,
  endSimulation,
  handBackSimulation,
  keepSimulation,
  lockSimulation,
  measureDecisions,
  type SimulationRow,
  type StoredReport,
} from './simulation-queries.ts'

type SimulationDeps = Pick<Deps, 'db' | 'clock' | 'log'> & { readonly config: Pick<Config, 'database'> }
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

/** Each thread has a connection of its own; more of them would keep the database from everybody else. */
const mostThreads = 8

/**
 * Judges the past in threads that read it themselves, on all processors: they stand back for everybody else
 * (`serveSimulation`).
 */
async function simulate(deps: SimulationDeps, row: ClaimedSimulation, stopping: AbortSignal): Promise<StoredReport> {
  const { units, from, to } = row
  const period = { units, from, to }
  const [total, kept] = await Promise.all([
    countHistory(deps.db, period),
    row.anew ? undefined : findKeptVerdicts(deps, row.files),
  ])
  const stop = new AbortController()
  const sign = keepAlive(deps, row, total, stop)
  sign.tell(0, 0)
  const thread = new URL('simulate-thread.ts', import.meta.url)
  const settings: HistorySettings = { databaseUrl: deps.config.database.url, period, kept }
  const { firstAt, ...figures } = await simulateTasks(
    { thread, settings, tasks: cutHistory(deps.db, period) },
    {
      draft: row.files,
      workers: Math.max(1, Math.min(availableParallelism(), mostThreads, Math.ceil(total / taskSize))),
      signal: AbortSignal.any([stop.signal, stopping]),
      onProgress: sign.tell,
    },
  )
  await sign.end()
  const timed = await measureDecisions(deps.db, row, claimMilliseconds / 60_000)
  return {
    ...figures,
    newlyBlockedCount: countChanges(figures.matrix, (before, after) => before !== 'block' && after === 'block'),
    newlyAllowedCount: countChanges(figures.matrix, (before, after) => before === 'block' && after !== 'block'),
    minutesPerApproval: timed.decisions === 0 ? assumedMinutes : timed.minutes / timed.decisions,
    timedDecisions: timed.decisions,
    weeks: Math.max(fewestWeeks, weeksOf(period, firstAt)),
  }
}

/** The weeks from the beginning that was named, else from the first post, to the end. */
function weeksOf({ from, to }: { from: string | null; to: string }, firstAt: string | undefined): number {
  return (Date.parse(to) - Date.parse(from ?? firstAt ?? to)) / (7 * 24 * 3_600_000)
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

const tellEveryMilliseconds = 500

interface Sign {
  readonly tell: (judged: number, tasks: number) => void
  /** The last sign. Throws what a sign failed with. */
  end(): Promise<void>
}

/**
 * Tells the database now and then how far it is; stops the run when it is no longer wanted. How many posts there are is
 * known when all verdicts were looked at: until then it is reckoned from those that were.
 */
function keepAlive(deps: SimulationDeps, row: ClaimedSimulation, verdictCount: number, stop: AbortController): Sign {
  let failure: unknown
  let telling: Promise<void> | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  let progress = { done: 0, total: verdictCount }
  const tellOnce = async (): Promise<void> => {
    toldAt = performance.now()
    try {
      const leaseUntil = addMilliseconds(deps.clock.now(), leaseMilliseconds)
      if (!(await keepSimulation(deps.db, row, progress, leaseUntil))) stop.abort()
    } catch (error) {
      failure ??= error
      stop.abort()
    }
    telling = undefined
  }
  return {
    tell(judged, tasks) {
      const looked = Math.min(verdictCount, tasks * taskSize)
      progress = { done: judged, total: looked === 0 ? verdictCount : Math.ceil((judged * verdictCount) / looked) }
      if (telling === undefined && performance.now() - toldAt >= tellEveryMilliseconds) telling = tellOnce()
    },
    async end() {
      await telling
      await tellOnce()
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
    const stored = report === null ? null : { ...report, complete: report.complete && !cancelled }
    await endSimulation(tx, row.simulationId, {
      state,
      at,
      report: stored,
      failure: state === 'failed' ? failure : null,
    })
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
        complete: stored?.complete ?? false,
        judged: stored?.judged ?? 0,
        kept: stored?.kept ?? 0,
        matrix: stored?.matrix ?? null,
      },
    })
  })
}
