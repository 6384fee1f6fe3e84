import { appendRecord } from '#server/archive/append-record.ts'
import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { readActiveVersion, readVersionFiles } from '#server/policies/active-version.ts'
import { excludeTerms } from '#server/policies/exclude-terms.ts'
import { compileOrExplain } from '#server/policies/create-policy-version.ts'
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
  const from = wish.from === undefined ? null : toUtc(wish.from)
  const to = wish.to === undefined ? at : toUtc(wish.to)
  if (from !== null && from >= to) throw new AppError('unprocessable', 'The period ends before it begins.')
  return inTransaction(deps.db, async (tx) => {
    const files = await readDraft(tx, wish)
    const scope = await readScope(tx, actor, 'policy.simulate')
    const simulationId = newId(at)
    await insertSimulation(tx, {
      simulationId,
      requestedBy: actor.userId,
      requestedAt: at,
      units: scope === 'everything' ? null : scope,
      files,
      draftVersion: compileOrExplain(files).version,
      baseVersion: (await readActiveVersion(tx)) ?? null,
      from,
      to,
    })
    return { simulationId }
  })
}

function toUtc(time: string): Instant {
  return new Date(time).toISOString()
}

async function readDraft(tx: Tx, { files, version, exclusions }: SimulationWish): Promise<readonly PolicyFileSource[]> {
  if (files !== undefined && version !== undefined)
    throw new AppError('invalid_request', 'Give either the files of a draft or a version, not both.')
  if (files === undefined && version === undefined && exclusions === undefined)
    throw new AppError('invalid_request', 'Give the files of a draft, a version, or exclusions.')
  const base = files ?? (await readStored(tx, version))
  if (exclusions === undefined) return base
  compileOrExplain(base)
  return excludeTerms(base, exclusions)
}

async function readStored(tx: Tx, version: string | undefined): Promise<readonly PolicyFileSource[]> {
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
