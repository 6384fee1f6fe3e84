import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Db, Tx } from '#server/platform/database.ts'

export type PublicationStatus =
  | 'waiting'
  | 'publishing'
  | 'published'
  | 'failed'
  | 'unconfirmed'
  | 'stopped'
  | 'cancelled'
  | 'retracted'

export interface PublicationRow {
  readonly publicationId: string
  readonly postId: string
  readonly revisionId: string
  readonly profileId: string
  readonly network: string
  readonly status: PublicationStatus
  readonly payloadSha256: string
  readonly stampedPayload: string | null
  readonly dueAt: string
  readonly attempts: number
  readonly leaseUntil: string | null
  readonly releaseRecordId: string | null
  readonly remoteId: string | null
  readonly permalink: string | null
  readonly retractRequestedBy: string | null
  readonly lastError: string | null
}

const columns = [
  'id as publicationId',
  'post_id as postId',
  'revision_id as revisionId',
  'profile_id as profileId',
  'network',
  'status',
  'payload_sha256 as payloadSha256',
  'stamped_payload as stampedPayload',
  'due_at as dueAt',
  'attempts',
  'lease_until as leaseUntil',
  'release_record_id as releaseRecordId',
  'remote_id as remoteId',
  'permalink',
  'retract_requested_by as retractRequestedBy',
  'last_error as lastError',
] as const

