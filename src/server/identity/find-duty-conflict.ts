import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Role } from '#shared/permissions.ts'
import { dutyConflict, selfReviewed, separateRoles, type HeldRole } from './duty-conflict.ts'
import { hasOtherReviewer, listRolesOfEverybody, listRolesOfPerson } from './role-change-queries.ts'

export interface DutyConflict {
  /** The role already held that stands against the new one. */
  readonly held: Role
  readonly because: 'separate_duties' | 'sole_reviewer'
}

/**
 * What stands against a role beside those held, on every path by which one is given: two duties that nobody holds
 * together, or somebody who would be author and only reviewer of one unit, whose posts nobody could ever decide.
 */
export async function findDutyConflict(
  tx: Tx,
  userId: string,
  held: readonly HeldRole[],
  added: HeldRole,
  at: Instant,
): Promise<DutyConflict | undefined> {
  const separate = dutyConflict(held, added)
  if (separate !== undefined) return { held: separate.role, because: 'separate_duties' }
  for (const { role, unitPath } of selfReviewed(held, added))
    if (!(await hasOtherReviewer(tx, unitPath, userId, at))) return { held: role, because: 'sole_reviewer' }
  return undefined
}

/** The same as a refusal, counting what the person holds by any other account of theirs. Throws `duty_conflict`. */
export async function refuseDutyConflict(
  tx: Tx,
  userId: string,
  added: HeldRole,
  now: Instant,
  effectiveAt: Instant = now,
): Promise<void> {
  const held = await listRolesOfPerson(tx, userId, now)
  const conflict = await findDutyConflict(tx, userId, held, added, effectiveAt)
  if (conflict === undefined) return
  throw new AppError(
    'duty_conflict',
    conflict.because === 'sole_reviewer'
      ? 'This person would be the author and the only reviewer of the same unit. Name a second reviewer first.'
      : `Nobody holds ${added.role} and ${conflict.held} over the same unit: who runs the system does not audit it.`,
  )
}

/**
 * Moving a unit moves the roles held on it: nobody comes to hold together what nobody may hold together. Asked after the
 * move, in its transaction. Throws `duty_conflict`.
 */
export async function refuseConflictAfterMove(tx: Tx, now: Instant): Promise<void> {
  const people = Map.groupBy(await listRolesOfEverybody(tx, separateRoles, now), ({ person }) => person)
  for (const held of people.values())
    if (held.some((one) => dutyConflict(held, one) !== undefined))
      throw new AppError(
        'duty_conflict',
        'After this move somebody would administer what they audit. End one of their two roles first.',
      )
}
