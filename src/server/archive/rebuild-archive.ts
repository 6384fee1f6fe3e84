import { sql } from 'kysely'
import type { CheckpointSigner } from '#server/platform/checkpoint-signer.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { equalBytes, fromUtf8, toHex } from '#shared/tlog/bytes.ts'
import { openCheckpoint, type Checkpoint } from '#shared/tlog/checkpoint.ts'
import { appendLeaf, emptyFrontier, frontierRoot, type Frontier, type FullTile } from '#shared/tlog/frontier.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { parseNote, parseVerifierKey } from '#shared/tlog/note.ts'
import { hashBody } from './append-record.ts'
import { insertAnchor, insertAnchorObject } from './anchor-queries.ts'
import { listBucket, type BucketSeal, type Source } from './bucket-listing.ts'
import { parseEntry, parseHeader, type Entry, type RecordHeader } from './entry.ts'
import { bodiesMonth, cosignatureFolder, cosignatureSize, entriesKey, tileKey } from './object-keys.ts'
import { parseBodyLine } from './sealed-body.ts'
import { ensureLog } from './seal-queries.ts'
import { readLines } from './verify-seal.ts'

export interface Rebuild {
  readonly treeSize: number
  /** Records that the database did not have. */
  readonly imported: number
  readonly searchable: number
  /** Entries whose body the bucket does not hold as it was sealed, though it was never destroyed, and the first ten of them. */
  readonly bodiless: { readonly count: number; readonly first: readonly number[] }
}

/** Entries of one statement. */
const batchSize = 1_000

/**
 * Brings a database that lost records, or everything, back to what the bucket proves, and derives the search anew
 * (SEC-5). Needs a connection as the owner of the tables: the service may not write evidence past the checking function.
 * Refuses, by throwing, when a checkpoint does not hold or when the database has another record at a sealed index.
 */
export async function rebuildArchive(
  owner: Db,
  store: ObjectStore,
  signer: Pick<CheckpointSigner, 'name' | 'verifierKey'>,
): Promise<Rebuild> {
  const source = await listBucket(store)
  await ensureLog(owner, signer.name, signer.verifierKey)
  const key = parseVerifierKey(signer.verifierKey)
  const frontier = emptyFrontier()
  let imported = 0
  for (const seal of source.seals) {
    const note = fromUtf8((await source.read(seal.checkpointKey)) ?? new Uint8Array(0))
    const checkpoint = await openCheckpoint(note, key)
    const lines = (await readLines(source.read, entriesKey(seal.firstIndex, seal.treeSize))) ?? []
    const { leaves, tiles } = growTree(frontier, lines, seal, checkpoint)
    const bodies = await readBodies(source, seal)
    const objects = await headObjects(source, store, seal, tiles)
    imported += await inTransaction(owner, async (tx) => {
      const count = await importEntries(tx, leaves, bodies)
      await importTree(tx, { seal, checkpoint, note, tiles, objects })
      return count
    })
  }
  await importCosignatures(owner, store)
  await importDispositions(owner)
  await importTerms(owner)
  const searchable = await rebuildSearch(owner)
  return { treeSize: frontier.size, imported, searchable, bodiless: await findBodiless(owner) }
}

/** What witnesses signed, of checkpoints that are there; whether it holds is for a verification to say, which has their keys. */
async function importCosignatures(owner: Db, store: ObjectStore): Promise<void> {
  const notes = await readNotes(owner)
  for await (const { key, deleteMarker } of store.list(cosignatureFolder)) {
    const treeSize = deleteMarker ? undefined : cosignatureSize(key)
    const note = treeSize === undefined ? undefined : notes.get(treeSize)
    if (treeSize === undefined || note === undefined) continue
    const [bytes, stored] = await Promise.all([store.get(key), store.head(key)])
    const signed = bytes === undefined ? undefined : readCosignature(note, fromUtf8(bytes))
    if (signed === undefined || stored === undefined) continue
    const { name, at, line } = signed
    await insertAnchor(owner, { kind: 'witness', name, treeSize, anchoredAt: at, evidence: Buffer.from(line) })
    await insertAnchorObject(owner, stored, 'cosignature', treeSize, at)
  }
}

