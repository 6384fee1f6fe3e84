import { sql } from 'kysely'
import type { Db, Tx } from '#server/platform/database.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { tileWidth } from '#shared/tlog/frontier.ts'
import { encodeEntries, type TileName } from '#shared/tlog/tiles.ts'
import { joinEntry } from './entry.ts'
import { readHashes } from './log-queries.ts'

/** The bytes of a tile of hashes; fewer than 32 × width when the tree does not reach so far. */
export async function readTile(db: Db | Tx, tile: TileName & { readonly level: number }): Promise<Buffer> {
  if (tile.width < tileWidth) return readHashes(db, tile.level, tile.index * tileWidth, tile.width)
  const { rows } = await sql<{ hashes: Buffer }>`
    select hashes from archive.tile where level = ${tile.level} and tile_index = ${tile.index}`.execute(db)
  return rows[0]?.hashes ?? Buffer.alloc(0)
}

/** A bundle of entries (C2SP tlog-tiles), as many as the width says and the log has. */
export async function readEntryBundle(db: Db, index: number, width: number): Promise<Uint8Array> {
  const start = index * tileWidth
  const { rows } = await sql<{ n: number; sealedAt: string; header: string; sequence: string }>`
    select l.log_index as n, l.sealed_at as "sealedAt", convert_from(r.header, 'UTF8') as header, l.stream_sequence as sequence
      from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
      where l.log_index >= ${start} and l.log_index < ${start + width}
      order by l.log_index`.execute(db)
  return encodeEntries(rows.map((row) => utf8(joinEntry(row.sealedAt, row.header, row.n, row.sequence))))
}
