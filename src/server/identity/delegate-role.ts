import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Delegation } from '#shared/api/people.ts'
import { refuseDutyConflict } from './find-duty-conflict.ts'
import { lockPerson, type LockedPerson } from './people-queries.ts'
import { listHeldRoles } from './role-change-queries.ts'
import { isSamePerson } from './same-person.ts'
import { unitPathOf } from './unit-path.ts'

export interface DelegationWish {
  readonly toUserId: string
  readonly unitId: string
  readonly validFrom?: Instant | undefined
  readonly validUntil: Instant
  readonly reason: string
}

/** A loan lasts a year at the most. */
const longestMilliseconds = 366 * 86_400_000

/**
 * Lends the reviewing of a unit to a fellow reviewer for a time. It never widens: one lends only what one holds oneself
 * (not what one was lent), to somebody who reviews already, and what the lender loses the borrower loses at the same
 * moment, because the loan is read beside the lender's own role at each request. A borrower who writes in the unit still has
 * the lender as reviewer, so a loan never makes anybody the only one. Law 4 stands: `withoutDelegationsOf`
 * takes the loan away where the lender's own post is decided.
 */
export async function delegateRole(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: DelegationWish,
): Promise<Delegation> {
  return inTransaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const validFrom = wish.validFrom === undefined || wish.validFrom < now ? now : wish.validFrom
    refuseTimes(validFrom, wish.validUntil)
    const to = await lockBorrower(tx, actor, wish, now)
    const { unitId, validUntil } = wish
    const loan = { delegationId: newId(now), unitId, validFrom, validUntil, reason: wish.reason.trim() }
    await insertLoan(tx, { ...loan, fromUserId: actor.userId, toUserId: to.userId, at: now })
    await appendRecord(tx, actor, {
      type: 'delegation.granted',
      at: now,
      streams: { user: to.userId, unit: unitId },
      body: { ...loan, fromUserId: actor.userId, toUserId: to.userId, role: 'reviewer' },
    })
    return {
      ...loan,
      from: { userId: actor.userId, displayName: actor.displayName },
      to: { userId: to.userId, displayName: to.displayName },
      role: 'reviewer',
      endedAt: null,
    }
  })
}

/** The fellow reviewer to whom this may be lent, locked; refuses everybody else. */
async function lockBorrower(tx: Tx, actor: Actor, wish: DelegationWish, now: Instant): Promise<LockedPerson> {
  const unitPath = await unitPathOf(tx, wish.unitId)
  if (!(await reviews(tx, actor.userId, unitPath, now)))
    throw new AppError('forbidden', 'You can lend only the reviewing that is your own, on a unit where you hold it.')
  const to = await lockPerson(tx, wish.toUserId)
  if (to === undefined || !to.active) throw new AppError('not_found', 'No such active person.')
  if (await isSamePerson(tx, to.userId, actor.userId))
    throw new AppError('unprocessable', 'A delegation is between two people.')
  if (!(await reviews(tx, to.userId, undefined, now)))
    throw new AppError('forbidden', 'A delegate is a reviewer already; a delegation makes nobody one.')
  await refuseDutyConflict(tx, to.userId, { role: 'reviewer', unitPath }, now)
  return to
}

async function insertLoan(
  tx: Tx,
  loan: Pick<Delegation, 'delegationId' | 'unitId' | 'validFrom' | 'validUntil' | 'reason'> & {
    readonly fromUserId: string
    readonly toUserId: string
    readonly at: Instant
  },
): Promise<void> {
  await tx
    .insertInto('delegation')
    .values({
      id: loan.delegationId,
      from_user_id: loan.fromUserId,
      to_user_id: loan.toUserId,
      role: 'reviewer',
      unit_id: loan.unitId,
      valid_from: loan.validFrom,
      valid_until: loan.validUntil,
      reason: loan.reason,
      created_at: loan.at,
    })
    .execute()
}

/** Ends what the actor lent; the borrower's next request knows it. */
export async function endDelegation(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  delegationId: string,
): Promise<Delegation> {
  return inTransaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const ended = await tx
      .updateTable('delegation')
      .set({ ended_at: now })
      .where('id', '=', delegationId)
      .where('from_user_id', '=', actor.userId)
      .where('ended_at', 'is', null)
      .returning(['to_user_id', 'unit_id'])
      .executeTakeFirst()
    if (ended !== undefined) {
      await appendRecord(tx, actor, {
        type: 'delegation.ended',
        at: now,
        streams: { user: ended.to_user_id, unit: ended.unit_id },
        body: { delegationId, fromUserId: actor.userId, toUserId: ended.to_user_id, because: 'ended_by_lender' },
      })
    }
    const delegation = (await listDelegations(tx, actor.userId)).find(
      (one) => one.delegationId === delegationId && one.from.userId === actor.userId,
    )
    if (delegation === undefined) throw new AppError('not_found', 'No such delegation of yours.')
    return delegation
  })
}

/** What somebody lends and is lent, newest first. */
export async function listDelegations(db: Db, userId: string): Promise<Delegation[]> {
  const rows = await db
    .selectFrom('delegation as lent')
    .innerJoin('app_user as lender', 'lender.id', 'lent.from_user_id')
    .innerJoin('app_user as borrower', 'borrower.id', 'lent.to_user_id')
    .select([
      'lent.id',
      'from_user_id',
      'to_user_id',
      'role',
      'lent.unit_id',
      'valid_from',
      'valid_until',
      'reason',
      'ended_at',
    ])
    .select(['lender.display_name as lender_name', 'borrower.display_name as borrower_name'])
    .where((where) => where.or([where('from_user_id', '=', userId), where('to_user_id', '=', userId)]))
    .orderBy('lent.created_at', 'desc')
    .orderBy('lent.id', 'desc')
    .execute()
  return rows.map((row) => ({
    delegationId: row.id,
    from: { userId: row.from_user_id, displayName: row.lender_name },
    to: { userId: row.to_user_id, displayName: row.borrower_name },
    role: row.role,
    unitId: row.unit_id,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    reason: row.reason,
    endedAt: row.ended_at,
  }))
}

function refuseTimes(from: Instant, until: Instant): void {
  if (until <= from) throw new AppError('unprocessable', 'A delegation ends after it begins.')
  if (Date.parse(until) - Date.parse(from) > longestMilliseconds)
    throw new AppError('unprocessable', 'A delegation ends within a year.')
}

/** Is reviewing somebody's own role: on the unit of the path, or anywhere? */
async function reviews(
  db: Db,
  userId: string,
  unitPath: readonly string[] | undefined,
  now: Instant,
): Promise<boolean> {
  const held = await listHeldRoles(db, userId, now)
  return held.some((grant) => grant.role === 'reviewer' && (unitPath === undefined || unitPath.includes(grant.unit_id)))
}
