import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { groupCalls } from '#server/platform/group-calls.ts'
import { appendRecords, type NewRecord } from '#server/archive/append-record.ts'
import type { Attributes, ScimGroupRow, ScimPerson, ScimUserRow } from './scim-resources.ts'

// `xmin` is the transaction that last wrote the row: a version that nobody has to keep.
const userSelection = sql`u.id, u.xmin::text as version, u.user_name as "userName", u.external_id as "externalId", u.active, u.scim,
  u.created_at as "createdAt", u.updated_at as "updatedAt",
  coalesce((select json_agg(json_build_object('value', g.id, 'display', g.display_name) order by g.display_name)
    from scim_group_member m join scim_group g on g.id = m.group_id where m.user_id = u.id), '[]'::json) as groups`

export async function findScimUser(db: Db, id: string): Promise<ScimUserRow | undefined> {
  const { rows } =
    await sql<ScimUserRow>`select ${userSelection} from app_user u where u.id = ${id} and u.scim is not null`.execute(
      db,
    )
  return rows[0]
}

/** Which part of a list, in which order. */
export interface ScimPage {
  readonly where: RawBuilder<SqlBool>
  readonly order: RawBuilder<unknown>
  readonly startIndex: number
  readonly count: number
  /** Asks for one by name or id: always the same plan. */
  readonly isLookUp: boolean
}

/** The end of a list's statement. Only `limit` has it planned anew, with its values (platform/database.ts). */
function cutTo({ startIndex, count, isLookUp }: ScimPage): RawBuilder<unknown> {
  return isLookUp
    ? sql`offset ${startIndex - 1} fetch first ${count} rows only`
    : sql`offset ${startIndex - 1} limit ${count}`
}

/** How many there are. A first page that is not full is everything, and needs no counting. */
async function countAll(page: ScimPage, found: number, count: () => Promise<number>): Promise<number> {
  return page.startIndex === 1 && found < page.count ? found : count()
}

export async function listScimUsers(db: Db, page: ScimPage): Promise<{ total: number; rows: ScimUserRow[] }> {
  const { rows } =
    await sql<ScimUserRow>`select ${userSelection} from app_user u where u.scim is not null and ${page.where}
    order by ${page.order}, u.id ${cutTo(page)}`.execute(db)
  const total = await countAll(page, rows.length, async () => {
    const counted = await sql<{ total: number }>`select count(*) as total from app_user u
      where u.scim is not null and ${page.where}`.execute(db)
    return counted.rows[0]?.total ?? 0
  })
  return { total, rows }
}

export interface Newcomer {
  readonly issuer: string
  readonly userName: string
  readonly externalId: string | null
  readonly unitSlug: string | undefined
}

/**
 * The unit to which somebody will belong of whom nothing is known yet: the one of that slug, else the firm. Null when their
 * name or external id is known, and where there is no firm yet. Calls at the same moment share the statement.
 */
export const findUnitOfNewcomer = groupCalls(async (db: Db, people: readonly Newcomer[]) => {
  const { rows } = await sql<{ unitId: string | null }>`select case
      when exists (select from app_user u where u.user_name = person.name) then null
      when exists (select from app_user u where u.issuer = person.issuer and u.subject = person.external_id) then null
      when exists (select from app_user u where u.issuer = person.issuer and u.external_id = person.external_id) then null
      else coalesce((select id from unit where slug = person.slug), (select id from unit where parent_id is null))
    end as "unitId"
    from unnest(${people.map(({ issuer }) => issuer)}::text[], ${people.map(({ userName }) => userName)}::text[],
      ${people.map(({ externalId }) => externalId)}::text[], ${people.map(({ unitSlug }) => unitSlug ?? null)}::text[])
      with ordinality as person (issuer, name, external_id, slug, place) order by person.place`.execute(db)
  return rows.map(({ unitId }) => unitId)
})