async function readNotes(owner: Db): Promise<Map<number, string>> {
  const { rows } = await sql<{ treeSize: number; note: string }>`
    select tree_size as "treeSize", note from archive.seal`.execute(owner)
  return new Map(rows.map(({ treeSize, note }) => [treeSize, note]))
}

/** The signature of a line below a note: who, and when it says that was. Undefined for what is none. */
function readCosignature(note: string, line: string): { name: string; at: Instant; line: string } | undefined {
  try {
    const { name, signature } = parseNote(`${note}${line}`).signatures.at(-1)!
    if (signature.length !== 72) return undefined
    const seconds = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
    return { name, at: new Date(Number(seconds) * 1000).toISOString(), line }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** What was destroyed is known from its certificates. */
async function importDispositions(owner: Db): Promise<void> {
  await sql`
    insert into archive.disposition (dispose_month, disposed_at, bodies, certificate_id, reason)
      select ((content ->> 'month') || '-01')::date, r.recorded_at, (content ->> 'records')::bigint, r.id, content ->> 'reason'
        from archive.archive_record r
          join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
          cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
        where r.type = 'record.disposed' and content ->> 'month' is not null
      on conflict do nothing`.execute(owner)
}

/** Classes are as long as the log says that they were made. */
async function importTerms(owner: Db): Promise<void> {
  await sql`
    update archive.retention_class c set years = e.years
      from (select content ->> 'retentionClass' as name, max((content ->> 'to')::integer) as years
        from archive.archive_record r
          join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
          cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
        where r.type = 'retention.extended' group by 1) e
      where c.name = e.name and c.years < e.years`.execute(owner)
}

/** Derives the searchable copy again from headers and bodies; answers its rows. */
export async function rebuildSearch(db: Db): Promise<number> {
  const { rows } = await sql<{ written: number }>`select archive.rebuild_search() as written`.execute(db)
  return rows[0]!.written
}

interface Leaf extends Entry {
  readonly hash: Uint8Array
}

function growTree(
  frontier: Frontier,
  lines: readonly Buffer[],
  seal: BucketSeal,
  checkpoint: Checkpoint,
): { leaves: Leaf[]; tiles: FullTile[] } {
  const tiles: FullTile[] = []
  const leaves = lines.map((line) => {
    const hash = hashLeaf(line)
    tiles.push(...appendLeaf(frontier, hash))
    return { ...parseEntry(line.toString('utf8')), hash }
  })
  if (frontier.size !== seal.treeSize || !equalBytes(frontierRoot(frontier), checkpoint.root)) {
    throw new Error(
      `The entries ${seal.firstIndex} to ${seal.treeSize - 1} in the object store do not give the signed root. Verify before you rebuild.`,
    )
  }
  return { leaves, tiles }
}

interface SealedBodyRow {
  readonly salt: Uint8Array
  readonly body: Buffer
  readonly disposeMonth: string
}

async function readBodies(source: Source, seal: BucketSeal): Promise<Map<number, SealedBodyRow>> {
  const bodies = new Map<number, SealedBodyRow>()
  for (const key of source.bodyKeys.get(seal.treeSize) ?? []) {
    const disposeMonth = `${bodiesMonth(key)!.month}-01`
    for (const line of (await readLines(source.read, key)) ?? []) {
      const { index, salt, body } = parseBodyLine(line)
      bodies.set(index, { salt, body, disposeMonth })
    }
  }
  return bodies
}

interface HeadedObject {
  readonly key: string
  readonly versionId: string
  readonly sha256: string
  readonly size: number
  readonly retainUntil: string
  readonly kind: string
}

async function headObjects(
  source: Source,
  store: ObjectStore,
  seal: BucketSeal,
  tiles: readonly FullTile[],
): Promise<HeadedObject[]> {
  const wanted = [
    { key: seal.checkpointKey, kind: 'checkpoint' },
    { key: entriesKey(seal.firstIndex, seal.treeSize), kind: 'entries' },
    ...(source.bodyKeys.get(seal.treeSize) ?? []).map((key) => ({ key, kind: 'bodies' })),
    ...tiles.map((tile) => ({ key: tileKey(tile.level, tile.index), kind: 'tile' })),
  ]
  const heads = await Promise.all(wanted.map(async ({ key, kind }) => ({ kind, stored: await store.head(key) })))
  return heads.flatMap(({ kind, stored }) => (stored === undefined ? [] : [{ ...stored, kind }]))
}

async function importEntries(
  tx: Tx,
  leaves: readonly Leaf[],
  bodies: ReadonlyMap<number, SealedBodyRow>,
): Promise<number> {
  let imported = 0
  for (let from = 0; from < leaves.length; from += batchSize) {
    const batch = leaves.slice(from, from + batchSize)
    await refuseOthers(tx, batch)
    const entries = batch.map((leaf) => toEntry(leaf, bodies.get(leaf.index)))
    imported += await insertEntries(tx, entries)
    await moveHeads(tx, entries)
  }
  return imported
}

async function refuseOthers(tx: Tx, leaves: readonly Leaf[]): Promise<void> {
  const { rows } = await sql<{ index: number; hash: string }>`
    select log_index as index, encode(leaf_hash, 'hex') as hash from archive.leaf
      where log_index >= ${leaves[0]!.index} and log_index <= ${leaves.at(-1)!.index}`.execute(tx)
  const known = new Map(rows.map((row) => [row.index, row.hash]))
  const other = leaves.find(({ index, hash }) => (known.get(index) ?? toHex(hash)) !== toHex(hash))
  if (other !== undefined)
    throw new Error(`The database has another record at log index ${other.index} than the object store.`)
}

interface SealedEntryRow {
  readonly leaf: Leaf
  readonly header: RecordHeader
  readonly body: SealedBodyRow | undefined
}

/** A body that is not the one that its header commits to is left out: what the database then lacks is named at the end. */
function toEntry(leaf: Leaf, body: SealedBodyRow | undefined): SealedEntryRow {
  const header = parseHeader(leaf.header)
  const isSealed = body !== undefined && hashBody(body.salt, body.body) === header.bodyHash
  return { leaf, header, body: isSealed ? body : undefined }
}

/** One statement for many entries, which are inserted in the order of the log; answers how many records the database did not have. */
async function insertEntries(tx: Tx, entries: readonly SealedEntryRow[]): Promise<number> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const given = entries.map(({ leaf, header, body }) => ({
    log_index: leaf.index,
    sealed_at: leaf.sealedAt,
    sequence: JSON.stringify(leaf.sequence),
    leaf: base64(leaf.hash),
    recorded_at: header.recordedAt,
    id: header.id,
    type: header.type,
    retention_class: header.retentionClass,
    header: leaf.header,
    month: body?.disposeMonth ?? null,
    salt: body === undefined ? null : base64(body.salt),
    body: body === undefined ? null : base64(body.body),
  }))
  const { rows } = await sql<{ imported: number }>`
    with given as materialized (
      select g.*, coalesce(g.month, archive.dispose_month(g.recorded_at, c.years)) as dispose_month
        from json_to_recordset(${JSON.stringify(given)}::json) as g (log_index bigint, sealed_at timestamptz, sequence text, leaf text,
            recorded_at timestamptz, id uuid, type text, retention_class text, header text, month date, salt text, body text)
          left join archive.retention_class c on c.name = g.retention_class
    ), record as (
      insert into archive.archive_record (recorded_at, id, type, retention_class, dispose_month, header)
        select recorded_at, id, type, retention_class, dispose_month, convert_to(header, 'UTF8') from given order by log_index
        on conflict do nothing returning 1
    ), body as (
      insert into archive.archive_body (dispose_month, recorded_at, id, salt, body)
        select dispose_month, recorded_at, id, decode(salt, 'base64'), decode(body, 'base64') from given where body is not null
        on conflict do nothing
    ), leaf as (
      insert into archive.leaf (log_index, recorded_at, record_id, sealed_at, stream_sequence, leaf_hash)
        select log_index, recorded_at, id, sealed_at, sequence, decode(leaf, 'base64') from given
        on conflict do nothing
    )
    select count(*) as imported from record`.execute(tx)
  return rows[0]!.imported
}

/** Each stream goes on behind its last entry. */
async function moveHeads(tx: Tx, entries: readonly SealedEntryRow[]): Promise<void> {
  const heads = new Map<string, { kind: string; id: string; next: number }>()
  for (const { leaf, header } of entries)
    for (const [kind, id] of Object.entries(header.streams))
      heads.set(`${kind} ${id}`, { kind, id, next: (leaf.sequence[kind] ?? 0) + 1 })
  await sql`
    insert into archive.stream_head (kind, stream_id, next_sequence)
      select kind, id, next from json_to_recordset(${JSON.stringify([...heads.values()])}::json) as g (kind text, id text, next bigint)
      on conflict (kind, stream_id) do update set next_sequence = greatest(stream_head.next_sequence, excluded.next_sequence)`.execute(
    tx,
  )
}

/** Entries whose body neither came back nor was destroyed under a certificate. */
async function findBodiless(owner: Db): Promise<Rebuild['bodiless']> {
  const { rows } = await sql<Rebuild['bodiless']>`
    select count(*) as count, coalesce(to_json((array_agg(index order by index))[:10]), '[]') as first from (
      select l.log_index as index
        from archive.leaf l
          join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
          left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        where b.id is null and not exists (select from archive.disposition d where d.dispose_month = r.dispose_month)
    ) entry`.execute(owner)
  return rows[0]!
}

interface ImportedSeal {
  readonly seal: BucketSeal
  readonly checkpoint: Checkpoint
  readonly note: string
  readonly tiles: readonly FullTile[]
  readonly objects: readonly HeadedObject[]
}

async function importTree(tx: Tx, { seal, checkpoint, note, tiles, objects }: ImportedSeal): Promise<void> {
  const at = checkpoint.at!
  for (const tile of tiles) {
    await sql`insert into archive.tile (level, tile_index, hashes, root)
      values (${tile.level}, ${tile.index}, ${Buffer.from(tile.hashes)}, ${Buffer.from(tile.root)}) on conflict do nothing`.execute(
      tx,
    )
  }
  // The mark sees nothing: the next round looks at every record that has no leaf.
  await sql`
    insert into archive.integration (tree_size, first_index, root_hash, integrated_at, mark, system_identifier, database_oid)
      select ${seal.treeSize}, ${seal.firstIndex}, ${Buffer.from(checkpoint.root)}, ${at}, '1:1:'::pg_snapshot, system_identifier,
        (select oid from pg_database where datname = current_database())
        from pg_control_system()
      on conflict do nothing`.execute(tx)
  await sql`insert into archive.seal (tree_size, first_index, planned_at, note)
    values (${seal.treeSize}, ${seal.firstIndex}, ${at}, ${note}) on conflict do nothing`.execute(tx)
  for (const object of objects) {
    await sql`insert into archive.object (key, version_id, sha256, size, retain_until, tree_size, kind, put_at)
      values (${object.key}, ${object.versionId}, ${object.sha256}, ${object.size}, ${object.retainUntil}, ${seal.treeSize}, ${object.kind}, ${at})
      on conflict do nothing`.execute(tx)
  }
  await sql`insert into archive.checkpoint (tree_size, sealed_at) values (${seal.treeSize}, ${at}) on conflict do nothing`.execute(
    tx,
  )
}
