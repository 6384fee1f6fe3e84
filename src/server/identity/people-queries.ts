import { sql, type RawBuilder } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Permission, Role } from '#shared/permissions.ts'
import { withinScope } from './scope-rows.ts'

export function findProfileOfPerson(db: Db, userId: string) {
  return db.selectFrom('app_user').select(['email', 'locale']).where('id', '=', userId).executeTakeFirst()
}

export function listQualifications(db: Db, userId: string) {
  return db
    .selectFrom('qualification')
    .select(['id', 'name', 'valid_from', 'valid_until'])
    .where('user_id', '=', userId)
    .orderBy('valid_from', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function listUnitNames(db: Db, unitIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('unit')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(unitIds)])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

const currentRoles = sql<
  { role: Role; unitId: string }[]
>`array(select json_build_object('role', g.role, 'unitId', g.unit_id)
  from role_grant g where g.user_id = app_user.id and g.revoked_at is null)`.as('roles')

export interface PeopleFilter {
  readonly q?: string | undefined
  readonly ids?: readonly string[] | undefined
  readonly role?: Role | undefined
  /** With `role`: held on this unit or above it. */
  readonly unit?: string | undefined
}

/** People whose unit is in the reader's scope, by name, with the roles they hold now; those after the person `after`. */
export function listPeople(db: Db, actor: Actor, filter: PeopleFilter, after: string | undefined, limit: number) {
  return selectPeople(db, actor, filter)
    .select(['id', 'display_name', 'email', 'active', 'unit_id'])
    .select(currentRoles)
    .where(
      after === undefined
        ? sql<boolean>`true`
        : sql<boolean>`(display_name, id) > (select one.display_name, one.id from app_user one where one.id = ${after})`,
    )
    .orderBy('display_name')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** How many people there are under the same filter. */
export async function countPeople(db: Db, actor: Actor, filter: PeopleFilter): Promise<number> {
  const { count } = await selectPeople(db, actor, filter)
    .select(sql<number>`count(*)::int`.as('count'))
    .executeTakeFirstOrThrow()
  return count
}

function selectPeople(db: Db, actor: Actor, { q, ids, role, unit }: PeopleFilter) {
  return (
    db
      .selectFrom('app_user')
      // An examiner from outside is a person of an examination, not of the firm: the examinations list them.
      .where('app_user.issuer', '<>', 'examiner')
      .where(withinScope('app_user.unit_id', actor, 'user.read'))
      .where(
        q === undefined
          ? sql<boolean>`true`
          : sql<boolean>`strpos(${folded(sql`app_user.display_name || ' ' || coalesce(app_user.email, '')`)}, ${folded(sql`${q.trim()}::text`)}) > 0`,
      )
      .where(ids === undefined ? sql<boolean>`true` : sql<boolean>`app_user.id = any(${[...ids]}::uuid[])`)
      .where(
        role === undefined
          ? sql<boolean>`true`
          : sql<boolean>`app_user.active and exists (select from role_grant g
              where g.user_id = app_user.id and g.role = ${role} and g.revoked_at is null
                and (${unit ?? null}::uuid is null or g.unit_id = any((select path from unit where id = ${unit ?? null}::uuid)::uuid[])))`,
      )
  )
}

/** A text without accents and capitals, so that “ines” finds Inès. */
function folded(text: RawBuilder<unknown>) {
  return sql`regexp_replace(normalize(lower(${text}), NFD), '[\\u0300-\\u036f]', '', 'g')`
}

export interface LockedPerson {
  readonly userId: string
  readonly displayName: string
  readonly active: boolean
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly issuer: string
}

/** Locks a person against a decision, a sign-in or a role change at the same moment. */
export async function lockPerson(tx: Tx, userId: string): Promise<LockedPerson | undefined> {
  return tx
    .selectFrom('app_user')
    .innerJoin('unit', 'unit.id', 'app_user.unit_id')
    .select([
      'app_user.id as userId',
      'display_name as displayName',
      'active',
      'unit_id as unitId',
      'unit.path as unitPath',
      'issuer',
    ])
    .where('app_user.id', '=', userId)
    .forUpdate('app_user')
    .executeTakeFirst()
}

export async function setActive(tx: Tx, userId: string, active: boolean, now: Instant): Promise<void> {
  await tx
    .updateTable('app_user')
    .set({ active, updated_at: now, deactivated_at: active ? null : now })
    .where('id', '=', userId)
    .execute()
}

export function revokeTokensOf(tx: Tx, userId: string, now: Instant) {
  return tx
    .updateTable('api_token')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .returning(['id', 'name', 'prefix'])
    .execute()
}

export function revokeGrantsOf(tx: Tx, userId: string, now: Instant) {
  return tx
    .updateTable('role_grant')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where((where) => where.or([where('revoked_at', 'is', null), where('revoked_at', '>', now)]))
    .returning(['role', 'unit_id', 'source'])
    .execute()
}

export function endDelegationsOf(tx: Tx, userId: string, now: Instant) {
  return tx
    .updateTable('delegation')
    .set({ ended_at: now })
    .where((where) => where.or([where('from_user_id', '=', userId), where('to_user_id', '=', userId)]))
    .where('ended_at', 'is', null)
    .where('valid_until', '>', now)
    .returning(['id', 'from_user_id', 'to_user_id', 'unit_id'])
    .execute()
}

export async function findVisiblePerson(db: Db, actor: Actor, permission: Permission, userId: string) {
  return db
    .selectFrom('app_user')
    .select(['id', 'display_name', 'email', 'active', 'unit_id'])
    .select(currentRoles)
    .where('id', '=', userId)
    .where(withinScope('app_user.unit_id', actor, permission))
    .executeTakeFirst()
}

export function findUnit(db: Db, unitId: string) {
  return db
    .selectFrom('unit')
    .select(['id', 'parent_id', 'name', 'slug', 'path'])
    .where('id', '=', unitId)
    .executeTakeFirst()
}

export async function renameUnit(tx: Tx, unitId: string, name: string, now: Instant): Promise<void> {
  await tx.updateTable('unit').set({ name, updated_at: now }).where('id', '=', unitId).execute()
}

/** Moves a unit and everything below it; the paths below change together with it. */
export async function moveUnit(
  tx: Tx,
  unit: { id: string; path: readonly string[] },
  parent: { id: string; path: readonly string[] },
  now: Instant,
): Promise<void> {
  await sql`update unit set path = ${[...parent.path]}::uuid[] || path[${unit.path.length}:], updated_at = ${now}
    where path @> array[${unit.id}::uuid]`.execute(tx)
  await tx.updateTable('unit').set({ parent_id: parent.id }).where('id', '=', unit.id).execute()
}

/** The tree changes as a whole: two moves at once could otherwise make a ring. */
export async function lockUnits(tx: Tx): Promise<void> {
  await sql`lock table unit in share row exclusive mode`.execute(tx)
}

export function listPersonQualifications(db: Db, actor: Actor, userId: string | undefined) {
  return db
    .selectFrom('qualification')
    .innerJoin('app_user', 'app_user.id', 'qualification.user_id')
    .select(['qualification.id', 'user_id', 'name', 'valid_from', 'valid_until', 'evidence'])
    .where(withinScope('app_user.unit_id', actor, 'user.read'))
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
    .orderBy('valid_from', 'desc')
    .orderBy('qualification.id', 'desc')
    .limit(1000)
    .execute()
}
