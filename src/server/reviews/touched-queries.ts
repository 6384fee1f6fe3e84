import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import { leastId, newestKeyedRevisions, someKeyedRevisions, unreadRevisions } from '#server/posts/index-touch.ts'
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
  /** True where more revisions have such a word than were looked at: the newest, and some of the others. */
  readonly isMore: boolean
  readonly newest: readonly TouchedPost[]
}

/** Beyond this, a figure would cost more than it says. */
const countedAtMost = 3_000

/** How many posts of a period can be touched, and the newest of them; at most `atMost` are counted. */
export async function findTouchedPosts(
  db: Db,
  period: Period,
  touchKeys: readonly number[] | null,
  limit: number,
  atMost = countedAtMost,
): Promise<TouchedPosts> {
  if (touchKeys === null) return { count: null, isMore: false, newest: await readNewest(db, period, limit) }
  if (touchKeys.length === 0) return { count: 0, isMore: false, newest: [] }
  // Asked apart: with the ids in hand, the database goes straight to them instead of guessing how many there are.
  const [keyed, unread] = [await findKeyed(db, touchKeys, period.to, atMost), await findUnread(db, period.to, atMost)]
  const revisionIds = [...unread, ...keyed.ids].slice(0, atMost)
  const { rows } = await sql<{ count: number; newest: string[] }>`
    select count(*) as count, coalesce((array_agg(e.id order by e.evaluated_at desc, e.id desc))[:${limit}::int], '{}') as newest
      from ${historyOf(period, isAny('e.revision_id', revisionIds))}`.execute(db)
  const { count, newest } = rows[0]!
  return {
    count,
    isMore: keyed.isMore || keyed.ids.length + unread.length > atMost,
    newest: await readPosts(db, isAny('e.id', newest), limit),
  }
}

/**
 * Revisions of before an instant that have one of the keys, the newest first: all of them where they are few. Of more than can
 * be counted some are left out: a word that stands in every third post has a hundred thousand places, and nobody reads them.
 */
async function findKeyed(
  db: Db,
  keys: readonly number[],
  before: Instant,
  atMost: number,
): Promise<{ ids: string[]; isMore: boolean }> {
  // A revision is named once for each of its keys.
  const named = await readIds(db, sql`select t.id from ${someKeyedRevisions(keys, atMost * 2)}`)
  const some = [...new Set(named)].filter((id) => id < leastId(before))
  if (named.length < atMost * 2) return { ids: some.toSorted().toReversed(), isMore: false }
  const newest = await readIds(db, sql`select t.id from ${newestKeyedRevisions(keys, before, atMost)}`)
  return { ids: [...new Set([...newest, ...some])], isMore: true }
}

/** Revisions that the index does not hold yet; the newest of them. */
async function findUnread(db: Db, before: Instant, atMost: number): Promise<string[]> {
  return readIds(
    db,
    sql`select r.id from ${await unreadRevisions(db)} and r.id < ${leastId(before)}::uuid
    order by r.id desc limit ${atMost + 1}`,
  )
}

async function readIds(db: Db, query: RawBuilder<unknown>): Promise<string[]> {
  return (await (query as RawBuilder<{ id: string }>).execute(db)).rows.map(({ id }) => id)
}

function isAny(column: 'e.id' | 'e.revision_id', ids: readonly string[]): RawBuilder<unknown> {
  return sql`${sql.ref(column)} in (select unnest(${ids}::uuid[]))`
}

/** The newest of all posts of a period. */
function readNewest(db: Db, period: Period, limit: number): Promise<TouchedPost[]> {
  const newest = sql`select e.id from ${historyOf(period, sql`true`)} order by e.evaluated_at desc, e.id desc limit ${limit}`
  return readPosts(db, sql`e.id in (${newest})`, limit)
}

async function readPosts(db: Db, isWanted: RawBuilder<unknown>, limit: number): Promise<TouchedPost[]> {
  const { rows } = await sql<TouchedPost>`
    select e.revision_id as "revisionId", r.post_id as "postId", left(r.text, 200) as excerpt, e.inputs::text as input
      from policy_evaluation e join post_revision r on r.id = e.revision_id
      where ${isWanted} order by e.evaluated_at desc, e.id desc limit ${limit}`.execute(db)
  return rows
}
