import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import { emptyFrontier, frontierRoot, tileWidth, type Frontier } from '#shared/tlog/frontier.ts'
import { emptyRoot } from '#shared/tlog/merkle.ts'
import { splitHashes } from '#shared/tlog/tiles.ts'

/** A snapshot that sees nothing: everything without a leaf is new. */
const seesNothing = '1:1:'

/** Where the tree stands, and from which snapshot the next round starts. */
export interface Head {
  readonly treeSize: number
  /** Hex. */
  readonly rootHash: string
  readonly integratedAt: Instant | undefined
  readonly mark: string
  readonly newMark: string
}

/** The tree's head as this transaction's snapshot sees it. */
export async function readHead(tx: Tx): Promise<Head> {
  const { rows } = await sql<{
    treeSize: number | null
    rootHash: string | null
    integratedAt: Instant | null
    mark: string | null
    newMark: string
    sameCluster: boolean | null
  }>`
    select head.tree_size as "treeSize", encode(head.root_hash, 'hex') as "rootHash", head.integrated_at as "integratedAt",
        head.mark::text as mark, pg_current_snapshot()::text as "newMark",
        head.system_identifier = here.system_identifier and head.database_oid = db.oid as "sameCluster"
      from pg_control_system() here
        join pg_database db on db.datname = current_database()
        left join (select * from archive.integration order by tree_size desc limit 1) head on true`.execute(tx)
  const row = rows[0]!
  return {
    treeSize: row.treeSize ?? 0,
    rootHash: row.rootHash ?? toHex(emptyRoot),
    integratedAt: row.integratedAt ?? undefined,
    // Transaction ids of another cluster (a dump, a clone) mean nothing here: look at every record without a leaf.
    mark: row.mark !== null && row.sameCluster === true ? row.mark : seesNothing,
    newMark: row.newMark,
  }
}

export interface NewRecord {
  readonly id: string
  readonly recordedAt: Instant
  readonly header: string
  readonly retentionClass: string
  /** `yyyy-mm` */
  readonly disposeMonth: string
  /** Null when the body is gone. */
  readonly salt: Buffer | null
  readonly body: string | null
}

/** What this snapshot sees and the mark did not, in the order of insertion. */
export async function readNewRecords(tx: Tx, head: Head, limit: number): Promise<NewRecord[]> {
  // The planner knows nothing of snapshots; index probes are right whatever its statistics say.
  // Starting parallel workers would cost more than the whole round, every second.
  await sql`select set_config(name, value, true) from (values ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'),
    ('enable_mergejoin', 'off'), ('max_parallel_workers_per_gather', '0'), ('jit', 'off')) as wanted (name, value)`.execute(
    tx,
  )
  const isNew = sql`r.xid >= pg_snapshot_xmin(${head.mark}::pg_snapshot)
    and (${head.mark} = ${seesNothing} or r.xid < pg_snapshot_xmax(${head.newMark}::pg_snapshot))
    and not pg_visible_in_snapshot(r.xid, ${head.mark}::pg_snapshot)`
  // The months are told to the join: else it looks for each body in every partition there is.
  const { rows: months } = await sql<{ month: string }>`
    select distinct r.dispose_month as month from archive.archive_record r where ${isNew}`.execute(tx)
  if (months.length === 0) return []
  const { rows } = await sql<NewRecord>`
    select r.id, r.recorded_at as "recordedAt", convert_from(r.header, 'UTF8') as header,
        r.retention_class as "retentionClass", to_char(r.dispose_month, 'YYYY-MM') as "disposeMonth", b.salt,
        convert_from(b.body, 'UTF8') as body
      from archive.archive_record r
        left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
          and b.dispose_month = any(${months.map(({ month }) => month)}::date[])
      where ${isNew} and not exists (select from archive.leaf l where l.record_id = r.id)
      order by r.seq limit ${limit}`.execute(tx)
  return rows
}

/** Moves the heads of streams, by `kind id`, by so many records each; answers the number from which each was moved. */
export async function moveStreamHeads(
  tx: Tx,
  streams: ReadonlyMap<string, { readonly count: number }>,
): Promise<Map<string, number>> {
  const keys = [...streams.keys()]
  const moved = keys.map((key) => key.indexOf(' '))
  const { rows } = await sql<{ key: string; next: number }>`
    insert into archive.stream_head as head (kind, stream_id, next_sequence)
      select * from unnest(${keys.map((key, at) => key.slice(0, moved[at]))}::text[], ${keys.map((key, at) => key.slice(moved[at]! + 1))}::text[], ${[...streams.values()].map(({ count }) => count)}::bigint[])
      on conflict (kind, stream_id) do update set next_sequence = head.next_sequence + excluded.next_sequence
      returning head.kind || ' ' || head.stream_id as key, head.next_sequence as next`.execute(tx)
  return new Map(rows.map((row) => [row.key, row.next - streams.get(row.key)!.count]))
}

/** The right edge of the tree from leaves and tiles. Throws when they do not have the root that was recorded. */
export async function restoreFrontier(db: Db | Tx, head: Pick<Head, 'treeSize' | 'rootHash'>): Promise<Frontier> {
  const frontier = emptyFrontier()
  frontier.size = head.treeSize
  for (let level = 0; tileWidth ** level <= head.treeSize; level++) {
    frontier.edges.push(splitHashes(await readEdge(db, level, Math.floor(head.treeSize / tileWidth ** level))))
  }
  if (toHex(frontierRoot(frontier)) !== head.rootHash) {
    throw new Error(`The database's tree of ${head.treeSize} entries does not have the root that was recorded for it.`)
  }
  return frontier
}

/** The hashes after the last complete tile of a level that holds `nodes` hashes. */
async function readEdge(db: Db | Tx, level: number, nodes: number): Promise<Buffer> {
  return readHashes(db, level, nodes - (nodes % tileWidth), nodes % tileWidth)
}

/** `width` hashes of a tile level from number `start` on: leaves, or the roots of the tiles below. Fewer when they are not there. */
export async function readHashes(db: Db | Tx, level: number, start: number, width: number): Promise<Buffer> {
  const { rows } =
    level === 0
      ? await sql<{ hash: Buffer }>`
          select leaf_hash as hash from archive.leaf where log_index >= ${start} and log_index < ${start + width} order by log_index`.execute(
          db,
        )
      : await sql<{ hash: Buffer }>`
          select root as hash from archive.tile where level = ${level - 1} and tile_index >= ${start} and tile_index < ${start + width}
            order by tile_index`.execute(db)
  return Buffer.concat(rows.map((row) => row.hash))
}
