import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { StoredObject } from '#server/platform/object-store.ts'
import { joinEntry } from './entry.ts'
import { sealTriggers } from './seal-triggers.ts'

/** A seal that was decided: its range and its signed checkpoint. */
export interface Seal {
  readonly treeSize: number
  readonly firstIndex: number
  readonly plannedAt: Instant
  readonly note: string
}

/** Reads or makes the one row that says whose log this is; answers what is recorded. */
export async function ensureLog(
  db: Db,
  origin: string,
  verifierKey: string,
): Promise<{ origin: string; verifierKey: string }> {
  await sql`insert into archive.log (origin, verifier_key) values (${origin}, ${verifierKey}) on conflict do nothing`.execute(
    db,
  )
  const { rows } = await sql<{ origin: string; verifierKey: string }>`
    select origin, verifier_key as "verifierKey" from archive.log`.execute(db)
  return rows[0]!
}

/** The last seal that the bucket proved; size 0 before the first. */
export async function readSealed(
  db: Db | Tx,
): Promise<{ treeSize: number; note: string | undefined; sealedAt: Instant | undefined }> {
  const { rows } = await sql<{ treeSize: number; note: string; sealedAt: Instant }>`
    select c.tree_size as "treeSize", s.note, c.sealed_at as "sealedAt"
      from archive.checkpoint c join archive.seal s using (tree_size)
      order by c.tree_size desc limit 1`.execute(db)
  return rows[0] ?? { treeSize: 0, note: undefined, sealedAt: undefined }
}

/** The seal that was decided and is not proved yet; at most one. */
export async function readUnfinishedSeal(db: Db): Promise<Seal | undefined> {
  const { rows } = await sql<Seal>`
    select tree_size as "treeSize", first_index as "firstIndex", planned_at as "plannedAt", note
      from archive.seal s
      where not exists (select from archive.checkpoint c where c.tree_size = s.tree_size)
        and s.tree_size > coalesce((select max(tree_size) from archive.checkpoint), 0)
      order by tree_size limit 1`.execute(db)
  return rows[0]
}

/** Where the next seal may end: an integrated size within reach of one seal, with the tree's root and time there. */
export interface Candidate {
  readonly treeSize: number
  /** Hex. */
  readonly rootHash: string
  readonly integratedAt: Instant
}

/** The largest integrated size at most `reach` entries further, or the next one when a single round was larger. */
export async function readCandidate(db: Db, sealedSize: number, reach: number): Promise<Candidate | undefined> {
  const { rows } = await sql<Candidate>`
    select tree_size as "treeSize", encode(root_hash, 'hex') as "rootHash", integrated_at as "integratedAt"
      from archive.integration
      where tree_size = coalesce(
        (select max(tree_size) from archive.integration where tree_size > ${sealedSize} and tree_size <= ${sealedSize + reach}),
        (select min(tree_size) from archive.integration where tree_size > ${sealedSize}))`.execute(db)
  return rows[0]
}

/** When the oldest entry came in that is not sealed, and whether anybody waits for one of them. */
export async function readPending(
  db: Db,
  sealedSize: number,
): Promise<{ oldestAt: Instant; awaited: boolean } | undefined> {
  const { rows } = await sql<{ oldestAt: Instant | null; awaited: boolean | null }>`
    select min(r.recorded_at) as "oldestAt", bool_or(r.type = any(${[...sealTriggers]}::text[])) as awaited
      from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
      where l.log_index >= ${sealedSize} and l.log_index < ${sealedSize + 256}`.execute(db)
  const row = rows[0]!
  return row.oldestAt === null ? undefined : { oldestAt: row.oldestAt, awaited: row.awaited === true }
}

export async function insertSeal(db: Db, seal: Seal): Promise<void> {
  await sql`insert into archive.seal (tree_size, first_index, planned_at, note)
    values (${seal.treeSize}, ${seal.firstIndex}, ${seal.plannedAt}, ${seal.note})`.execute(db)
}

/** One entry with its body, as a seal writes them. */
export interface SealRow {
  readonly index: number
  readonly recordId: string
  /** The bytes that the leaf hashes, as text. */
  readonly entry: string
  readonly retentionClass: string
  /** `yyyy-mm` */
  readonly disposeMonth: string
  readonly salt: Buffer | null
  readonly body: string | null
}

/** The entries `firstIndex` ≤ n < `treeSize` with their bodies, in log order. */
export async function readSealRows(db: Db, firstIndex: number, treeSize: number): Promise<SealRow[]> {
  const { rows } = await sql<Omit<SealRow, 'entry'> & { sealedAt: Instant; header: string; sequence: string }>`
    select l.log_index as index, l.sealed_at as "sealedAt", convert_from(r.header, 'UTF8') as header,
        l.stream_sequence as sequence, l.record_id as "recordId", r.retention_class as "retentionClass",
        to_char(r.dispose_month, 'YYYY-MM') as "disposeMonth", b.salt, convert_from(b.body, 'UTF8') as body
      from archive.leaf l
        join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
      where l.log_index >= ${firstIndex} and l.log_index < ${treeSize}
      order by l.log_index`.execute(db)
  return rows.map(({ sealedAt, header, sequence, ...row }) => ({
    ...row,
    entry: joinEntry(sealedAt, header, row.index, sequence),
  }))
}

/** The complete tiles that the entries `firstIndex` ≤ n < `treeSize` completed. */
export async function readCompletedTiles(
  db: Db,
  firstIndex: number,
  treeSize: number,
): Promise<{ level: number; index: number; hashes: Buffer }[]> {
  const { rows } = await sql<{ level: number; index: number; hashes: Buffer }>`
    select level, tile_index as index, hashes from archive.tile
      where (tile_index + 1) * power(256, level + 1)::bigint > ${firstIndex}
        and (tile_index + 1) * power(256, level + 1)::bigint <= ${treeSize}
        and tile_index >= ${firstIndex} / power(256, level + 1)::bigint
      order by level, tile_index`.execute(db)
  return rows
}

export interface SealedObject extends StoredObject {
  readonly kind: 'entries' | 'bodies' | 'tile' | 'checkpoint'
}

/** Marks a seal as proved: what the bucket answered, and from now on its records count as sealed. */
export async function insertCheckpoint(
  tx: Tx,
  seal: Seal,
  objects: readonly SealedObject[],
  now: Instant,
): Promise<void> {
  const column = <K extends keyof SealedObject>(name: K) => objects.map((object) => object[name])
  await sql`
    insert into archive.object (key, version_id, sha256, size, retain_until, tree_size, kind, put_at)
      select key, version, sha256, size, retain_until, ${seal.treeSize}, kind, ${now}
        from unnest(${column('key')}::text[], ${column('versionId')}::text[], ${column('sha256')}::text[], ${column('size')}::bigint[],
          ${column('retainUntil')}::timestamptz[], ${column('kind')}::text[]) as new (key, version, sha256, size, retain_until, kind)`.execute(
    tx,
  )
  await sql`insert into archive.checkpoint (tree_size, sealed_at) values (${seal.treeSize}, ${now})`.execute(tx)
  await sql`select pg_notify('gateway_publication', '')`.execute(tx)
}

/** Years of each class; `undefined` for never. */
export async function readRetentionYears(db: Db | Tx): Promise<Map<string, number | undefined>> {
  const { rows } = await sql<{ name: string; years: number | null }>`
    select name, years from archive.retention_class`.execute(db)
  return new Map(rows.map((row) => [row.name, row.years ?? undefined]))
}
