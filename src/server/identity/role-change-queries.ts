import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { RoleChange } from '#shared/api/people.ts'
import type { Role } from '#shared/permissions.ts'
import { withinScope } from './scope-rows.ts'

function selectChanges(db: Db) {
  return db
    .selectFrom('role_change as change')
    .innerJoin('app_user as person', 'person.id', 'change.user_id')
    .innerJoin('app_user as asker', 'asker.id', 'change.requested_by')
    .leftJoin('app_user as decider', 'decider.id', 'change.decided_by')
    .select([
      'change.id',
      'change.user_id',
      'person.display_name',
      'change.role',
      'change.unit_id',
      'change.action',
      'change.effective_at',
      'change.reason',
      'change.requested_by',
      'asker.display_name as asker_name',
      'change.requested_at',
      'change.decided_by',
      'decider.display_name as decider_name',
      'change.decided_at',
      'change.outcome',
    ])
}

export type RoleChangeRow = NonNullable<Awaited<ReturnType<typeof findChange>>>

export function toRoleChange(row: RoleChangeRow): RoleChange {
  return {
    changeId: row.id,
    userId: row.user_id,
    displayName: row.display_name,
    role: row.role,
    unitId: row.unit_id,
    action: row.action === 'grant' ? 'grant' : 'revoke',
    effectiveAt: row.effective_at,
    reason: row.reason,
    requestedBy: { userId: row.requested_by, displayName: row.asker_name },
    requestedAt: row.requested_at,
    decidedBy: row.decided_by === null ? null : { userId: row.decided_by, displayName: row.decider_name ?? '' },
    decidedAt: row.decided_at,
    outcome: row.outcome as RoleChange['outcome'],
  }
}

export function findChange(db: Db, changeId: string) {
  return selectChanges(db).where('change.id', '=', changeId).executeTakeFirst()
}

export async function lockChange(tx: Tx, changeId: string): Promise<RoleChangeRow | undefined> {
  await tx.selectFrom('role_change').select('id').where('id', '=', changeId).forUpdate().executeTakeFirst()
  return findChange(tx, changeId)
}

export function listChanges(db: Db, actor: Actor, status: 'open' | 'decided' | undefined) {
  return selectChanges(db)
    .where(withinScope('change.unit_id', actor, 'role.approve'))
    .$if(status === 'open', (query) => query.where('change.outcome', 'is', null))
    .$if(status === 'decided', (query) => query.where('change.outcome', 'is not', null))
    .orderBy('change.requested_at', 'desc')
    .orderBy('change.id', 'desc')
    .limit(500)
    .execute()
}

/** Answers false when the same change is waiting already. */
export async function insertChange(
  tx: Tx,
  change: {
    id: string
    user_id: string
    role: Role
    unit_id: string
    action: string
    effective_at: Instant
    reason: string
    requested_by: string
    requested_at: Instant
  },
): Promise<boolean> {
  const row = await tx
    .insertInto('role_change')
    .values(change)
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'role', 'unit_id', 'action']).where('outcome', 'is', null).doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function settleChange(
  tx: Tx,
  changeId: string,
  decidedBy: string,
  outcome: string,
  now: Instant,
): Promise<void> {
  await tx
    .updateTable('role_change')
    .set({ decided_by: decidedBy, decided_at: now, outcome })
    .where('id', '=', changeId)
    .execute()
}

/** Grants in force or to come of one account. */
export function listHeldRoles(db: Db, userId: string, now: Instant) {
  return db
    .selectFrom('role_grant as held')
    .innerJoin('unit', 'unit.id', 'held.unit_id')
    .select(['held.id', 'held.role', 'held.unit_id', 'held.source', 'unit.path as unitPath', 'held.revoked_at'])
    .where('held.user_id', '=', userId)
    .where((where) => where.or([where('held.revoked_at', 'is', null), where('held.revoked_at', '>', now)]))
    .execute()
}

/** Every account of the human being behind one of them that can act; duties are people's, not accounts'. An array: it is asked once. */
const accountsOf = (userId: string) => sql`array(select twin.id from accounts_of_person(${userId}) as account (id)
  join app_user twin on twin.id = account.id where twin.active or twin.id = ${userId})`

export interface PersonGrant {
  readonly id: string
  readonly userId: string
  readonly role: Role
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly source: string
}

/** Grants in force or to come of a human being, by whichever account, as duties are judged. */
export async function listRolesOfPerson(db: Db, userId: string, now: Instant): Promise<PersonGrant[]> {
  const { rows } =
    await sql<PersonGrant>`select g.id, g.user_id as "userId", g.role, g.unit_id as "unitId", unit.path as "unitPath", g.source
    from role_grant g join unit on unit.id = g.unit_id
    where g.user_id = any (${accountsOf(userId)}) and (g.revoked_at is null or g.revoked_at > ${now})
    order by g.granted_at, g.id`.execute(db)
  return rows
}

/** Grants of some roles in force or to come, of everybody who holds one by whichever account of theirs. */
export async function listRolesOfEverybody(
  db: Db,
  roles: readonly Role[],
  now: Instant,
): Promise<{ person: string; role: Role; unitPath: string[] }[]> {
  const { rows } = await sql<{ person: string; role: Role; unitPath: string[] }>`
    with held as (
      select g.user_id, g.role, unit.path
        from role_grant g join app_user u on u.id = g.user_id and u.active join unit on unit.id = g.unit_id
        where g.role::text = any (${[...roles]}::text[]) and (g.revoked_at is null or g.revoked_at > ${now})
    )
    select holder.user_id as person, held.role, held.path as "unitPath"
      from (select distinct user_id from held) as holder
      cross join lateral accounts_of_person(holder.user_id) as account (id)
      join held on held.user_id = account.id`.execute(db)
  return rows
}

/** Does another human being, who is active, review posts of this unit at that time, with no end of it in sight? */
export async function hasOtherReviewer(
  db: Db,
  unitPath: readonly string[],
  userId: string,
  at: Instant,
): Promise<boolean> {
  const { rows } = await sql`select 1 from role_grant g join app_user u on u.id = g.user_id
    where g.role = 'reviewer' and g.unit_id = any (${[...unitPath]}::uuid[]) and u.active
      and g.granted_at <= ${at} and g.revoked_at is null and g.user_id <> all (${accountsOf(userId)}) limit 1`.execute(
    db,
  )
  return rows.length > 0
}
