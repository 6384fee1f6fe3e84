import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { inScope, type SearchScope } from '#server/archive/search-scope.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { Export } from '#shared/api/exports.ts'
import type { HeaderFilter, Manifest } from './manifest.ts'

export interface ExportRow {
  readonly exportId: string
  readonly requestedBy: string
  readonly requestedByName: string
  readonly requesterUnitId: string
  readonly requestedAt: Instant
  /** When the finished package is removed. */
  readonly keepUntil: Instant
  readonly requestRecordId: string
  readonly reason: string
  readonly recipient: string | null
  readonly timeZone: string
  readonly language: 'en' | 'fr'
  readonly query: Record<string, string>
  /** Null: everything. */
  readonly units: string[] | null
  /** May the requester see the headers of all units? */
  readonly wholeLog: boolean
  readonly formats: string[]
  readonly status: Export['status']
  readonly attempt: number
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly size: number | null
  readonly sha256: string | null
  readonly recordCount: number | null
  readonly failure: string | null
}

const columns = sql`e.id as "exportId", e.requested_by as "requestedBy", u.display_name as "requestedByName",
  u.unit_id as "requesterUnitId", e.requested_at as "requestedAt", e.keep_until as "keepUntil", e.request_record_id as "requestRecordId", e.reason, e.recipient,
  e.time_zone as "timeZone", e.language, e.query, e.units, e.whole_log as "wholeLog", e.formats, e.status, e.attempt, e.phase, e.done, e.total,
  e.started_at as "startedAt", e.finished_at as "finishedAt", e.size, e.sha256, e.record_count as "recordCount", e.failure`
const tables = sql`export e join app_user u on u.id = e.requested_by`

export type NewExport = Pick<
  ExportRow,
  | 'exportId'
  | 'requestedBy'
  | 'requestedAt'
  | 'keepUntil'
  | 'requestRecordId'
  | 'reason'
  | 'recipient'
  | 'timeZone'
  | 'query'
  | 'units'
  | 'wholeLog'
  | 'formats'
>

/** Enters an export; its readable files are written in the requester's language. Wakes whoever makes exports. */
export async function insertExport(tx: Tx, row: NewExport): Promise<void> {
  await sql`
    insert into export (id, requested_by, requested_at, keep_until, request_record_id, reason, recipient, time_zone, language, query, units, whole_log,
      formats, status)
    select ${row.exportId}, id, ${row.requestedAt}, ${row.keepUntil}, ${row.requestRecordId}, ${row.reason}, ${row.recipient}, ${row.timeZone}, locale,
      ${JSON.stringify(row.query)}::jsonb, ${row.units}::uuid[], ${row.wholeLog}, ${row.formats}::text[], 'waiting'
      from app_user where id = ${row.requestedBy}`.execute(tx)
  await sql`select pg_notify('gateway_export', ''), pg_notify('gateway_record', '')`.execute(tx)
}

/** An export whose whole scope the reader has: what it may hold, the reader may read. */
export async function findExport(db: Db | Tx, exportId: string, scope: SearchScope): Promise<ExportRow | undefined> {
  const { rows } =
    await sql<ExportRow>`select ${columns} from ${tables} where e.id = ${exportId} and ${readableIn(scope)}`.execute(db)
  return rows[0]
}

export async function findExports(
  db: Db,
  scope: SearchScope,
  after: Position | undefined,
  limit: number,
): Promise<ExportRow[]> {
  const page =
    after === undefined ? sql`true` : sql`(e.requested_at, e.id) < (${after.at}::timestamptz, ${after.id}::uuid)`
  const { rows } = await sql<ExportRow>`
    select ${columns} from ${tables} where ${readableIn(scope)} and ${page}
      order by e.requested_at desc, e.id desc limit ${limit}`.execute(db)
  return rows
}

function readableIn(scope: SearchScope) {
  return scope === 'everything' ? sql`true` : sql`e.units <@ ${[...scope]}::uuid[]`
}

export async function lockExport(tx: Tx, exportId: string): Promise<Pick<ExportRow, 'status' | 'attempt'> | undefined> {
  const { rows } = await sql<
    Pick<ExportRow, 'status' | 'attempt'>
  >`select status, attempt from export where id = ${exportId} for update`.execute(tx)
  return rows[0]
}

