import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { prepareVersion, unloadable } from './compiled-policies.ts'
import {
  announceVersion,
  describeVersion,
  findActiveVersion,
  findDueVersions,
  isSimulatedBeside,
  lockSwitch,
  lockVersion,
  scheduleVersion,
  switchVersion,
  type PolicyVersionRow,
} from './queries.ts'
import { requireFirm } from './require-firm.ts'
import { requireSimulation } from './require-simulation.ts'

/** Why a version goes live without a report of a simulation. Closed: it stands in the record of the activation. */
export type SimulationException = 'shipped' | 'emergency' | 'emergency_lapsed'

/**
 * Makes an approved version the active one, now or at a stated time, with the report that compares it with the version in
 * force. Posts that are approved and not yet released are then judged anew by the reviews room, which finds them by the
 * version of their last verdict.
 */
export async function activatePolicyVersion(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  version: string,
  wish: { at?: string | undefined; reason: string },
): Promise<PolicyVersionRow> {
  // Whoever judges right after the switch finds it compiled.
  const loads = await prepareVersion(deps.db, version)
  return inTransaction(deps.db, async (tx) => {
    await requireFirm(tx, actor)
    await lockSwitch(tx)
    const found = await lockVersion(tx, version)
    if (found === undefined) throw new AppError('not_found', 'No such policy version.')
    if (found.state === 'active') throw new AppError('wrong_status', 'This version is already active.')
    // A version that began as an emergency and lapsed is retired, and still without its second approval.
    if (found.state === 'draft' || (found.approvedBy === null && found.createdBy !== null))
      throw new AppError('second_person_required', 'A second person must approve this version before it can go live.')
    if (!loads) throw unloadable()
    const simulationId = await requireSimulation(tx, version)
    const at = deps.clock.now()
    if (wish.at !== undefined && wish.at > at) await scheduleVersion(tx, version, { activateAt: wish.at, simulationId })
    else await switchAndRecord(tx, actor, version, { at, reason: wish.reason, simulationId })
    return (await describeVersion(tx, version))!
  })
}

/**
 * Job: activates what was approved for a time that has come. A version that does not load any more stays approved, and so
 * does one whose report compares it with a version that is no longer in force: nobody has seen what it would change now,
 * and it might take back what came between. A person simulates and activates it again.
 */
export async function activateDueVersions(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const due = await findDueVersions(deps.db, deps.clock.now())
  for (const version of due) {
    if (!(await prepareVersion(deps.db, version))) continue
    await inTransaction(deps.db, async (tx) => {
      await lockSwitch(tx)
      const found = await lockVersion(tx, version)
      if (found?.state !== 'approved' || found.activateAt === null) return
      if (!(await isSimulatedBeside(tx, found, await findActiveVersion(tx)))) return
      const { simulationId } = found
      const reason = 'The stated time has come.'
      await switchAndRecord(tx, systemActor, version, { at: deps.clock.now(), reason, simulationId })
    })
  }
  return due.length
}

/** How a version comes into force: with the report of its simulation, or for a stated reason without one. */
export interface Switch {
  readonly at: string
  readonly reason: string
  readonly simulationId: string | null
  readonly exception?: SimulationException
  /** Binds at once, before its second approval: until when that must come, and what comes back without it. */
  readonly emergency?: { readonly secondApprovalBy: string; readonly otherwise: string }
}

/** The switch and its evidence, in the caller's transaction. */
export async function switchAndRecord(
  tx: Tx,
  actor: Actor,
  version: string,
  { at, reason, simulationId, ...special }: Switch,
): Promise<void> {
  const retired = await switchVersion(tx, version, at, simulationId)
  await appendRecord(tx, actor, {
    type: 'policy.version_activated',
    at,
    streams: { policy: version },
    body: { version, retired: retired ?? null, reason, simulationId, ...special },
  })
  if (retired !== undefined) {
    await appendRecord(tx, actor, {
      type: 'policy.version_retired',
      at,
      streams: { policy: retired },
      body: { version: retired, replacedBy: version },
    })
  }
  // Wakes whoever judges anew; a timer finds the work as well when the notice is lost.
  await announceVersion(tx, version)
}