/** Posts that are approved and whose publications are not written yet, or were cancelled while the post was sent back. */
export async function findUnplannedPosts(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('post')
    .select('post.id')
    .where('post.status', 'in', ['approved', 'scheduled'])
    .where(
      sql<boolean>`(not exists (select from publication p where p.revision_id = post.current_revision_id)
        or exists (select from publication p where p.revision_id = post.current_revision_id and p.status = 'cancelled'))`,
    )
    .orderBy('post.updated_at')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** What was cancelled while its post was sent back waits again: it ended before the network had it. */
export async function insertPublications(
  tx: Tx,
  publications: readonly {
    id: string
    postId: string
    revisionId: string
    profileId: string
    network: string
    payloadSha256: string
    dueAt: string
    at: string
  }[],
): Promise<void> {
  await tx
    .insertInto('publication')
    .values(
      publications.map((row) => ({
        id: row.id,
        post_id: row.postId,
        revision_id: row.revisionId,
        profile_id: row.profileId,
        network: row.network,
        status: 'waiting',
        payload_sha256: row.payloadSha256,
        due_at: row.dueAt,
        next_attempt_at: row.dueAt,
        created_at: row.at,
        updated_at: row.at,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .constraint('publication_once')
        .doUpdateSet((row) => ({
          status: 'waiting',
          next_attempt_at: row.ref('excluded.next_attempt_at'),
          last_error: null,
          updated_at: row.ref('excluded.updated_at'),
        }))
        .where('publication.status', '=', 'cancelled'),
    )
    .execute()
}

/** Publications that the gate is to look at, in the order in which they are due. */
export async function findReleasable(
  db: Db,
  now: string,
  limit: number,
): Promise<{ publicationId: string; postId: string }[]> {
  return db
    .selectFrom('publication')
    .select(['id as publicationId', 'post_id as postId'])
    .where('status', 'in', ['waiting', 'stopped'])
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Lets what still waits for the gate rest until then. */
export async function restRelease(db: Db, publicationId: string, until: string): Promise<void> {
  await db
    .updateTable('publication')
    .set({ next_attempt_at: until })
    .where('id', '=', publicationId)
    .where('status', 'in', ['waiting', 'stopped'])
    .execute()
}

/** What is due at a network: sending, asking about an outcome, reading the live copy back, deleting it. */
export type NetworkStep = 'attempt' | 'confirm' | 'capture' | 'retract'

export interface DueStep {
  readonly publicationId: string
  readonly postId: string
  readonly profileId: string
}

const dueFor: Record<NetworkStep, RawBuilder<SqlBool>> = {
  attempt: sql`p.status = 'publishing'`,
  confirm: sql`p.status = 'unconfirmed'`,
  capture: sql`p.status = 'published' and p.captured_at is null and p.retract_requested_by is null`,
  retract: sql`p.status = 'published' and p.retract_requested_by is not null`,
}

/**
 * What is due at one network (at all, where none is named) in turns: of each profile the one that waits longest, then of
 * each the next, so that a profile with much to do, or with a server that is silent, leaves room.
 */
export async function findDueSteps(
  db: Db,
  step: NetworkStep,
  now: string,
  { network, most = 50 }: { readonly network?: string | undefined; readonly most?: number } = {},
): Promise<DueStep[]> {
  // While something is being sent to a profile, by whatever process, what comes next there waits for it.
  const free =
    step === 'attempt'
      ? sql`and not exists (select from publication busy where busy.profile_id = p.profile_id and busy.lease_until >= ${now})`
      : sql``
  const there = network === undefined ? sql`` : sql`and p.network = ${network}`
  const { rows } = await sql<DueStep>`
    select id as "publicationId", post_id as "postId", profile_id as "profileId" from (
      select p.id, p.post_id, p.profile_id, p.next_attempt_at,
          row_number() over (partition by p.profile_id order by p.next_attempt_at nulls first, p.id) as turn
        from publication p
        where ${dueFor[step]} and (p.next_attempt_at is null or p.next_attempt_at <= ${now})
          and (p.lease_until is null or p.lease_until < ${now}) ${there} ${free}
      ) due
      order by turn, next_attempt_at nulls first, id limit ${most}`.execute(db)
  return rows
}

export async function findPublication(db: Db | Tx, publicationId: string): Promise<PublicationRow | undefined> {
  return (await db.selectFrom('publication').select(columns).where('id', '=', publicationId).executeTakeFirst()) as
    | PublicationRow
    | undefined
}

/** Last in the lock order. Undefined when another publisher has it: exactly one wins. */
export async function lockPublication(tx: Tx, publicationId: string): Promise<PublicationRow | undefined> {
  return (await tx
    .selectFrom('publication')
    .select(columns)
    .where('id', '=', publicationId)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()) as PublicationRow | undefined
}

export async function findPublicationsOfPost(tx: Tx, postId: string): Promise<PublicationRow[]> {
  return (await tx
    .selectFrom('publication')
    .select(columns)
    .where('post_id', '=', postId)
    .orderBy('id')
    .execute()) as unknown as PublicationRow[]
}

export interface PublicationChange {
  readonly status?: PublicationStatus
  readonly stamped_payload?: string
  readonly release_record_id?: string
  readonly attempts?: number
  readonly next_attempt_at?: string | null
  readonly lease_until?: string | null
  readonly remote_id?: string
  readonly permalink?: string
  readonly published_at?: string
  readonly captured_at?: string
  readonly retract_requested_by?: string | null
  readonly retract_reason?: string | null
  readonly last_error?: string | null
}

export async function updatePublication(
  tx: Tx,
  publicationId: string,
  at: string,
  change: PublicationChange,
): Promise<void> {
  await tx
    .updateTable('publication')
    .set({ ...change, updated_at: at })
    .where('id', '=', publicationId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

export interface ProfileState {
  readonly status: string
  readonly handle: string
  readonly remoteAccountId: string | null
  readonly settings: Record<string, unknown>
  readonly credential: Buffer | null
}

function selectProfileState(db: Db | Tx, profileId: string) {
  return db
    .selectFrom('profile')
    .select(['status', 'handle', 'remote_account_id as remoteAccountId', 'settings', 'credential'])
    .where('id', '=', profileId)
}

export async function findProfileState(db: Db, profileId: string): Promise<ProfileState> {
  return (await selectProfileState(db, profileId).executeTakeFirstOrThrow()) as ProfileState
}

/** After the publication in the lock order: whoever pauses a profile waits for what is being let out through it, and it for them. */
export async function holdProfileState(tx: Tx, profileId: string): Promise<ProfileState> {
  return (await selectProfileState(tx, profileId).forKeyShare().executeTakeFirstOrThrow()) as ProfileState
}

/**
 * The engaged stop whose scope covers this publication: a unit's covers what its people write, and what leaves on its
 * profiles. Shares a fence with `engageStop`: a stop that is committed is seen.
 */
export async function findEngagedStop(
  tx: Tx,
  publication: PublicationRow,
  unitPath: readonly string[],
): Promise<{ stopId: string; reason: string } | undefined> {
  await sql`select pg_advisory_xact_lock_shared(hashtext('publishing.stop'))`.execute(tx)
  const { rows } = await sql<{ stopId: string; reason: string }>`
    select id as "stopId", reason from stop where lifted_at is null and (scope = 'everything'
      or (scope = 'unit' and (scope_id = any(${unitPath}::text[]) or scope_id in (select unnest(unit.path)::text
        from profile join unit on unit.id = profile.unit_id where profile.id = ${publication.profileId})))
      or (scope = 'network' and scope_id = ${publication.network})
      or (scope = 'profile' and scope_id = ${publication.profileId})) order by engaged_at limit 1`.execute(tx)
  return rows[0]
}

/** The fence: waits until every attempt that is being released has committed, and holds the next ones back. */
export async function raiseFence(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('publishing.stop'))`.execute(tx)
}

export async function insertAttempt(
  tx: Tx,
  attempt: { id: string; publicationId: string; number: number; at: string },
): Promise<void> {
  await tx
    .insertInto('publication_attempt')
    .values({ id: attempt.id, publication_id: attempt.publicationId, number: attempt.number, started_at: attempt.at })
    .execute()
}

/** Lengthens the lease of an attempt that is still under way. */
export async function keepLease(
  db: Db,
  { publicationId, attempt }: { readonly publicationId: string; readonly attempt: number },
  until: string,
): Promise<void> {
  await db
    .updateTable('publication')
    .set({ lease_until: until })
    .where('id', '=', publicationId)
    .where('status', '=', 'publishing')
    .where('attempts', '=', attempt)
    .where('lease_until', 'is not', null)
    .execute()
}

/** Lets everything that waits for a profile's network rest: a limit that the network names is the account's, not the post's. */
export async function restProfile(tx: Tx, profileId: string, until: string): Promise<void> {
  await sql`update publication set next_attempt_at = ${until} where id in (
    select id from publication where profile_id = ${profileId} and status = 'publishing' and lease_until is null
      and next_attempt_at < ${until} for update skip locked)`.execute(tx)
}

export async function finishAttempt(
  tx: Tx,
  { publicationId, attempt }: { readonly publicationId: string; readonly attempt: number },
  { at, outcome, error }: { readonly at: string; readonly outcome: string; readonly error: string | null },
): Promise<void> {
  await tx
    .updateTable('publication_attempt')
    .set({ finished_at: at, outcome, error })
    .where('publication_id', '=', publicationId)
    .where('number', '=', attempt)
    .execute()
}

/** How many finished attempts had an outcome that begins with these words. */
export async function countAttempts(tx: Tx, publicationId: string, outcome: string): Promise<number> {
  const { count } = await tx
    .selectFrom('publication_attempt')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('publication_id', '=', publicationId)
    .where(sql<boolean>`starts_with(outcome, ${outcome})`)
    .executeTakeFirstOrThrow()
  return count
}

/** The number of the last attempt that the tables know; 0 when there is none. */
export async function findLastAttempt(tx: Tx, publicationId: string): Promise<number> {
  const { number } = await tx
    .selectFrom('publication_attempt')
    .select(sql<number>`coalesce(max(number), 0)`.as('number'))
    .where('publication_id', '=', publicationId)
    .executeTakeFirstOrThrow()
  return number
}

/** Has an attempt begun whose end nobody saw? */
export async function hasOpenAttempt(tx: Tx, publicationId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('publication_attempt')
    .select('id')
    .where('publication_id', '=', publicationId)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

export async function findMediaKey(db: Db, mediaId: string): Promise<string | undefined> {
  return (await db.selectFrom('media').select('object_key').where('id', '=', mediaId).executeTakeFirst())?.object_key
}
