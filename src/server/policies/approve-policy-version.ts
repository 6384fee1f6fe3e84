import { appendRecord } from '#server/archive/append-record.ts'
import { isSamePerson } from '#server/identity/same-person.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { announceVersion, approveVersion, describeVersion, lockVersion, type PolicyVersionRow } from './queries.ts'
import { requireFirm } from './require-firm.ts'
import { findReport, requireSimulation } from './require-simulation.ts'
import { refuseOwnEmergency } from './start-emergency.ts'

/**
 * A second person approves a draft with the report of its simulation, or a version that started as an emergency and is active (or lapsed) without it.
 * The author of the draft never does (law 4).
 */
export async function approvePolicyVersion(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  version: string,
): Promise<PolicyVersionRow> {
  return inTransaction(deps.db, async (tx) => {
    await requireFirm(tx, actor)
    const draft = await lockVersion(tx, version)
    if (draft === undefined) throw new AppError('not_found', 'No such policy version.')
    if (draft.createdBy !== null && (await isSamePerson(tx, actor.userId, draft.createdBy)))
      throw new AppError('second_person_required', 'You wrote this version; another policy owner must approve it.')
    await refuseOwnEmergency(tx, actor, version)
    if (draft.approvedBy !== null || draft.createdBy === null)
      throw new AppError('wrong_status', `This version is already ${draft.state}.`)

    // An emergency binds already: its approval is not held up, and carries a report where there is one.
    const emergency = draft.emergencyUntil !== null
    const simulationId = emergency ? await findReport(tx, version) : await requireSimulation(tx, version)
    const at = deps.clock.now()
    await approveVersion(tx, version, { approvedBy: actor.userId, at, simulationId })
    await appendRecord(tx, actor, {
      type: 'policy.version_approved',
      at,
      streams: { policy: version },
      body: { version, simulationId, ...(emergency ? { emergency } : {}) },
    })
    // It may go live soon: whoever judges has it compiled by then.
    await announceVersion(tx, version)
    return (await describeVersion(tx, version))!
  })
}
