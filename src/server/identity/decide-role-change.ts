import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { RoleChange } from '#shared/api/people.ts'
import { endSessionsOf } from './end-session.ts'
import { lockPerson } from './people-queries.ts'
import { insertGrant, revokeGrant } from './queries.ts'
import { refuseUnfitting } from './request-role-change.ts'
import {
  findChange,
  listHeldRoles,
  lockChange,
  settleChange,
  toRoleChange,
  type RoleChangeRow,
} from './role-change-queries.ts'
import { isSamePerson } from './same-person.ts'
import { unitPathOf } from './unit-path.ts'

/** The second person's decision on a role change; the database refuses one person twice as well. */
export async function decideRoleChange(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  changeId: string,
  outcome: 'approved' | 'rejected',
): Promise<RoleChange> {
  return inTransaction(deps.db, async (tx) => {
    const change = await lockChange(tx, changeId)
    const unitPath = change === undefined ? [] : await unitPathOf(tx, change.unit_id)
    if (change === undefined || !mayOnUnit(actor, 'role.approve', unitPath))
      throw new AppError('not_found', 'No such role change in your units.')
    if (change.outcome !== null) throw new AppError('already_decided', `This change was already ${change.outcome}.`)
    if (
      (await isSamePerson(tx, actor.userId, change.requested_by)) ||
      (await isSamePerson(tx, actor.userId, change.user_id))
    ) {
      throw new AppError(
        'second_person_required',
        'A role change is decided by somebody who neither asked for it nor is concerned by it.',
      )
    }
    const now = deps.clock.now()
    await settleChange(tx, changeId, actor.userId, outcome, now)
    await appendRecord(tx, actor, {
      type: 'role.change_decided',
      at: now,
      streams: { user: change.user_id, unit: change.unit_id },
      body: {
        changeId,
        userId: change.user_id,
        role: change.role,
        unitId: change.unit_id,
        action: change.action,
        outcome,
        requestedBy: change.requested_by,
      },
    })
    if (outcome === 'approved') await apply(tx, actor, { ...change, unitPath }, now)
    return toRoleChange((await findChange(tx, changeId)) ?? change)
  })
}

async function apply(
  tx: Tx,
  actor: Actor,
  change: RoleChangeRow & { unitPath: readonly string[] },
  now: Instant,
): Promise<void> {
  const { user_id: userId, role, unit_id: unitId, unitPath } = change
  const person = await lockPerson(tx, userId)
  if (person === undefined || !person.active) throw new AppError('conflict', 'This person has left. Reject the change.')
  const action = change.action === 'grant' ? 'grant' : 'revoke'
  const effectiveAt = change.effective_at < now ? now : change.effective_at
  await refuseUnfitting(tx, { userId, role, unitId, action, unitPath, effectiveAt }, now)
  if (action === 'grant') {
    await insertGrant(tx, {
      id: newId(now),
      user_id: userId,
      role,
      unit_id: unitId,
      source: 'manual',
      granted_at: effectiveAt,
    })
  } else {
    const held = (await listHeldRoles(tx, userId, now)).find((grant) => grant.role === role && grant.unit_id === unitId)
    if (held !== undefined) await revokeGrant(tx, held.id, effectiveAt)
    // A session that was opened with more is opened again with less. A later end needs none of this: roles are read at each request.
    if (effectiveAt === now) await endSessionsOf(tx, userId, 'role_lost', now)
  }
  await appendRecord(tx, actor, {
    type: action === 'grant' ? 'role.granted' : 'role.revoked',
    at: now,
    streams: { user: userId, unit: unitId },
    body: {
      changeId: change.id,
      userId,
      role,
      unitId,
      source: 'manual',
      effectiveAt,
      requestedBy: change.requested_by,
      approvedBy: actor.userId,
      reason: change.reason,
    },
  })
}
