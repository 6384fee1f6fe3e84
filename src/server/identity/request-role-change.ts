import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { RoleChange } from '#shared/api/people.ts'
import type { Role } from '#shared/permissions.ts'
import { refuseDutyConflict } from './find-duty-conflict.ts'
import { lockPerson } from './people-queries.ts'
import { findChange, insertChange, listHeldRoles, toRoleChange } from './role-change-queries.ts'
import { unitPathOf } from './unit-path.ts'

export interface RoleWish {
  readonly userId: string
  readonly role: Role
  readonly unitId: string
  readonly action: 'grant' | 'revoke'
  readonly effectiveAt?: Instant | undefined
  readonly reason: string
}

/** Asks for a role change that a second person decides. What could never be approved is refused at once. */
export async function requestRoleChange(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: RoleWish,
): Promise<RoleChange> {
  return inTransaction(deps.db, async (tx) => {
    const unitPath = await unitPathOf(tx, wish.unitId)
    if (!mayOnUnit(actor, 'role.manage', unitPath))
      throw new AppError('not_found', 'No such unit among those that you administer.')
    const person = await lockPerson(tx, wish.userId)
    // Whoever administers a part of the firm gives its roles to the people whom they can see.
    if (person === undefined || !person.active || !mayOnUnit(actor, 'user.read', person.unitPath))
      throw new AppError('not_found', 'No such active person in your units.')
    const now = deps.clock.now()
    const effectiveAt = wish.effectiveAt === undefined || wish.effectiveAt < now ? now : wish.effectiveAt
    await refuseUnfitting(tx, { ...wish, unitPath, effectiveAt }, now)
    const changeId = newId(now)
    const { userId, role, unitId, action } = wish
    const reason = wish.reason.trim()
    const row = {
      id: changeId,
      user_id: userId,
      role,
      unit_id: unitId,
      action,
      effective_at: effectiveAt,
      reason,
      requested_by: actor.userId,
      requested_at: now,
    }
    if (!(await insertChange(tx, row)))
      throw new AppError('conflict', 'The same change is already waiting for a decision.')
    await appendRecord(tx, actor, {
      type: 'role.change_requested',
      at: now,
      streams: { user: userId, unit: unitId },
      body: { changeId, userId, role, unitId, action, effectiveAt, reason },
    })
    const change = await findChange(tx, changeId)
    if (change === undefined) throw new Error('the change that was just written is gone')
    return toRoleChange(change)
  })
}

/** The duties that one person may not hold together, and a role that is not there to be taken. Asked again at the decision. */
export async function refuseUnfitting(
  tx: Tx,
  wish: Pick<RoleWish, 'userId' | 'role' | 'unitId' | 'action'> & {
    readonly unitPath: readonly string[]
    readonly effectiveAt: Instant
  },
  now: Instant,
): Promise<void> {
  const held = await listHeldRoles(tx, wish.userId, now)
  const same = held.find((grant) => grant.role === wish.role && grant.unit_id === wish.unitId)
  if (wish.action === 'revoke') return refuseRevocation(same)
  if (same !== undefined && same.revoked_at === null)
    throw new AppError('conflict', 'This person already holds that role on that unit.')
  await refuseDutyConflict(tx, wish.userId, wish, now, wish.effectiveAt)
}

/** What a group gives, the next sign-in or synchronisation would give back: taking it away here would be for show. */
function refuseRevocation(held: { readonly source: string } | undefined): void {
  if (held === undefined) throw new AppError('conflict', 'This person does not hold that role on that unit.')
  if (held.source !== 'manual')
    throw new AppError(
      'conflict',
      'This role comes from a group of your identity provider and ends there: take the person out of the group. To stop them at once, off-board them here.',
    )
}