/**
 * Takes the oldest export that can be made: its request, and the directory that proves a stream, is sealed (or has waited long enough to go without), or the
 * process that was making it has not been heard of since its lease ended.
 */
export async function claimExport(
  tx: Tx,
  now: Instant,
  leaseUntil: Instant,
  unsealedSince: Instant,
): Promise<ExportRow | undefined> {
  const { rows } = await sql<{ id: string }>`
    select e.id from export e
      where (e.status = 'waiting' and (e.requested_at < ${unsealedSince} or exists (
          select from archive.leaf l where l.record_id = e.request_record_id
            and l.log_index < (select max(tree_size) from archive.checkpoint)
            and (e.query ->> 'proof' is distinct from 'stream' or exists (
              select from archive.directory d join archive.leaf dl on dl.record_id = d.record_id
                where d.tree_size > l.log_index and dl.log_index < (select max(tree_size) from archive.checkpoint))))))
        or (e.status = 'running' and e.lease_until < ${now})
      order by e.requested_at, e.id limit 1
      for update skip locked`.execute(tx)
  const id = rows[0]?.id
  if (id === undefined) return undefined
  await sql`update export set status = 'running', attempt = attempt + 1, lease_until = ${leaseUntil}, started_at = ${now}, phase = 'headers',
    done = 0, total = 0 where id = ${id}`.execute(tx)
  return findExport(tx, id, 'everything')
}

/** Notes how far it is and lengthens the lease; false when the export is no longer this attempt's to make. */
export async function keepExport(
  db: Db,
  exportId: string,
  attempt: number,
  progress: Export['progress'],
  leaseUntil: Instant,
): Promise<boolean> {
  const { rows } = await sql`
    update export set phase = ${progress.phase}, done = ${progress.done}, total = ${progress.total}, lease_until = ${leaseUntil}
      where id = ${exportId} and status = 'running' and attempt = ${attempt} returning id`.execute(db)
  return rows.length > 0
}

/** Gives an export back that its process will not finish: whoever is there next makes it, without waiting for the lease. */
export async function handBackExport(db: Db, exportId: string, attempt: number): Promise<void> {
  await sql`with handed_back as (update export set status = 'waiting', lease_until = null
      where id = ${exportId} and status = 'running' and attempt = ${attempt} returning id)
    select pg_notify('gateway_export', '') from handed_back`.execute(db)
}

export interface Outcome {
  readonly size: number
  readonly sha256: string
  readonly manifestSha256: string
  readonly recordCount: number
  /** The months in which bodies in the package may be destroyed, each as its first day. */
  readonly bodyMonths: readonly string[]
}

export async function completeExport(tx: Tx, exportId: string, at: Instant, outcome: Outcome): Promise<void> {
  await sql`update export set status = 'completed', phase = 'completed', done = total, lease_until = null, finished_at = ${at},
    size = ${outcome.size}, sha256 = ${outcome.sha256}, manifest_sha256 = ${outcome.manifestSha256}, record_count = ${outcome.recordCount},
    body_months = ${[...outcome.bodyMonths]}::date[]
    where id = ${exportId}`.execute(tx)
}

export async function endExport(
  tx: Tx,
  exportId: string,
  status: 'failed' | 'cancelled',
  at: Instant,
  failure: string | null,
): Promise<void> {
  await sql`update export set status = ${status}, phase = ${status}, lease_until = null, finished_at = ${at}, failure = ${failure}
    where id = ${exportId}`.execute(tx)
}

export interface EndedExport extends Pick<ExportRow, 'exportId' | 'requestedBy' | 'requesterUnitId' | 'keepUntil'> {
  readonly sha256: string
  /** Was it the end of what it holds, and not the time for which it was asked to be kept? */
  readonly isDisposed: boolean
}

/** Locks a finished export that is kept no longer; undefined when there is none that nobody else is at. */
export async function lockEndedExport(tx: Tx, now: Instant): Promise<EndedExport | undefined> {
  const { rows } = await sql<EndedExport>`
    select e.id as "exportId", e.requested_by as "requestedBy", u.unit_id as "requesterUnitId", e.keep_until as "keepUntil", e.sha256,
        e.keep_until > ${now} as "isDisposed"
      from ${tables}
      where e.status = 'completed' and (e.keep_until <= ${now}
        or exists (select from archive.disposition d where d.dispose_month = any(e.body_months)))
      order by e.keep_until, e.id limit 1 for update of e skip locked`.execute(tx)
  return rows[0]
}

