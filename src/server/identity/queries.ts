import { sql } from 'kysely'
import type { Examination, RoleGrant } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { groupCalls } from '#server/platform/group-calls.ts'
import { appendRecords, type NewRecord } from '#server/archive/append-record.ts'

/** A person with what they may do, as one row; `unitPath` is that of their own unit. */
export interface PersonRow {
  readonly userId: string
  readonly displayName: string
  readonly active: boolean
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly grants: readonly RoleGrant[]
  /** Present for an examiner only: what the examination is about, and on which unit. */
  readonly examination: { readonly filter: Examination & { readonly name?: string }; readonly unitId: string } | null
}

export interface SessionRow extends PersonRow {
  readonly sessionId: string
  readonly authenticatedAt: Instant
  readonly lastSeenAt: Instant
  readonly expiresAt: Instant
  readonly endedAt: Instant | null
  readonly groupsState: string
}

export interface TokenRow extends PersonRow {
  readonly tokenId: string
  readonly scopes: readonly string[]
  readonly expiresAt: Instant
  readonly revokedAt: Instant | null
  readonly lastUsedAt: Instant | null
}

/** A person's columns and what they may do at an instant (migrations/0007_identity_lookup.sql). */
function personAt(now: Instant) {
  return sql`u.id as "userId", u.display_name as "displayName", u.active, u.unit_id as "unitId", own.path as "unitPath",
    grants_in_force(u.id, ${now}) as grants,
    case when u.issuer = 'examiner' then examination_in_force(u.id, ${now}) end as examination`
}

interface SessionQuestion {
  readonly sessionId: string
  readonly now: Instant
}

/** Everything that a request by session needs; requests that come at once share the round trip. */
export async function findSession(db: Db, sessionId: string, now: Instant): Promise<SessionRow | undefined> {
  return findSessions(db, { sessionId, now })
}

const findSessions = groupCalls(async (db: Db, questions: readonly SessionQuestion[]) => {
  const ids = [...new Set(questions.map(({ sessionId }) => sessionId))]
  const { rows } = await sql<SessionRow>`select found.* from unnest(${ids}::uuid[]) as wanted (id)
    cross join lateral session_in_force(wanted.id, ${latest(questions)}) as found`.execute(db)
  const found = new Map(rows.map((row) => [row.sessionId, row]))
  return questions.map(({ sessionId }) => found.get(sessionId.toLowerCase()))
})

interface TokenQuestion {
  readonly tokenHash: Buffer
  readonly now: Instant
}

/** The same for a request by API token. */
export async function findToken(db: Db, tokenHash: Buffer, now: Instant): Promise<TokenRow | undefined> {
  return findTokens(db, { tokenHash, now })
}

const findTokens = groupCalls(async (db: Db, questions: readonly TokenQuestion[]) => {
  const hashes = [...new Set(questions.map(({ tokenHash }) => tokenHash.toString('hex')))]
  const now = latest(questions)
  const { rows } = await sql<
    TokenRow & { hash: string }
  >`select encode(t.token_hash, 'hex') as hash, t.id as "tokenId", t.scopes,
      t.expires_at as "expiresAt", t.revoked_at as "revokedAt", t.last_used_at as "lastUsedAt", ${personAt(now)}
    from api_token t join app_user u on u.id = t.user_id join unit own on own.id = u.unit_id
    where t.token_hash = any(${hashes.map((hash) => Buffer.from(hash, 'hex'))}::bytea[])`.execute(db)
  const found = new Map(rows.map((row) => [row.hash, row]))
  return questions.map(({ tokenHash }) => found.get(tokenHash.toString('hex')))
})

/** Is a token neither revoked nor expired? */
export async function isTokenInForce(db: Db, tokenId: string, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ found: number }>`
    select 1 as found from api_token where id = ${tokenId} and revoked_at is null and expires_at > ${now}`.execute(db)
  return rows.length > 0
}

/** Questions that share a round trip are asked at one instant: that of the last of them, milliseconds from the first. */
function latest(questions: readonly { readonly now: Instant }[]): Instant {
  return questions.reduce((last, { now }) => (now > last ? now : last), questions[0]!.now)
}

export async function findPerson(db: Db, userId: string, now: Instant): Promise<PersonRow | undefined> {
  const { rows } = await sql<PersonRow>`select ${personAt(now)}
    from app_user u join unit own on own.id = u.unit_id where u.id = ${userId}`.execute(db)
  return rows[0]
}

export function lockUserBySubject(tx: Tx, issuer: string, subject: string) {
  return tx
    .selectFrom('app_user')
    .select(['id', 'display_name', 'email', 'locale', 'unit_id', 'active', 'employee_number'])
    .select(sql<boolean>`scim is not null or external_id is not null`.as('provisioned'))
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .forUpdate()
    .executeTakeFirst()
}

