import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { PostStatus } from '#shared/post-status.ts'
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

/** Posts that the actor may read, newest first. */
export async function findPosts(
  db: Db,
  actor: Actor,
  filter: PostFilter,
  after: { at: string; id: string } | undefined,
  limit: number,
): Promise<PostListRow[]> {
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
      sql<
        string | null
      >`(select coalesce(c.display_name, r.stage) from review r left join app_user c on c.id = r.claimed_by
        where r.post_id = post.id and r.status = 'open' order by r.stage_index limit 1)`.as('waitingFor'),
    ])
    .where(visiblePosts(actor))
    .where(matchesFilter(filter))
    .where(
      after === undefined
        ? sql<boolean>`true`
        : sql<boolean>`(post.created_at, post.id) < (${after.at}, ${after.id}::uuid)`,
    )
    .orderBy('post.created_at', 'desc')
    .orderBy('post.id', 'desc')
    .limit(limit)
    .execute()
  return rows as unknown as PostListRow[]
}

/** How many posts stand in each status under the same filter, the status aside. */
export async function countPosts(db: Db, actor: Actor, filter: PostFilter): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('post')
    .innerJoin('unit', 'unit.id', 'post.unit_id')
    .innerJoin('post_revision as revision', 'revision.id', 'post.current_revision_id')
    .select(['post.status', sql<number>`count(*)`.as('count')])
    .where(visiblePosts(actor))
    .where(matchesFilter({ ...filter, statuses: undefined }))
    .groupBy('post.status')
    .execute()
  return Object.fromEntries(rows.map((row) => [row.status, row.count]))
}

function visiblePosts(actor: Actor) {
  return sql<boolean>`(post.author_id = ${actor.userId} or unit.path && ${readableUnits(actor)}::uuid[])`
}

function matchesFilter(filter: PostFilter) {
  const words = filter.q?.trim() ?? ''
  return sql<boolean>`(${filter.authorId ?? null}::uuid is null or post.author_id = ${filter.authorId ?? null}::uuid)
    and (${filter.statuses ?? null}::text[] is null or post.status::text = any(${filter.statuses ?? null}::text[]))
    and (${words} = '' or strpos(lower(revision.text), lower(${words})) > 0)`
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
