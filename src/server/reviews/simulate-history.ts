import { appendRecord } from '#server/archive/append-record.ts'
import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { readActiveVersion, readVersionFiles } from '#server/policies/active-version.ts'
import { compileAsideOrExplain } from '#server/policies/create-policy-version.ts'
import { runAside } from '#server/policies/run-aside.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { createSimulation, Simulation } from '#shared/api/simulations.ts'
import { endSimulation, findSimulation, insertSimulation, lockSimulation, requestCancel } from './simulation-queries.ts'
import { toSimulation } from './read-simulation.ts'

export type SimulationWish = BodyOf<typeof createSimulation>

/** Asks for a draft to be run over the posts of the actor's units; a job does it. Every mistake of the draft is told. */
export async function simulateHistory(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: SimulationWish,
): Promise<{ simulationId: string }> {
  const at = deps.clock.now()
  const period = toPeriod(wish, at)
  // A long draft compiles for seconds: no transaction is open meanwhile.
  const files = await readDraft(deps.db, wish)
  const { version: draftVersion } = await compileAsideOrExplain(files)
  return inTransaction(deps.db, async (tx) => {
    const scope = await readScope(tx, actor, 'policy.simulate')
    const simulationId = newId(at)
    await insertSimulation(tx, {
      simulationId,
      requestedBy: actor.userId,
      requestedAt: at,
      units: scope === 'everything' ? null : scope,
      files,
      draftVersion,
      baseVersion: (await readActiveVersion(tx)) ?? null,
      ...period,
      anew: wish.anew === true,
    })
    return { simulationId }
  })
}

/** The half-open period that is meant; until now when no end is named. Throws `unprocessable` for one turned round. */
export function toPeriod({ from, to }: SimulationWish, now: Instant): { from: Instant | null; to: Instant } {
  const period = { from: from === undefined ? null : toUtc(from), to: to === undefined ? now : toUtc(to) }
  if (period.from !== null && period.from >= period.to)
    throw new AppError('unprocessable', 'The period ends before it begins.')
  return period
}

function toUtc(time: string): Instant {
  return new Date(time).toISOString()
}

/** The files of a draft as they were meant. Throws `policy_invalid` with every mistake. */
export async function readDraft(
  tx: Db | Tx,
  { files, version, exclusions }: SimulationWish,
): Promise<readonly PolicyFileSource[]> {
  if (files !== undefined && version !== undefined)
    throw new AppError('invalid_request', 'Give either the files of a draft or a version, not both.')
  if (files === undefined && version === undefined && exclusions === undefined)
    throw new AppError('invalid_request', 'Give the files of a draft, a version, or exclusions.')
  const base = files ?? (await readStored(tx, version))
  if (exclusions === undefined) return base
  await compileAsideOrExplain(base)
  return runAside('excludeTerms', base, exclusions)
}

async function readStored(tx: Db | Tx, version: string | undefined): Promise<readonly PolicyFileSource[]> {
  const named = version ?? (await readActiveVersion(tx))
  const files = named === undefined ? undefined : await readVersionFiles(tx, named)
  if (files === undefined) throw new AppError('not_found', 'No such policy version.')
  return files
}

/** Stops a simulation: one that waits ends at once, one that runs ends within a batch and keeps what it has. */
export async function cancelSimulation(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  simulationId: string,
): Promise<Simulation> {
  return inTransaction(deps.db, async (tx) => {
    const scope = await readScope(tx, actor, 'policy.simulate')
    const row = await findSimulation(tx, simulationId, scope)
    if (row === undefined) throw new AppError('not_found', 'No such simulation in your units.')
    const locked = (await lockSimulation(tx, simulationId))!
    if (locked.state !== 'waiting' && locked.state !== 'running')
      throw new AppError('wrong_status', 'The simulation has already ended.')

    const at = deps.clock.now()
    await requestCancel(tx, simulationId, actor.userId)
    if (locked.state === 'waiting') {
      await endSimulation(tx, simulationId, { state: 'cancelled', at, report: null, failure: null })
      await appendRecord(tx, actor, {
        type: 'policy.simulated',
        at,
        streams: { policy: row.draftVersion, user: row.requestedBy, unit: row.requesterUnitId },
        body: { simulationId, draftVersion: row.draftVersion, state: 'cancelled', judged: 0 },
      })
    }
    return toSimulation((await findSimulation(tx, simulationId, scope))!)
  })
}
