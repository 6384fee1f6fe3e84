import { sql } from 'kysely'
import { joinEntry } from '#server/archive/entry.ts'
import { proveHeads } from '#server/archive/stream-directory.ts'
import type { Db } from '#server/platform/database.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import { proveInclusion, type NodeReader } from '#shared/tlog/prove.ts'
import type { DirectoryProof, ProvenStreams } from './verify-directory.ts'

interface DirectoryRow {
  readonly index: number
  readonly sealedAt: string
  readonly header: string
  readonly sequence: string
  readonly salt: Buffer
  readonly body: string
  readonly heads: string
}

/**
 * The newest directory of stream lengths whose record is in the sealed log, with the heads of the streams that an export
 * delivers. Undefined while there is none: then the ends of the streams are not proven.
 */
export async function proveDirectory(
  db: Db,
  size: number,
  streams: ProvenStreams,
  readNode: NodeReader,
): Promise<DirectoryProof | undefined> {
  const row = await readDirectory(db, size)
  if (row === undefined) return undefined
  const inclusion = await proveInclusion(readNode, row.index, size)
  return {
    entry: joinEntry(row.sealedAt, row.header, row.index, row.sequence),
    index: row.index,
    inclusion: inclusion.map(toHex),
    salt: row.salt.toString('base64'),
    body: row.body,
    heads: await proveHeads(row.heads === '' ? [] : row.heads.split('\n'), streams.kind, streams.ids),
  }
}

async function readDirectory(db: Db, size: number): Promise<DirectoryRow | undefined> {
  const { rows } = await sql<DirectoryRow>`
    select l.log_index as index, l.sealed_at as "sealedAt", convert_from(r.header, 'UTF8') as header, l.stream_sequence as sequence,
        b.salt, convert_from(b.body, 'UTF8') as body, d.heads
      from archive.directory d
        join archive.leaf l on l.record_id = d.record_id
        join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
      where l.log_index < ${size} order by d.tree_size desc limit 1`.execute(db)
  return rows[0]
}
