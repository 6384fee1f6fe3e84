import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { inScope, type SearchScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import { postStatuses, type PostStatus } from '#shared/post-status.ts'
import { readableUnits, selectPosts, type PostRow } from './stored-post.ts'

export interface PostFilter {
  readonly authorId?: string | undefined
  readonly statuses?: readonly PostStatus[] | undefined
  readonly q?: string | undefined
}

export interface PostListRow extends PostRow {
  readonly text: string
  readonly contentHash: string
  readonly scheduledAt: string | null
  readonly networks: string[]
  readonly verdict: 'pass' | 'review' | 'block' | null
  readonly waitingFor: string | null
}

/** Who looks: their own posts, and those of these units. */
export interface PostReader {
  readonly userId: string
  readonly units: SearchScope
  readonly now: string
}

/** So many posts of a status are counted, and so many looked through for a word at a time: years would take seconds. */
const countedAtMost = 10_000
const lookedThroughAtMost = 3_000

export interface FoundPosts {
  readonly rows: readonly PostListRow[]
  /** The last post that was looked through, where older ones were not. */
  readonly lookedBackTo: Position | undefined
}

/** Posts that the reader may see, newest first. */
export async function findPosts(
  db: Db,
  reader: PostReader,
  filter: PostFilter,
  after: Position | undefined,
  limit: number,
): Promise<FoundPosts> {
  if (isAnyText(filter)) {
    const page = newestPosts(reader, filter, after, limit)
    return { rows: await listPosts(db, reader, sql`select id from (${page}) page`), lookedBackTo: undefined }
  }
  const { rows } = await sql<{ id: string; at: string; isMatch: boolean }>`
    with seen as materialized (${newestPosts(reader, filter, after, lookedThroughAtMost)})
    (select id, created_at as at, true as "isMatch" from ${havingText(filter)} order by created_at desc, id desc limit ${limit})
    union all
    (select id, created_at, false from seen order by created_at desc, id desc offset ${lookedThroughAtMost - 1})`.execute(
    db,
  )
  const ids = rows.filter((row) => row.isMatch).map((row) => row.id)
  return {
    rows: ids.length === 0 ? [] : await listPosts(db, reader, sql`select unnest(${ids}::uuid[])`),
    lookedBackTo: rows.find((row) => !row.isMatch),
  }
}

/** How many posts stand in each status under the same filter, the status aside. */
export async function countPosts(db: Db, reader: PostReader, filter: PostFilter): Promise<Record<string, number>> {
  const others = { ...filter, statuses: undefined }
  const { rows } = await (
    isAnyText(filter)
      ? sql<{ status: string; count: number }>`
    select one.status, (select count(*) from (
      select from post where status = one.status and ${isVisible(reader, others)} limit ${countedAtMost}) counted) as count
    from unnest(${[...postStatuses]}::post_status[]) one (status)`
      : sql<{ status: string; count: number }>`
    with seen as materialized (${newestPosts(reader, others, undefined, lookedThroughAtMost)})
    select status, count(*) as count from ${havingText(filter)} group by status`
  ).execute(db)
  return Object.fromEntries(rows.filter((row) => row.count > 0).map((row) => [row.status, row.count]))
}

/** The newest posts whatever they say, so many at most. */
function newestPosts(reader: PostReader, filter: PostFilter, after: Position | undefined, limit: number) {
  const statuses = filter.statuses === undefined ? sql`true` : sql`status = any(${[...filter.statuses]}::post_status[])`
  const isBehind = after === undefined ? sql`true` : sql`(created_at, id) < (${after.at}, ${after.id}::uuid)`
  return sql`select id, created_at, status, current_revision_id from post
    where ${isVisible(reader, filter)} and ${statuses} and ${isBehind} order by created_at desc, id desc limit ${limit}`
}

/** Those of `seen` whose text has the words, letter case aside. */
function havingText({ q }: PostFilter) {
  return sql`(select seen.* from seen join post_revision revision on revision.id = seen.current_revision_id
    where strpos(lower(revision.text), lower(${q!.trim()})) > 0) matching`
}

function isAnyText({ q }: PostFilter): boolean {
  return q === undefined || q.trim() === ''
}

// The units as values and not as a join: so the planner knows whether they are a branch or nearly everything.
function isVisible({ userId, units }: PostReader, { authorId }: PostFilter): RawBuilder<SqlBool> {
  const visible = sql<SqlBool>`(author_id = ${userId} or ${inScope(units, sql`unit_id`)})`
  return authorId === undefined ? visible : sql<SqlBool>`author_id = ${authorId}::uuid and ${visible}`
}

async function listPosts(db: Db, { now }: PostReader, ids: RawBuilder<unknown>): Promise<PostListRow[]> {
  const rows = await selectPosts(db)
    .innerJoin('post_revision as revision', 'revision.id', 'post.current_revision_id')
    .select([
      'revision.text',
      'revision.content_hash as contentHash',
      'revision.scheduled_at as scheduledAt',
      sql<string[]>`array(select distinct t->>'network' from jsonb_array_elements(revision.targets) t order by 1)`.as(
        'networks',
      ),
      sql<
        string | null
      >`(select e.verdict from policy_evaluation e where e.revision_id = revision.id order by e.evaluated_at desc, e.id desc limit 1)`.as(
        'verdict',
      ),
      sql<string | null>`(select coalesce(c.display_name, a.display_name, r.stage) from review r
          left join app_user c on c.id = r.claimed_by and r.claimed_until > ${now} left join app_user a on a.id = r.assigned_to
        where r.post_id = post.id and r.status = 'open' order by r.stage_index limit 1)`.as('waitingFor'),
    ])
    .where(sql<SqlBool>`post.id in (${ids})`)
    .orderBy('post.created_at', 'desc')
    .orderBy('post.id', 'desc')
    .execute()
  return rows as unknown as PostListRow[]
}

/** Media that the author uploaded, by id. */
export async function findMedia(
  db: Db | Tx,
  mediaIds: readonly string[],
  uploadedBy: string,
): Promise<{ mediaId: string; sha256: string; mimeType: string; size: number; altText?: string }[]> {
  const rows = await db
    .selectFrom('media')
    .select(['id as mediaId', 'sha256', 'mime_type as mimeType', 'size', 'alt_text as altText'])
    .where(sql<boolean>`id = any(${mediaIds}::uuid[])`)
    .where('uploaded_by', '=', uploadedBy)
    .execute()
  return rows.map(({ altText, ...row }) => (altText === null ? row : { ...row, altText }))
}

/** A file that the actor uploaded, or that a post carries which they may read. Its author alone can attach a file. */
export async function findReadableMedia(
  db: Db,
  actor: Actor,
  mediaId: string,
): Promise<{ sha256: string; mimeType: string; objectKey: string } | undefined> {
  return db
    .selectFrom('media')
    .select(['sha256', 'mime_type as mimeType', 'object_key as objectKey'])
    .where('media.id', '=', mediaId)
    .where(
      sql<boolean>`(media.uploaded_by = ${actor.userId} or exists (
        select from post
        join unit on unit.id = post.unit_id
        join post_revision revision on revision.post_id = post.id
        where post.author_id = media.uploaded_by and unit.path && ${readableUnits(actor)}::uuid[]
          and revision.media @> jsonb_build_array(jsonb_build_object('mediaId', media.id))))`,
    )
    .executeTakeFirst()
}

export async function updatePostStatus(tx: Tx, postId: string, status: PostStatus, at: string): Promise<void> {
  await tx
    .updateTable('post')
    .set({ status, updated_at: at })
    .where('id', '=', postId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

export async function insertComment(
  tx: Tx,
  comment: { id: string; postId: string; authorId: string; text: string; at: string },
): Promise<void> {
  await tx
    .insertInto('post_comment')
    .values({
      id: comment.id,
      post_id: comment.postId,
      author_id: comment.authorId,
      text: comment.text,
      created_at: comment.at,
    })
    .execute()
}

export async function insertMedia(
  tx: Tx,
  media: {
    id: string
    uploadedBy: string
    sha256: string
    mimeType: string
    size: number
    altText: string | null
    objectKey: string
    at: string
  },
): Promise<void> {
  await tx
    .insertInto('media')
    .values({
      id: media.id,
      uploaded_by: media.uploadedBy,
      sha256: media.sha256,
      mime_type: media.mimeType,
      size: media.size,
      alt_text: media.altText,
      object_key: media.objectKey,
      created_at: media.at,
    })
    .execute()
}
