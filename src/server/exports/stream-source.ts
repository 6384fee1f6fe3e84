import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { ProvenStreams } from './verify-directory.ts'

/** Entries of some streams in log order: their log index and exact text. */
export type StreamBatch = readonly { readonly n: number; readonly text: string }[]

const entriesAtOnce = 1_000
const columns = { author: sql`s.author_id`, profile: sql`s.profile_id`, unit: sql`s.unit_id` }

/** The entries of streams in the sealed log of a size, found by the searchable copy and its tail. */
export async function* readStreams(db: Db, streams: ProvenStreams, size: number): AsyncIterable<StreamBatch> {
  const { rows } = await sql<{ n: number }>`
    select l.log_index as n from archive.findable s join archive.leaf l on l.record_id = s.record_id
      where ${columns[streams.kind]} = any(${[...streams.ids]}::uuid[]) and l.log_index < ${size} order by 1`.execute(
    db,
  )
  for (let at = 0; at < rows.length; at += entriesAtOnce) {
    const indexes = rows.slice(at, at + entriesAtOnce).map((row) => row.n)
    const batch = await sql<{ n: number; text: string }>`
      select l.log_index as n, '{"at":"' || to_char(l.sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","h":'
          || convert_from(r.header, 'UTF8') || ',"n":' || l.log_index || ',"sq":' || l.stream_sequence || '}' as text
        from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        where l.log_index = any(${indexes}::bigint[]) order by l.log_index`.execute(db)
    yield batch.rows
  }
}
