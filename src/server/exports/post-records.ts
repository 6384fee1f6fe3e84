import { sql } from 'kysely'
import { parseHeader } from '#server/archive/entry.ts'
import { parseBody } from '#server/archive/record-body.ts'
import type { Db } from '#server/platform/database.ts'
import type { PostRecord } from './tell-post.ts'

/** Answers the records of some posts by post, each in log order: those of the sealed log that the requester may see. */
export type PostReader = (postIds: readonly string[]) => Promise<ReadonlyMap<string, readonly PostRecord[]>>

/**
 * Reads them from the searchable copy, up to a size of the log; `units` null for those of the whole firm. `bodyMonths`
 * gathers the months in which the bodies that were read may be destroyed.
 */
export function readPostsFrom(
  db: Db,
  size: number,
  units: readonly string[] | null,
  bodyMonths: Set<string>,
): PostReader {
  const inScope = units === null ? sql`true` : sql`s.unit_id = any(${[...units]}::uuid[])`
  return async (postIds) => {
    const { rows } = await sql<{
      postId: string
      n: number
      header: string
      body: string | null
      month: string | null
    }>`
      select s.post_id as "postId", l.log_index as n, convert_from(r.header, 'UTF8') as header, convert_from(b.body, 'UTF8') as body,
          b.dispose_month as month
        from archive.search s
          join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
          join archive.leaf l on l.record_id = s.record_id and l.log_index < ${size}
          left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        where s.post_id = any(${[...postIds]}::uuid[]) and ${inScope}
        order by l.log_index`.execute(db)
    for (const { month } of rows) if (month !== null) bodyMonths.add(month)
    const byPost = Map.groupBy(rows, (row) => row.postId)
    return new Map(
      [...byPost].map(([postId, records]) => [postId, records.map((row) => toPostRecord(row.n, row.header, row.body))]),
    )
  }
}

/** One record of a post from its header and body; a null body is one that was disposed of. */
export function toPostRecord(n: number, header: string, body: string | null): PostRecord {
  const { type, recordedAt, streams } = parseHeader(header)
  const parsed = body === null ? null : parseBody(body)
  return {
    n,
    type,
    recordedAt,
    streams,
    actorName: parsed?.actor.displayName ?? null,
    content: parsed?.content ?? null,
  }
}
