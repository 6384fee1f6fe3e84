import { sql } from 'kysely'
import { anchorNames } from '#server/platform/anchors.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readIndexLag } from '#server/platform/index-lag.ts'
import type { ArchiveStatus } from '#shared/api/archive.ts'
import { permissions } from '#shared/permissions.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import { parseCheckpoint } from '#shared/tlog/checkpoint.ts'
import { parseNote } from '#shared/tlog/note.ts'
import { readAnchorStatus } from './anchor-queries.ts'
import { readSealed } from './seal-queries.ts'

const dayMilliseconds = 86_400_000

/** Where the log stands, how far sealing lags behind, and what verification found. */
export async function readStatus(
  deps: Pick<Deps, 'db' | 'clock' | 'objectStore' | 'checkpointSigner' | 'anchors'>,
): Promise<ArchiveStatus> {
  const { db } = deps
  const [sealed, waiting, index, verification, incidents, producers, objectStore, anchors] = await Promise.all([
    readSealed(db),
    readWaiting(db),
    readIndexLag(db, deps.clock.now()),
    readLastVerification(db, deps.clock.now()),
    readIncidents(db),
    countProducers(db, deps.clock.now()),
    checkStore(deps),
    readAnchorStatus(db, deps.anchors === undefined ? [] : anchorNames(deps.anchors)),
  ])
  return {
    origin: deps.checkpointSigner.name,
    verifierKey: deps.checkpointSigner.verifierKey,
    treeSize: waiting.treeSize,
    sealedSize: sealed.treeSize,
    rootHash: sealed.note === undefined ? null : toHex(parseCheckpoint(parseNote(sealed.note).text).root),
    unsequenced: waiting.unsequenced,
    lagSeconds: lagSeconds(waiting.oldestAt, deps.clock.now()),
    unindexed: index.waiting,
    indexLagSeconds: index.seconds,
    lastSealedAt: sealed.sealedAt ?? null,
    lastVerifiedAt: verification?.at ?? null,
    lastVerifiedSize: verification?.treeSize ?? null,
    lastVerificationOk: verification?.ok ?? null,
    incidents,
    producers,
    objectStore,
    anchors,
  }
}

/** Seconds since the oldest record that the bucket does not hold yet; 0 when it holds all. */
export async function readSealingLag(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  return lagSeconds((await readWaiting(deps.db)).oldestAt, deps.clock.now())
}

function lagSeconds(oldestAt: Instant | null, now: Instant): number {
  return oldestAt === null ? 0 : Math.max(0, (Date.parse(now) - Date.parse(oldestAt)) / 1000)
}

async function readWaiting(db: Db): Promise<{ treeSize: number; unsequenced: number; oldestAt: Instant | null }> {
  const { rows } = await sql<{ treeSize: number; unsequenced: number; oldestAt: Instant | null }>`
    with head as (
      select coalesce(max(tree_size), 0) as tree_size, coalesce(max(pg_snapshot_xmin(mark)::text::bigint), 0)::text::xid8 as xmin
        from archive.integration where tree_size = (select max(tree_size) from archive.integration)
    ), unnumbered as (
      select count(*) as count, min(r.recorded_at) as oldest_at
        from archive.archive_record r, head
        where r.xid >= head.xmin and not exists (select from archive.leaf l where l.record_id = r.id)
    ), unsealed as (
      select min(l.recorded_at) as oldest_at from archive.leaf l
        where l.log_index = coalesce((select max(tree_size) from archive.checkpoint), 0)
    )
    select head.tree_size as "treeSize", unnumbered.count as unsequenced,
        least(unnumbered.oldest_at, unsealed.oldest_at) as "oldestAt"
      from head, unnumbered, unsealed`.execute(db)
  return rows[0]!
}

/**
 * The newest one; good only when the last one of everything was good too: looking at what came since takes nothing back. One
 * that is dated a day ahead was made before the clock was set back, and speaks for nothing that was found since.
 */
async function readLastVerification(
  db: Db,
  now: Instant,
): Promise<{ at: Instant; treeSize: number; ok: boolean } | undefined> {
  const { rows } = await sql<{ at: Instant; treeSize: number; ok: boolean }>`
    with known as (select * from archive.verification where finished_at < ${addMilliseconds(now, dayMilliseconds)})
    select finished_at as at, tree_size as "treeSize", jsonb_array_length(problems) = 0
        and coalesce((select jsonb_array_length(f.problems) = 0 from known f where f.scope = 'full'
          order by f.finished_at desc, f.id desc limit 1), true) as ok
      from known order by finished_at desc, id desc limit 1`.execute(db)
  return rows[0]
}

/** The newest incidents, from their records. */
export async function readIncidents(db: Db): Promise<ArchiveStatus['incidents']> {
  const { rows } = await sql<{ at: Instant; kind: string; sentence: string }>`
    select s.recorded_at as at, body.content ->> 'kind' as kind, body.content ->> 'sentence' as sentence
      from (select * from archive.findable where type = 'archive.incident' order by recorded_at desc, record_id desc limit 20) s
        join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
      order by s.recorded_at desc, s.record_id desc`.execute(db)
  return rows
}

/** People of the firm who may export everything themselves, by a role of their own that holds on the whole firm. */
async function countProducers(db: Db, now: Instant): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct u.id) as count
      from role_grant g join unit on unit.id = g.unit_id and unit.parent_id is null join app_user u on u.id = g.user_id
      where g.role = any(${[...permissions['export.create']]}) and g.granted_at <= ${now}
        and (g.revoked_at is null or g.revoked_at > ${now}) and u.active`.execute(db)
  return rows[0]!.count
}

async function checkStore(deps: Pick<Deps, 'objectStore'>): Promise<string> {
  return deps.objectStore.check().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : 'not reachable'),
  )
}
