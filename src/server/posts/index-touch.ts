import { sql, type RawBuilder } from 'kysely'
import { toInstant, type Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import { readTouchKeys, touchReader } from '#server/policies/touch-keys.ts'
import { runInTurns } from '#server/policies/run-in-turns.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'

const pageSize = 500
/** No transaction that writes a revision is open for longer, in milliseconds. */
export const longestWrite = 600_000

interface UnreadRevision {
  readonly id: string
  readonly text: string
  readonly thread: readonly string[]
  readonly links: PolicyInput['post']['links']
  readonly media: readonly { readonly mediaId: string; readonly altText?: string }[]
}

/**
 * Job: enters the revisions that are not yet in the index of touched posts, oldest first, and drops what an older reader
 * made. Off the path of a submission; what is not entered yet counts as touched. Answers how many were entered.
 */
export async function indexTouch(deps: { readonly db: Db }): Promise<number> {
  // Two ranges, which the primary key answers at once; an inequality would read the whole table each time.
  await sql`delete from post_revision_touch where reader < ${touchReader} or reader > ${touchReader}`.execute(deps.db)
  let count = 0
  for (;;) {
    const { rows } = await sql<UnreadRevision>`
      select r.id, r.text, r.thread, r.links, r.media from ${await unreadRevisions(deps.db)} order by r.id limit ${pageSize}`.execute(
      deps.db,
    )
    if (rows.length > 0) await enter(deps.db, rows)
    count += rows.length
    if (rows.length < pageSize) break
  }
  if (count > 0) await sql`select clean_post_touch()`.execute(deps.db)
  return count
}

async function enter(db: Db, rows: readonly UnreadRevision[]): Promise<void> {
  const entries = await runInTurns(readInSteps(rows))
  await sql`
    insert into post_revision_touch (reader, revision_id, keys)
    select ${touchReader}, revision_id, keys
      from json_to_recordset(${JSON.stringify(entries)}::json) as e (revision_id uuid, keys integer[])
    on conflict do nothing`.execute(db)
}

/** One revision a step: hundreds of them at once would hold requests up. */
function* readInSteps(rows: readonly UnreadRevision[]): Generator<void, { revision_id: string; keys: number[] }[]> {
  const entries = []
  for (const row of rows) {
    entries.push({ revision_id: row.id, keys: readTouchKeys({ post: toPost(row) }) })
    yield
  }
  return entries
}

/** Only what gives keys matters; the rest is filled in. */
function toPost({ text, thread, links, media }: UnreadRevision): PolicyInput['post'] {
  return {
    text,
    thread,
    links,
    media: media.map(({ mediaId, altText }) => ({ mediaId, altText, kind: '' })),
    communicationClass: 'retail',
    static: true,
    topics: [],
    sources: [],
  }
}

/**
 * Ids `t.id` of the indexed revisions that have one of the keys. Asked key by key: with all of them at once, the database
 * takes reading everything for cheaper, and it is not.
 */
export function keyedRevisions(keys: readonly number[]): RawBuilder<unknown> {
  return sql`(select distinct x.revision_id as id from unnest(${keys}::integer[]) k
    join post_revision_touch x on x.keys @> array[k] and x.reader = ${touchReader}) t`
}

/** Some ids `t.id` of such revisions, once for each key that they have; fewer than `atMost` are all of them. */
export function someKeyedRevisions(keys: readonly number[], atMost: number): RawBuilder<unknown> {
  return sql`(select x.id from unnest(${keys}::integer[]) k cross join lateral (
    select p.revision_id as id from post_revision_touch p where p.keys @> array[k] and p.reader = ${touchReader} limit ${atMost}) x
    limit ${atMost}) t`
}

/** Comparisons of a revision's keys with those that are looked for: so many take some fifty milliseconds. */
const comparisonsAtMost = 150_000
const newestLookedAt = { atLeast: 500, atMost: 20_000 }
/** Of very long lists some keys are enough: what has one of them is among what is asked for. */
const keysComparedAtMost = comparisonsAtMost / newestLookedAt.atLeast

/**
 * Ids `t.id` of revisions that have one of the keys, among the newest of before an instant, at most so many: for keys that
 * stand in so many posts that the index would take longer to name them all.
 */
export function newestKeyedRevisions(keys: readonly number[], before: Instant, atMost: number): RawBuilder<unknown> {
  const compared = keys.slice(0, keysComparedAtMost)
  const lookedAt = Math.min(newestLookedAt.atMost, Math.round(comparisonsAtMost / compared.length))
  return sql`(select w.id from (
    select p.revision_id as id, p.keys from post_revision_touch p where p.reader = ${touchReader} and p.revision_id < ${leastId(before)}::uuid
      order by p.reader desc, p.revision_id desc limit ${lookedAt}) w where w.keys && ${compared}::integer[] limit ${atMost}) t`
}

/** The keys of the newest indexed revisions. */
export async function readNewestKeys(db: Db, atMost: number): Promise<readonly (readonly number[])[]> {
  const rows = await db
    .selectFrom('post_revision_touch')
    .select('keys')
    .where('reader', '=', touchReader)
    .orderBy('revision_id', 'desc')
    .limit(atMost)
    .execute()
  return rows.map(({ keys }) => keys)
}

/**
 * Revisions `r` that are not in the index. Ids grow with time, so that only those from shortly before the newest entry on
 * are looked at.
 */
export async function unreadRevisions(db: Db): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ id: string }>`
    select revision_id as id from post_revision_touch where reader = ${touchReader} order by revision_id desc limit 1`.execute(
    db,
  )
  return sql`post_revision r where r.id > ${shortlyBefore(rows[0]?.id)}::uuid
    and not exists (select from post_revision_touch t where t.reader = ${touchReader} and t.revision_id = r.id)`
}

/** The least UUIDv7 of a moment before another one. */
function shortlyBefore(id: string | undefined): string {
  const milliseconds = id === undefined ? 0 : Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  return leastId(toInstant(Math.max(0, milliseconds - longestWrite)))
}

/** The least UUIDv7 of a moment: what was made before it has a smaller one. */
export function leastId(at: Instant): string {
  const digits = Date.parse(at).toString(16).padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`
}