/** Somebody whom the provider already vouched for, or who was provisioned once and removed: the same person again. */
export function findSamePerson(tx: Tx, issuer: string, externalId: string) {
  return tx
    .selectFrom('app_user')
    .select(['id', 'user_name', 'scim'])
    .where('issuer', '=', issuer)
    .where((where) => where.or([where('subject', '=', externalId), where('external_id', '=', externalId)]))
    .orderBy('created_at')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
}

export function findUserName(tx: Tx, userName: string) {
  return tx.selectFrom('app_user').select('id').where('user_name', '=', userName).executeTakeFirst()
}

/** A person as the provisioning client describes them, and where they belong. */
export interface ScimEntry {
  readonly id: string
  readonly unitId: string
  readonly person: ScimPerson
  /** The client's own resource, whole. */
  readonly scim: Attributes
}

export interface EnteredPerson {
  readonly entry: ScimEntry
  readonly issuer: string
  readonly subject: string
  readonly record: NewRecord
  readonly now: Instant
}

export async function insertScimUser(
  tx: Tx,
  user: ScimEntry & { issuer: string; subject: string },
  now: Instant,
): Promise<void> {
  await tx
    .insertInto('app_user')
    .values({
      id: user.id,
      issuer: user.issuer,
      subject: user.subject,
      created_at: now,
      ...columnsOf(user, now),
    })
    .execute()
}

/**
 * Enters people, each with the record of it, and answers the version of each: one statement, so one transaction by itself,
 * which calls at the same moment share. Throws the database's error for a name that is taken.
 */
export const enterScimUsers = groupCalls(async (db: Db, people: readonly EnteredPerson[]) => {
  const rows = people.map(({ entry, issuer, subject, now }) => ({
    id: entry.id,
    issuer,
    subject,
    created_at: now,
    ...columnsOf(entry, now),
    scim: entry.scim,
  }))
  const entered = await sql<{ version: string }>`with entered as (
      insert into app_user (id, issuer, subject, created_at, updated_at, user_name, external_id, display_name, email, locale,
        unit_id, employee_number, scim)
      select id, issuer, subject, created_at, updated_at, user_name, external_id, display_name, email, locale, unit_id,
        employee_number, scim
      from json_to_recordset(${JSON.stringify(rows)}::json) as person (id uuid, issuer text, subject text,
        created_at timestamptz, updated_at timestamptz, user_name text, external_id text, display_name text, email text,
        locale text, unit_id uuid, employee_number text, scim jsonb)
      returning xmin::text as version
    )
    ${appendRecords(
      people.map(({ record }) => record),
      sql`, (select version from entered limit 1) as version`,
    )}`.execute(db)
  return entered.rows.map(({ version }) => version)
})

export async function updateScimUser(tx: Tx, user: ScimEntry, now: Instant): Promise<void> {
  await tx.updateTable('app_user').set(columnsOf(user, now)).where('id', '=', user.id).execute()
}

function columnsOf({ person, scim, unitId }: ScimEntry, now: Instant) {
  return {
    user_name: person.userName,
    external_id: person.externalId,
    display_name: person.displayName,
    email: person.email,
    locale: person.locale,
    unit_id: unitId,
    employee_number: person.employeeNumber,
    scim: JSON.stringify(scim),
    updated_at: now,
  }
}

/** The client no longer knows the person; the name is free for another one. */
export async function forgetScimUser(tx: Tx, id: string, now: Instant): Promise<void> {
  await tx.updateTable('app_user').set({ scim: null, user_name: null, updated_at: now }).where('id', '=', id).execute()
}

const groupSelection = sql`g.id, g.xmin::text as version, g.display_name as "displayName", g.external_id as "externalId", g.created_at as "createdAt", g.updated_at as "updatedAt"`
const groupMembers = sql`coalesce((select json_agg(json_build_object('value', u.id, 'display', u.display_name) order by u.display_name, u.id)
  from scim_group_member m join app_user u on u.id = m.user_id where m.group_id = g.id), '[]'::json) as members`

export async function findScimGroup(db: Db, id: string): Promise<ScimGroupRow | undefined> {
  const { rows } =
    await sql<ScimGroupRow>`select ${groupSelection}, ${groupMembers} from scim_group g where g.id = ${id}`.execute(db)
  return rows[0]
}

