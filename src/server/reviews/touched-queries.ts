import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import { keyedRevisions, unreadRevisions } from '#server/posts/index-touch.ts'
import { historyOf, type Period } from './simulation-queries.ts'

export interface TouchedPost {
  readonly revisionId: string
  readonly postId: string
  readonly excerpt: string
  /** The input of its verdict, as JSON text. */
  readonly input: string
}

export interface TouchedPosts {
  /** Null without keys: it is every post. */
  readonly count: number | null
  /** True where only the newest revisions with such a word were looked at. */
  readonly isMore: boolean
  readonly newest: readonly TouchedPost[]
}

/** Beyond this, a figure would cost more than it says. */
const readAtMost = 10_000

/** How many posts of a period can be touched, and the newest of them. */
export async function findTouchedPosts(db: Db, period: Period, limit: number): Promise<TouchedPosts> {
  const { touchKeys } = period
  if (touchKeys === null) return { count: null, isMore: false, newest: await readNewest(db, period, null, limit) }
  if (touchKeys.length === 0) return { count: 0, isMore: false, newest: [] }
  // Asked apart: with the ids in hand, the database goes straight to them instead of guessing how many there are.
  const revisionIds = await findKeyed(db, touchKeys)
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${historyOf(period, sql`e.revision_id in (select unnest(${revisionIds}::uuid[]))`)}`.execute(
    db,
  )
  return {
    count: rows[0]!.count,
    isMore: revisionIds.length >= readAtMost,
    newest: await readNewest(db, period, revisionIds, limit),
  }
}

/** Revisions that have one of the keys, and those that the index does not hold yet; the newest of each. */
async function findKeyed(db: Db, keys: readonly number[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    (select t.id from ${keyedRevisions(keys)} order by t.id desc limit ${readAtMost})
    union all (select r.id from ${await unreadRevisions(db)} order by r.id desc limit ${readAtMost})`.execute(db)
  return rows.map(({ id }) => id)
}

async function readNewest(
  db: Db,
  period: Period,
  revisionIds: readonly string[] | null,
  limit: number,
): Promise<TouchedPost[]> {
  const condition = revisionIds === null ? sql`true` : sql`e.revision_id in (select unnest(${revisionIds}::uuid[]))`
  const { rows } = await sql<TouchedPost>`
    select e.revision_id as "revisionId", r.post_id as "postId", left(r.text, 200) as excerpt, e.inputs::text as input
      from ${historyOf(period, condition)} order by e.evaluated_at desc, e.id desc limit ${limit}`.execute(db)
  return rows
}
