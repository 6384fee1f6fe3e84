import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { StoredObject } from '#server/platform/object-store.ts'

/** What an anchor is: a copy in a second bucket, an authority's timestamp, a witness's cosignature. */
export type AnchorKind = 'bucket' | 'timestamp' | 'witness'

export interface AnchorRow {
  readonly kind: AnchorKind
  readonly name: string
  readonly treeSize: number
  readonly anchoredAt: Instant
  /** A witness's signature line, an authority's answer; null for a copy. */
  readonly evidence: Buffer | null
}

const columns = sql`a.kind, a.name, a.tree_size as "treeSize", a.anchored_at as "anchoredAt", a.evidence`

/** The newest checkpoint that an anchor has seen. */
export async function readAnchor(db: Db | Tx, name: string): Promise<AnchorRow | undefined> {
  const { rows } = await sql<AnchorRow>`
    select ${columns} from archive.anchor a where a.name = ${name} order by a.tree_size desc limit 1`.execute(db)
  return rows[0]
}

/** Everything of one kind with the note that it speaks of, newest first, at most `limit` below a size. */
export async function readAnchors(
  db: Db,
  kind: AnchorKind,
  below: number,
  limit: number,
): Promise<(AnchorRow & { readonly note: string })[]> {
  const { rows } = await sql<AnchorRow & { readonly note: string }>`
    select ${columns}, s.note from archive.anchor a join archive.seal s using (tree_size)
      where a.kind = ${kind} and a.tree_size < ${below} order by a.tree_size desc, a.name limit ${limit}`.execute(db)
  return rows
}

/** The cosignatures of one checkpoint, a line each. */
export async function readCosignatures(db: Db | Tx, treeSize: number): Promise<string> {
  const { rows } = await sql<{ lines: string | null }>`
    select string_agg(convert_from(evidence, 'UTF8'), '' order by name) as lines
      from archive.anchor where kind = 'witness' and tree_size = ${treeSize}`.execute(db)
  return rows[0]?.lines ?? ''
}

export async function insertAnchor(tx: Db | Tx, row: AnchorRow): Promise<void> {
  await sql`insert into archive.anchor (kind, name, tree_size, anchored_at, evidence)
    values (${row.kind}, ${row.name}, ${row.treeSize}, ${row.anchoredAt}, ${row.evidence})
    on conflict do nothing`.execute(tx)
}

/** Notes what lies in the bucket of an anchor. */
export async function insertAnchorObject(
  tx: Db | Tx,
  stored: StoredObject,
  kind: 'timestamp' | 'cosignature',
  treeSize: number,
  at: Instant,
): Promise<void> {
  await sql`insert into archive.object (key, version_id, sha256, size, retain_until, tree_size, kind, put_at)
    values (${stored.key}, ${stored.versionId}, ${stored.sha256}, ${stored.size}, ${stored.retainUntil}, ${treeSize}, ${kind}, ${at})
    on conflict do nothing`.execute(tx)
}

/** What an anchor said of a checkpoint is kept as long as the checkpoint. */
export async function readRetainUntil(db: Db, treeSize: number): Promise<Instant> {
  const { rows } = await sql<{ until: Instant }>`
    select to_char(retain_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until
      from archive.object where tree_size = ${treeSize} and kind = 'checkpoint'`.execute(db)
  return rows[0]!.until
}

/** Did anything enter the log from a size on that the gateway does not write of its own accord about its archive? */
export async function hasNews(db: Db, from: number, to: number): Promise<boolean> {
  const { rows } = await sql<{ news: boolean }>`
    select exists (select from archive.leaf l join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
      where l.log_index >= ${from} and l.log_index < ${to}
        and r.type not in ('archive.verified', 'archive.anchored', 'archive.directory_committed')) as news`.execute(db)
  return rows[0]!.news
}

/** Notes that an anchor works. */
export async function noteWorking(db: Db, name: string, kind: AnchorKind): Promise<void> {
  await sql`insert into archive.anchor_state (name, kind) values (${name}, ${kind})
    on conflict (name) do update set failing_since = null, failure = null, reported = false
      where anchor_state.failing_since is not null`.execute(db)
}

/** Notes that an anchor does not work; answers since when, and whether an incident says so already. */
export async function noteFailing(
  tx: Tx,
  name: string,
  kind: AnchorKind,
  failure: string,
  now: Instant,
): Promise<{ failingSince: Instant; reported: boolean }> {
  const { rows } = await sql<{ failingSince: Instant; reported: boolean }>`
    insert into archive.anchor_state (name, kind, failing_since, failure) values (${name}, ${kind}, ${now}, ${failure})
      on conflict (name) do update set failing_since = coalesce(anchor_state.failing_since, excluded.failing_since),
        failure = excluded.failure
      returning failing_since as "failingSince", reported`.execute(tx)
  return rows[0]!
}

export async function noteReported(tx: Tx, name: string): Promise<void> {
  await sql`update archive.anchor_state set reported = true where name = ${name}`.execute(tx)
}

export interface AnchorStatus {
  readonly name: string
  readonly kind: AnchorKind
  readonly treeSize: number
  readonly at: Instant | null
  readonly failingSince: Instant | null
  readonly failure: string | null
}

/** How far each of the named anchors is, and what is wrong with it. */
export async function readAnchorStatus(db: Db, names: readonly string[]): Promise<AnchorStatus[]> {
  const { rows } = await sql<AnchorStatus>`
    select s.name, s.kind, coalesce(a.tree_size, 0) as "treeSize", a.anchored_at as at, s.failing_since as "failingSince", s.failure
      from archive.anchor_state s
        left join lateral (select tree_size, anchored_at from archive.anchor a where a.name = s.name order by tree_size desc limit 1) a on true
      where s.name = any(${[...names]}::text[]) order by s.kind, s.name`.execute(db)
  return rows
}
