import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { ProvenStreams } from './verify-directory.ts'

/** Entries of some streams in log order: their log index and exact text. */
export type StreamBatch = readonly { readonly n: number; readonly text: string }[]

const entriesAtOnce = 1_000
const columns = { author: sql`s.author_id`, profile: sql`s.profile_id`, unit: sql`s.unit_id` }

/** The entries of streams in the sealed log of a size, found by the searchable copy and its tail. */
export async function* readStreams(db: Db, streams: ProvenStreams, size: number): AsyncIterable<StreamBatch> {
  const indexes = await readIndexes(db, streams, size)
  for (let at = 0; at < indexes.length; at += entriesAtOnce) {
    const { rows } = await sql<{ n: number; text: string }>`
      select l.log_index as n, '{"at":"' || to_char(l.sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","h":'
          || convert_from(r.header, 'UTF8') || ',"n":' || l.log_index || ',"sq":' || l.stream_sequence || '}' as text
        from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        where l.log_index = any(${[...indexes.subarray(at, at + entriesAtOnce)]}::bigint[]) order by l.log_index`.execute(
      db,
    )
    yield rows
  }
}

/** One text for all: a million rows of one number each would cost more memory than everything else. */
async function readIndexes(db: Db, streams: ProvenStreams, size: number): Promise<Float64Array> {
  const { rows } = await sql<{ indexes: string | null }>`
    select string_agg(l.log_index::text, ',' order by l.log_index) as indexes
      from archive.findable s join archive.leaf l on l.record_id = s.record_id
      where ${columns[streams.kind]} = any(${[...streams.ids]}::uuid[]) and l.log_index < ${size}`.execute(db)
  const text = rows[0]?.indexes ?? ''
  return text === '' ? new Float64Array(0) : Float64Array.from(text.split(','), Number)
}