/** Notes that a package is removed, and why. */
export async function markRemoved(tx: Tx, exportId: string, because: string): Promise<void> {
  await sql`update export set status = 'removed', phase = 'removed', failure = ${because} where id = ${exportId}`.execute(
    tx,
  )
}

/** How far exports are, of those ids that are exports at all. */
export async function findStatuses(db: Db, exportIds: readonly string[]): Promise<Map<string, Export['status']>> {
  const { rows } = await sql<Pick<ExportRow, 'exportId' | 'status'>>`
    select id as "exportId", status from export where id = any(${[...exportIds]}::uuid[])`.execute(db)
  return new Map(rows.map((row) => [row.exportId, row.status]))
}

/** The signed note of the log's sealed size; undefined when the database does not know it. */
export async function findSealNote(tx: Tx, treeSize: number): Promise<string | undefined> {
  const { rows } = await sql<{ note: string }>`
    select note from archive.seal where tree_size = ${treeSize}`.execute(tx)
  return rows[0]?.note
}

/**
 * The months in which bodies of a package may be destroyed, each as its first day, by what its manifest says: those of the
 * delivered records and, where it tells posts in readable files, of all records of these posts. What a certificate of its log
 * destroyed is not in it; what was destroyed since is.
 */
export async function findBodyMonths(
  tx: Tx,
  { filter, log, counts }: Pick<Manifest, 'filter' | 'log' | 'counts'>,
): Promise<string[]> {
  const told = counts.posts === null ? sql`false` : inScope(filter.units ?? 'everything', sql`s.unit_id`)
  const { rows } = await sql<{ month: string }>`
    with delivered as materialized (
      select s.recorded_at, s.record_id, s.post_id
        from archive.leaf l join archive.findable s on s.recorded_at = l.recorded_at and s.record_id = l.record_id
        where l.log_index >= ${log.first} and l.log_index < ${log.end} and ${matches(filter)}
    ), held as (
      select recorded_at, record_id from delivered
      union
      select s.recorded_at, s.record_id
        from archive.findable s join archive.leaf l on l.record_id = s.record_id and l.log_index < ${log.size}
        where s.post_id in (select post_id from delivered) and ${told}
    )
    select distinct r.dispose_month as month
      from held h join archive.archive_record r on r.recorded_at = h.recorded_at and r.id = h.record_id
      where not exists (select from archive.disposition d join archive.leaf c on c.record_id = d.certificate_id
        where d.dispose_month = r.dispose_month and c.log_index < ${log.size})`.execute(tx)
  return rows.map((row) => row.month)
}

/** What a package delivered, as a condition on `archive.findable s`: the predicate of `headerMatcher`. */
function matches({ from, to, types, units, ...streams }: HeaderFilter): RawBuilder<SqlBool> {
  const columns = {
    author_id: streams.author,
    actor_id: streams.actor ?? null,
    profile_id: streams.profile,
    post_id: streams.post,
    network: streams.network,
    verdict: streams.verdict,
  }
  const equal = Object.entries(columns).filter(([, value]) => value !== null)
  const conditions = [
    inScope(units ?? 'everything', sql`s.unit_id`),
    from === null ? sql`true` : sql`s.recorded_at >= ${from}`,
    to === null ? sql`true` : sql`s.recorded_at < ${to}`,
    types === null ? sql`true` : sql`s.type = any(${types}::text[])`,
    ...equal.map(([column, value]) => sql`${sql.ref(`s.${column}`)} = ${value}`),
  ]
  return sql.join(conditions, sql` and `) as RawBuilder<SqlBool>
}

/** How many exports of a person wait or are being made; nobody else asks for one in their name meanwhile. */
export async function countOpenExports(tx: Tx, userId: string): Promise<number> {
  await sql`select from app_user where id = ${userId} for no key update`.execute(tx)
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from export where requested_by = ${userId} and status in ('waiting', 'running')`.execute(
    tx,
  )
  return rows[0]!.count
}

/** A unit and everything below it. */
export async function findUnitsBelow(db: Db | Tx, unitId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from unit where path @> array[${unitId}::uuid]`.execute(db)
  return rows.map((row) => row.id)
}
