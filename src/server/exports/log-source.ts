import { sql } from 'kysely'
import { readTile } from '#server/archive/read-tile.ts'
import { whereWords } from '#server/archive/search-words.ts'
import type { Instant } from '#server/platform/clock.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import { parseCheckpoint } from '#shared/tlog/checkpoint.ts'
import { parseNote } from '#shared/tlog/note.ts'
import { nodesFromTiles } from '#shared/tlog/tiles.ts'
import { longestWaitMilliseconds } from './manifest.ts'
import { batchCharacters, readAhead } from './read-ahead.ts'
import type { LogRange } from './tree-range.ts'
import type { PackageSource, RecordBatch } from './write-package.ts'

/** The log as it was last sealed. */
export interface SealedLog {
  readonly size: number
  readonly note: string
  readonly rootHash: string
  readonly checkpointAt: Instant | null
}

/** The newest checkpoint that the object store proved; undefined before the first. */
export async function readSealedLog(db: Db): Promise<SealedLog | undefined> {
  const { rows } = await sql<{ note: string }>`
    select s.note from archive.checkpoint c join archive.seal s using (tree_size) order by c.tree_size desc limit 1`.execute(
    db,
  )
  if (rows[0] === undefined) return undefined
  const { size, root, at } = parseCheckpoint(parseNote(rows[0].note).text)
  return { size, note: rows[0].note, rootHash: Buffer.from(root).toString('hex'), checkpointAt: at ?? null }
}

/**
 * The stretch of the log that holds everything recorded from `from` on and before `to`, with one entry too many on each
 * side, which shows that nothing was cut off. Entries of one round share their time, so rounds are looked at.
 */
export async function readRange(db: Db, size: number, from: Instant | null, to: Instant | null): Promise<LogRange> {
  const firstAt = async (at: Instant) => {
    const { rows } = await sql<{ first: number | null }>`
      select min(first_index) as first from archive.integration where integrated_at >= ${at} and first_index < ${size}`.execute(
      db,
    )
    return rows[0]?.first ?? size
  }
  const first = from === null ? 0 : Math.max(0, (await firstAt(from)) - 1)
  const end = to === null ? size : Math.min(size, (await firstAt(addMilliseconds(to, longestWaitMilliseconds))) + 1)
  return { first, end: Math.max(end, first), size }
}

/** Entries of one query: a large batch shares the cost of planning. */
const [fewestEntries, mostEntries] = [100, 5_000]

/** How long each class of records keeps its bodies, in years; null for ever. */
export async function readRetention(db: Db): Promise<Record<string, number | null>> {
  const { rows } = await sql<{
    name: string
    years: number | null
  }>`select name, years from archive.retention_class`.execute(db)
  return Object.fromEntries(rows.map((row) => [row.name, row.years]))
}

/**
 * A package's content from the database. The log only grows, so no snapshot is held while it is read. `bodyMonths` gathers
 * the months in which the bodies that were read may be destroyed.
 */
export function openLogSource(
  db: Db,
  size: number,
  words: string | null,
  bodyMonths = new Set<string>(),
): PackageSource {
  return {
    readNode: nodesFromTiles((tile) => readTile(db, tile), size),
    entries: (first, end) => readAhead(readEntries(db, first, end)),
    async records(indexes) {
      const { months, ...batch } = await readRecordLines(db, indexes, words)
      for (const month of months ?? []) bodyMonths.add(month)
      return batch
    },
  }
}

async function* readEntries(db: Db, first: number, end: number): ReturnType<PackageSource['entries']> {
  let wanted = 500
  for (let from = first, to; from < end; from = to) {
    to = Math.min(end, from + wanted)
    // One row for a whole batch: the driver's work is per row. The pieces are put together as the sealer did.
    const { rows } = await sql<{ first: number | null; count: number; text: string | null }>`
      select min(l.log_index) as first, count(*) as count, string_agg(
          '{"at":"' || to_char(l.sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","h":' || convert_from(r.header, 'UTF8')
            || ',"n":' || l.log_index || ',"sq":' || l.stream_sequence || '}', E'\n' order by l.log_index) as text
        from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        where l.log_index >= ${from} and l.log_index < ${to}`.execute(db)
    const { first: found, count, text } = rows[0]!
    if (found === null || text === null) return
    wanted = Math.max(fewestEntries, Math.min(mostEntries, Math.floor((batchCharacters * count) / text.length)))
    yield { first: found, count, text }
  }
}

async function readRecordLines(
  db: Db,
  indexes: readonly number[],
  words: string | null,
): Promise<RecordBatch & { readonly months: readonly string[] | null }> {
  const [first, last] = [indexes[0] ?? 0, indexes.at(-1) ?? 0]
  const dense = last - first + 1 === indexes.length
  const these = dense
    ? sql`l.log_index >= ${first} and l.log_index <= ${last}`
    : sql`l.log_index = any(${[...indexes]}::bigint[])`
  const chosen =
    words === null
      ? sql``
      : sql`and exists (select from archive.search s where s.recorded_at = l.recorded_at and s.record_id = l.record_id and ${whereWords(words)})`
  const { rows } = await sql<{
    count: number
    disposed: number
    missing: number | null
    months: string[] | null
    text: string | null
  }>`
    select count(*) as count, count(*) filter (where b.body is null) as disposed,
        min(l.log_index) filter (where b.body is null and d.dispose_month is null) as missing,
        (array_agg(distinct b.dispose_month) filter (where b.body is not null))::text[] as months,
        string_agg(case
          when b.body is null then '{"n":' || l.log_index || ',"header":' || convert_from(r.header, 'UTF8')
            || ',"disposed":' || json_build_object('month', to_char(d.dispose_month, 'YYYY-MM'), 'because', d.reason, 'certificate', d.certificate_id)::text || '}'
          else '{"n":' || l.log_index || ',"salt":"' || encode(b.salt, 'base64') || '","header":' || convert_from(r.header, 'UTF8')
            || ',"body":' || convert_from(b.body, 'UTF8') || '}' end, E'\n' order by l.log_index) as text
      from archive.leaf l
        join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        left join archive.disposition d on d.dispose_month = r.dispose_month
      where ${these} ${chosen}`.execute(db)
  const { count, disposed, missing, months, text } = rows[0]!
  if (missing !== null)
    throw new Error(
      `The body of the record at log index ${missing} is not in the database, and no certificate says that it was disposed of.`,
    )
  return { count, disposed, months, text: text ?? '' }
}
