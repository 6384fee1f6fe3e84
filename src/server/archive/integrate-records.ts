import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { appendLeaf, copyFrontier, frontierRoot, type Frontier, type FullTile } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { joinEntry, parseHeader, type StreamSequence } from './entry.ts'
import { readHead, readNewRecords, readStreamHeads, restoreFrontier, type Head, type NewRecord } from './log-queries.ts'

/** What became of one round of numbering. */
export interface Integration {
  readonly frontier: Frontier
  readonly count: number
  /** More is visible than one round takes. */
  readonly more: boolean
  readonly types: ReadonlySet<string>
  /** Log indexes whose body is not the one that the header commits to: changed before the first seal. */
  readonly mismatched: readonly number[]
}

/** A round's most records: bounds the memory of the round and of the seal that follows. */
const batchSize = 10_000

/**
 * Numbers what became visible since the last round and grows the tree, in one repeatable-read transaction. `known` is
 * the frontier that the caller holds; it is thrown away when the database's head is another. Ids are no order and neither
 * are transaction ids: the difference of two snapshots is, and a record that already has a leaf is never taken again.
 */
export async function integrateRecords(
  connection: Db,
  known: Frontier | undefined,
  now: Instant,
): Promise<Integration> {
  return connection
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const head = await readHead(tx)
      const frontier = await currentFrontier(tx, head, known)
      const records = await readNewRecords(tx, head, batchSize)
      if (records.length === 0) return { frontier, count: 0, more: false, types: new Set<string>(), mismatched: [] }
      return numberRecords(tx, head, copyFrontier(frontier), records, now)
    })
}

async function currentFrontier(tx: Tx, head: Head, known: Frontier | undefined): Promise<Frontier> {
  const same = known !== undefined && known.size === head.treeSize && toHex(frontierRoot(known)) === head.rootHash
  return same ? known : restoreFrontier(tx, head)
}

async function numberRecords(
  tx: Tx,
  head: Head,
  frontier: Frontier,
  records: readonly NewRecord[],
  now: Instant,
): Promise<Integration> {
  // One instant a round, never before the last one: a clock that is set back must not reorder the log.
  const sealedAt = head.integratedAt !== undefined && now < head.integratedAt ? head.integratedAt : now
  const firstIndex = frontier.size
  const sequences = await nextSequences(tx, records)
  const tiles: FullTile[] = []
  const leaves = records.map((record, at) => {
    const sequence = canonicalJson(sequences[at]!)
    const entry = joinEntry(sealedAt, record.header, firstIndex + at, sequence)
    const leaf = hashLeaf(utf8(entry))
    tiles.push(...appendLeaf(frontier, leaf))
    return { index: firstIndex + at, id: record.id, recordedAt: record.recordedAt, sequence, hash: toHex(leaf) }
  })
  await insertLeaves(tx, leaves, sealedAt)
  await insertTiles(tx, tiles)
  // With the leaves or not at all: what has no leaf is found by reading its bytes (archive.tail), the rest by the index.
  await sql`select archive.index_entries(${firstIndex}, ${frontier.size})`.execute(tx)
  const more = records.length === batchSize
  await insertIntegration(tx, frontier, firstIndex, sealedAt, more ? head.mark : head.newMark)
  const mismatched = records.flatMap((record, at) => (record.bodyMatches ? [] : [firstIndex + at]))
  return { frontier, count: records.length, more, types: new Set(records.map((record) => record.type)), mismatched }
}

/** Gives each record its dense number in each of its streams and moves the heads of those streams. */
async function nextSequences(tx: Tx, records: readonly NewRecord[]): Promise<StreamSequence[]> {
  const streams = records.map((record) => Object.entries(parseHeader(record.header).streams))
  const heads = await readStreamHeads(tx, streams.flat())
  const sequences = streams.map((list) =>
    Object.fromEntries(
      list.map(([kind, id]) => {
        const key = `${kind} ${id}`
        const next = heads.get(key) ?? 0
        heads.set(key, next + 1)
        return [kind, next]
      }),
    ),
  )
  const moved = [...heads].map(([key, next]) => ({
    kind: key.slice(0, key.indexOf(' ')),
    id: key.slice(key.indexOf(' ') + 1),
    next,
  }))
  await sql`
    insert into archive.stream_head (kind, stream_id, next_sequence)
      select * from unnest(${moved.map((head) => head.kind)}::text[], ${moved.map((head) => head.id)}::text[], ${moved.map((head) => head.next)}::bigint[])
      on conflict (kind, stream_id) do update set next_sequence = excluded.next_sequence`.execute(tx)
  return sequences
}

interface NewLeaf {
  readonly index: number
  readonly id: string
  readonly recordedAt: Instant
  readonly sequence: string
  readonly hash: string
}

async function insertLeaves(tx: Tx, leaves: readonly NewLeaf[], sealedAt: Instant): Promise<void> {
  await sql`
    insert into archive.leaf (log_index, recorded_at, record_id, sealed_at, stream_sequence, leaf_hash)
      select n, recorded_at, id, ${sealedAt}, sequence, decode(hash, 'hex')
        from unnest(${leaves.map((leaf) => leaf.index)}::bigint[], ${leaves.map((leaf) => leaf.recordedAt)}::timestamptz[],
          ${leaves.map((leaf) => leaf.id)}::uuid[], ${leaves.map((leaf) => leaf.sequence)}::text[],
          ${leaves.map((leaf) => leaf.hash)}::text[]) as new (n, recorded_at, id, sequence, hash)`.execute(tx)
}

async function insertTiles(tx: Tx, tiles: readonly FullTile[]): Promise<void> {
  for (const tile of tiles) {
    await sql`insert into archive.tile (level, tile_index, hashes, root)
      values (${tile.level}, ${tile.index}, ${Buffer.from(tile.hashes)}, ${Buffer.from(tile.root)})`.execute(tx)
  }
}

async function insertIntegration(
  tx: Tx,
  frontier: Frontier,
  firstIndex: number,
  at: Instant,
  mark: string,
): Promise<void> {
  await sql`
    insert into archive.integration (tree_size, first_index, root_hash, integrated_at, mark, system_identifier, database_oid)
      select ${frontier.size}, ${firstIndex}, ${Buffer.from(frontierRoot(frontier))}, ${at}, ${mark}::pg_snapshot,
        system_identifier, (select oid from pg_database where datname = current_database())
        from pg_control_system()`.execute(tx)
}