/** Inserts unless somebody else just did; answers whether this call did. */
export async function insertUser(
  tx: Tx,
  user: {
    id: string
    issuer: string
    subject: string
    display_name: string
    email: string | null
    locale: string
    unit_id: string
    employee_number: string | null
    created_at: Instant
    updated_at: Instant
  },
): Promise<boolean> {
  const row = await tx
    .insertInto('app_user')
    .values(user)
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function updateUser(
  tx: Tx,
  userId: string,
  change: {
    display_name?: string
    email?: string | null
    locale?: string
    unit_id?: string
    employee_number?: string | null
    updated_at: Instant
  },
): Promise<void> {
  await tx.updateTable('app_user').set(change).where('id', '=', userId).execute()
}

/** All units by slug; the firm's root has no parent. */
export function listAllUnits(db: Db) {
  return db
    .selectFrom('unit')
    .select(['id', 'parent_id', 'name', 'slug', 'path'])
    .select(
      sql<number>`(select count(*)::int from app_user where app_user.unit_id = unit.id and app_user.active and app_user.issuer <> 'examiner')`.as(
        'people',
      ),
    )
    .orderBy(sql`cardinality(path)`)
    .orderBy('name')
    .execute()
}

export function findRootUnit(db: Db) {
  return db.selectFrom('unit').select(['id', 'path']).where('parent_id', 'is', null).executeTakeFirst()
}

export function findUnitBySlug(db: Db, slug: string) {
  return db.selectFrom('unit').select(['id', 'path']).where('slug', '=', slug).executeTakeFirst()
}

export function findUnitsBySlug(db: Db, slugs: readonly string[]) {
  return db
    .selectFrom('unit')
    .select(['id', 'slug', 'path'])
    .where('slug', 'in', slugs.length === 0 ? [''] : slugs)
    .execute()
}

export async function insertUnit(
  tx: Tx,
  unit: { id: string; parent_id: string | null; name: string; slug: string; path: string[]; created_at: Instant },
): Promise<boolean> {
  const row = await tx
    .insertInto('unit')
    .values(unit)
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function insertGrant(
  tx: Tx,
  grant: { id: string; user_id: string; role: RoleGrant['role']; unit_id: string; source: string; granted_at: Instant },
): Promise<void> {
  await tx.insertInto('role_grant').values(grant).execute()
}

/** Roles that somebody is given at once, with the records of it. */
export async function insertGrants(
  tx: Tx,
  given: {
    userId: string
    source: string
    grants: readonly { id: string; role: RoleGrant['role']; unitId: string }[]
    records: readonly NewRecord[]
  },
  now: Instant,
): Promise<void> {
  const { userId, source, grants, records } = given
  await sql`with given as (
      insert into role_grant (id, user_id, role, unit_id, source, granted_at)
      select id, ${userId}, role::role_name, unit_id, ${source}, ${now}
      from unnest(${grants.map(({ id }) => id)}::uuid[], ${grants.map(({ role }) => role)}::text[],
        ${grants.map(({ unitId }) => unitId)}::uuid[]) as one (id, role, unit_id)
    ) ${appendRecords(records)}`.execute(tx)
}

/** Ends a grant at a time, which may be still to come. */
export async function revokeGrant(tx: Tx, grantId: string, revokedAt: Instant): Promise<void> {
  await tx.updateTable('role_grant').set({ revoked_at: revokedAt }).where('id', '=', grantId).execute()
}

export async function insertSession(
  tx: Tx,
  session: {
    id: string
    user_id: string
    provider_sid: string | null
    id_token: string | null
    authenticated_at: Instant
    created_at: Instant
    last_seen_at: Instant
    expires_at: Instant
    groups_state: string
  },
): Promise<void> {
  await tx.insertInto('user_session').values(session).execute()
}

/** Ends one live session; `undefined` when it had ended before. */
export function markSessionEnded(tx: Tx, sessionId: string, because: string, now: Instant) {
  return tx
    .updateTable('user_session')
    .set({ ended_at: now, ended_because: because })
    .where('id', '=', sessionId)
    .where('ended_at', 'is', null)
    .returning(['id', 'user_id', 'id_token'])
    .executeTakeFirst()
}

/** Ends every live session of a person, but one where that is given. */
export function markSessionsEnded(tx: Tx, userId: string, because: string, now: Instant, except?: string) {
  return tx
    .updateTable('user_session')
    .set({ ended_at: now, ended_because: because })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .$if(except !== undefined, (query) => query.where('id', '<>', except ?? ''))
    .returning(['id', 'user_id'])
    .execute()
}

/** Live sessions that a logout token names and that had begun when it was issued: by the provider's session, else all of the subject. */
export function findSessionsToEnd(
  db: Db,
  named: { issuer: string; subject: string | undefined; sid: string | undefined; begunBy: Instant },
) {
  return db
    .selectFrom('user_session')
    .innerJoin('app_user', 'app_user.id', 'user_session.user_id')
    .select(['user_session.id', 'user_session.user_id'])
    .where('user_session.ended_at', 'is', null)
    .where('user_session.created_at', '<=', named.begunBy)
    .where('app_user.issuer', '=', named.issuer)
    .$if(named.sid !== undefined, (query) => query.where('user_session.provider_sid', '=', named.sid ?? ''))
    .$if(named.subject !== undefined, (query) => query.where('app_user.subject', '=', named.subject ?? ''))
    .execute()
}

export async function touchSession(db: Db, sessionId: string, now: Instant): Promise<void> {
  await db
    .updateTable('user_session')
    .set({ last_seen_at: now })
    .where('id', '=', sessionId)
    .where('last_seen_at', '<', now)
    .execute()
}

export function listLiveSessions(db: Db, userId: string, now: Instant) {
  return db
    .selectFrom('user_session')
    .select(['id', 'created_at', 'last_seen_at', 'expires_at'])
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function touchToken(db: Db, tokenId: string, now: Instant): Promise<void> {
  await db.updateTable('api_token').set({ last_used_at: now }).where('id', '=', tokenId).execute()
}

export async function findIdToken(db: Db, sessionId: string): Promise<string | undefined> {
  const row = await db.selectFrom('user_session').select('id_token').where('id', '=', sessionId).executeTakeFirst()
  return row?.id_token ?? undefined
}
