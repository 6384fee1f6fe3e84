import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { Role } from '#shared/permissions.ts'
import { ensureFirm } from './ensure-firm.ts'
import { refuseDutyConflict } from './find-duty-conflict.ts'
import { findUnitsBySlug, insertGrant } from './queries.ts'
import { listHeldRoles } from './role-change-queries.ts'

export interface OperatorGrant {
  /** E-mail address or subject at the provider of somebody who has signed in before. */
  readonly person: string
  readonly role: Role
  /** Slug of the unit; the firm when absent. */
  readonly unit?: string | undefined
}

/**
 * Gives a role from the command line: the way in when nobody is administrator yet. It is a record like every grant, and
 * names the command line as its source. Throws `not_found` for a person or unit, `duty_conflict` for two duties in one hand.
 */
export async function grantByOperator(
  deps: Pick<Deps, 'db' | 'clock'>,
  wish: OperatorGrant,
): Promise<'granted' | 'held'> {
  return inTransaction(deps.db, async (tx) => {
    const at = deps.clock.now()
    const userId = await lockPerson(tx, wish.person)
    const unit = wish.unit === undefined ? await ensureFirm(tx, at) : (await findUnitsBySlug(tx, [wish.unit]))[0]
    if (unit === undefined) throw new AppError('not_found', `There is no unit “${wish.unit}”.`)
    const lasting = (await listHeldRoles(tx, userId, at)).filter((held) => held.revoked_at === null)
    if (lasting.some((held) => held.role === wish.role && held.unit_id === unit.id)) return 'held'
    await refuseDutyConflict(tx, userId, { role: wish.role, unitPath: unit.path }, at)

    const grant = {
      id: newId(at),
      user_id: userId,
      role: wish.role,
      unit_id: unit.id,
      source: 'manual',
      granted_at: at,
    }
    await insertGrant(tx, grant)
    await appendRecord(tx, systemActor, {
      type: 'role.granted',
      at,
      streams: { user: userId, unit: unit.id },
      body: { userId, role: wish.role, unitId: unit.id, source: 'manual', via: 'command line', effectiveAt: at },
    })
    return 'granted'
  })
}

async function lockPerson(tx: Tx, person: string): Promise<string> {
  const rows = await tx
    .selectFrom('app_user')
    .select('id')
    .where((where) => where.or([where('email', '=', person), where('subject', '=', person)]))
    .forUpdate()
    .execute()
  if (rows.length === 0)
    throw new AppError(
      'not_found',
      `Nobody called “${person}” has signed in yet. They sign in once, then take the role.`,
    )
  if (rows.length > 1)
    throw new AppError('conflict', `“${person}” is more than one person here. Give the subject that the provider uses.`)
  return rows[0]!.id
}
