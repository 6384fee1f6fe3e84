import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import { appendLeaf, copyFrontier, frontierRoot, type Frontier, type FullTile } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { hashBody } from './append-record.ts'
import { joinEntry, parseHeader, type RecordHeader } from './entry.ts'
import { moveStreamHeads, readHead, readNewRecords, restoreFrontier, type Head, type NewRecord } from './log-queries.ts'
import type { SealRow } from './seal-queries.ts'

/** What became of one round of numbering. */
export interface Integration {
  readonly frontier: Frontier
  readonly count: number
  /** More is visible than one round takes. */
  readonly more: boolean
  /** Log indexes whose body is not the one that the header commits to: changed before the first seal. */
  readonly mismatched: readonly number[]
  /** What was numbered, as a seal writes it. */
  readonly rows: readonly SealRow[]
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
      if (records.length === 0) return { frontier, count: 0, more: false, mismatched: [], rows: [] }
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
  const headers = records.map((record) => parseHeader(record.header))
  const sequences = await nextSequences(tx, headers)
  const tiles: FullTile[] = []
  const leaves = records.map((record, at) => {
    const sequence = sequences[at]!
    const entry = joinEntry(sealedAt, record.header, firstIndex + at, sequence)
    const leaf = hashLeaf(Buffer.from(entry))
    const completed = appendLeaf(frontier, leaf)
    if (completed.length > 0) tiles.push(...completed)
    return { sequence, entry, hash: Buffer.from(leaf).toString('hex') }
  })
  await insertLeaves(tx, firstIndex, records, leaves, sealedAt)
  await insertTiles(tx, tiles)
  const more = records.length === batchSize
  await insertIntegration(tx, frontier, firstIndex, sealedAt, more ? head.mark : head.newMark)
  const rows = records.map(({ id, retentionClass, disposeMonth, salt, body }, at) => ({
    index: firstIndex + at,
    recordId: id,
    entry: leaves[at]!.entry,
    retentionClass,
    disposeMonth,
    salt,
    body,
  }))
  const mismatched = rows.flatMap((row, at) => (hasItsBody(row, headers[at]!) ? [] : [row.index]))
  return { frontier, count: records.length, more, mismatched, rows }
}

function hasItsBody({ salt, body }: SealRow, header: RecordHeader): boolean {
  return salt !== null && body !== null && hashBody(salt, Buffer.from(body)) === header.bodyHash
}

/** One stream's share of a round: how many records, and the number that its next one gets. */
interface StreamShare {
  count: number
  next: number
}

/** Gives each record its dense number in each of its streams, as canonical JSON, and moves the heads of those streams. */
async function nextSequences(tx: Tx, headers: readonly RecordHeader[]): Promise<string[]> {
  const shares = new Map<string, StreamShare>()
  const streamsOf = headers.map(({ streams }) =>
    Object.keys(streams).map((kind) => shareOf(shares, kind, streams[kind]!)),
  )
  const heads = await moveStreamHeads(tx, shares)
  for (const [key, share] of shares) share.next = heads.get(key)!
  return headers.map(({ streams }, at) => {
    const sequence: Record<string, number> = {}
    let place = 0
    for (const kind in streams) sequence[kind] = streamsOf[at]![place++]!.next++
    return canonicalJson(sequence)
  })
}

function shareOf(shares: Map<string, StreamShare>, kind: string, id: string): StreamShare {
  const key = `${kind} ${id}`
  let share = shares.get(key)
  if (share === undefined) shares.set(key, (share = { count: 0, next: 0 }))
  share.count++
  return share
}

interface NewLeaf {
  readonly sequence: string
  /** Hex. */
  readonly hash: string
}

async function insertLeaves(
  tx: Tx,
  firstIndex: number,
  records: readonly NewRecord[],
  leaves: readonly NewLeaf[],
  sealedAt: Instant,
): Promise<void> {
  await sql`
    insert into archive.leaf (log_index, recorded_at, record_id, sealed_at, stream_sequence, leaf_hash)
      select ${firstIndex}::bigint + at - 1, recorded_at, id, ${sealedAt}, sequence, decode(hash, 'hex')
        from unnest(${records.map((record) => record.recordedAt)}::timestamptz[], ${records.map((record) => record.id)}::uuid[],
          ${leaves.map((leaf) => leaf.sequence)}::text[], ${leaves.map((leaf) => leaf.hash)}::text[])
          with ordinality as new (recorded_at, id, sequence, hash, at)`.execute(tx)
}

async function insertTiles(tx: Tx, tiles: readonly FullTile[]): Promise<void> {
  if (tiles.length === 0) return
  await sql`
    insert into archive.tile (level, tile_index, hashes, root)
      select level, tile_index, decode(hashes, 'hex'), decode(root, 'hex')
        from unnest(${tiles.map((tile) => tile.level)}::smallint[], ${tiles.map((tile) => tile.index)}::bigint[],
          ${tiles.map((tile) => Buffer.from(tile.hashes).toString('hex'))}::text[],
          ${tiles.map((tile) => Buffer.from(tile.root).toString('hex'))}::text[]) as new (level, tile_index, hashes, root)`.execute(
    tx,
  )
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
