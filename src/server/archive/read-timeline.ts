import { sql, type RawBuilder } from 'kysely'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { TimelineEntry } from '#shared/api/posts.ts'
import { parseBody } from './record-body.ts'

interface TimelineRow {
  readonly recordId: string
  readonly type: string
  readonly recordedAt: string
  readonly logIndex: number | null
  readonly sealed: boolean
  readonly body: string | null
}

/** Every stage of a post in the order in which it was committed, rebuilt from records alone (MIF-4). */
export async function readTimeline(db: Db | Tx, postId: string): Promise<TimelineEntry[]> {
  const { rows } = await sql<TimelineRow>`${selectEntries} where s.post_id = ${postId} order by r.seq`.execute(db)
  return rows.map(toEntry)
}

/** What one person did, the newest first: at most `rows` of it, after a position. */
export async function readActsOf(
  db: Db | Tx,
  actorId: string,
  after: Position | undefined,
  rows: number,
): Promise<TimelineEntry[]> {
  const further = after === undefined ? sql`true` : sql`(s.recorded_at, s.record_id) < (${after.at}, ${after.id}::uuid)`
  const found = await sql<TimelineRow>`${selectEntries} where s.actor_id = ${actorId} and ${further}
    order by s.recorded_at desc, s.record_id desc limit ${rows}`.execute(db)
  return found.rows.map(toEntry)
}

const selectEntries: RawBuilder<TimelineRow> = sql`
  select r.id as "recordId", r.type, r.recorded_at as "recordedAt", l.log_index as "logIndex",
      coalesce(l.log_index < (select max(tree_size) from archive.checkpoint), false) as sealed,
      convert_from(b.body, 'UTF8') as body
    from archive.findable s
      join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
      left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
      left join archive.leaf l on l.record_id = r.id`

function toEntry({ body, ...row }: TimelineRow): TimelineEntry {
  // A disposed body leaves the stage in place and its content out.
  if (body === null) return { ...row, actor: null, summary: { disposed: true } }
  const { actor, content } = parseBody(body)
  return { ...row, actor: { userId: actor.userId, displayName: actor.displayName }, summary: { ...content } }
}