export async function listScimGroups(
  db: Db,
  page: ScimPage,
  withMembers: boolean,
): Promise<{ total: number; rows: ScimGroupRow[] }> {
  const members = withMembers ? groupMembers : sql`'[]'::json as members`
  const { rows } = await sql<ScimGroupRow>`select ${groupSelection}, ${members} from scim_group g where ${page.where}
    order by ${page.order}, g.id ${cutTo(page)}`.execute(db)
  const total = await countAll(page, rows.length, async () => {
    const counted = await sql<{
      total: number
    }>`select count(*) as total from scim_group g where ${page.where}`.execute(db)
    return counted.rows[0]?.total ?? 0
  })
  return { total, rows }
}

export function lockScimGroup(tx: Tx, id: string) {
  return tx
    .selectFrom('scim_group')
    .select(['id', 'display_name', 'external_id', sql<string>`xmin::text`.as('version')])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

export async function insertScimGroup(
  tx: Tx,
  group: { id: string; displayName: string; externalId: string | null; now: Instant },
): Promise<boolean> {
  const row = await tx
    .insertInto('scim_group')
    .values({
      id: group.id,
      display_name: group.displayName,
      external_id: group.externalId,
      created_at: group.now,
      updated_at: group.now,
    })
    .onConflict((conflict) => conflict.column('display_name').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function renameScimGroup(
  tx: Tx,
  { id, displayName, externalId }: { id: string; displayName: string; externalId: string | null },
  now: Instant,
): Promise<void> {
  await tx
    .updateTable('scim_group')
    .set({ display_name: displayName, external_id: externalId, updated_at: now })
    .where('id', '=', id)
    .execute()
}

export async function deleteScimGroupRow(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('scim_group').where('id', '=', id).execute()
}

export async function listMemberIds(db: Db, groupId: string): Promise<string[]> {
  const rows = await db.selectFrom('scim_group_member').select('user_id').where('group_id', '=', groupId).execute()
  return rows.map((row) => row.user_id)
}

/** Adds those who are not members yet and are known; answers who was added. */
export async function addMembers(tx: Tx, groupId: string, userIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ userId: string }>`insert into scim_group_member (group_id, user_id)
    select ${groupId}, u.id from app_user u where u.id = any (${[...userIds]}::uuid[]) and u.scim is not null
    on conflict do nothing returning user_id as "userId"`.execute(tx)
  return rows.map((row) => row.userId)
}

export async function removeMembers(tx: Tx, groupId: string, userIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ userId: string }>`delete from scim_group_member
    where group_id = ${groupId} and user_id = any (${[...userIds]}::uuid[]) returning user_id as "userId"`.execute(tx)
  return rows.map((row) => row.userId)
}

export async function removeFromAllGroups(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('scim_group_member').where('user_id', '=', userId).execute()
}

export interface GroupedPerson {
  readonly userId: string
  /** Names of the groups that the provisioning client put them in. */
  readonly groups: readonly string[]
  /** Whether a role of such a group is theirs, now or at a time to come. */
  readonly holdsRole: boolean
}

/** Locks the active ones of these people, in one order, and then reads their groups. */
export async function lockScimPeople(tx: Tx, userIds: readonly string[], now: Instant): Promise<GroupedPerson[]> {
  const locked = await tx
    .selectFrom('app_user')
    .select('id')
    .where(sql<boolean>`id = any (${[...userIds]}::uuid[]) and active`)
    .orderBy('id')
    .forUpdate()
    .execute()
  const { rows } = await sql<GroupedPerson>`select person.id as "userId",
      array(select g.display_name from scim_group_member m join scim_group g on g.id = m.group_id
        where m.user_id = person.id) as groups,
      exists (select from role_grant r where r.user_id = person.id and r.source = 'scim'
        and (r.revoked_at is null or r.revoked_at > ${now})) as "holdsRole"
    from unnest(${locked.map(({ id }) => id)}::uuid[]) with ordinality as person (id, place) order by place`.execute(tx)
  return rows
}
