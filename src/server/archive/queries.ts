import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { RecordSummary } from '#shared/api/archive.ts'
import { inRecordScope, type RecordScope } from './search-scope.ts'
import { whereWords } from './search-words.ts'

/** The filter of search and export. Ranges are half open: `from` ≤ recordedAt < `to`. */
export interface RecordFilter {
  readonly q?: string | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  readonly author?: string | undefined
  /** Who did it; `author` is whose post it is about. */
  readonly actor?: string | undefined
  readonly unit?: string | undefined
  readonly profile?: string | undefined
  readonly post?: string | undefined
  readonly network?: string | undefined
  readonly type?: string | undefined
  readonly verdict?: string | undefined
}

/** The filter as a condition on `archive.findable s`. */
export function whereFilter(filter: RecordFilter, scope: RecordScope): RawBuilder<SqlBool> {
  const types = filter.type?.split(',').map((type) => type.trim())
  const conditions = [
    inRecordScope(scope),
    filter.from === undefined ? undefined : sql<SqlBool>`s.recorded_at >= ${filter.from}`,
    filter.to === undefined ? undefined : sql<SqlBool>`s.recorded_at < ${filter.to}`,
    filter.author === undefined ? undefined : sql<SqlBool>`s.author_id = ${filter.author}`,
    filter.actor === undefined ? undefined : sql<SqlBool>`s.actor_id = ${filter.actor}`,
    // A unit means the unit and everything below it, as it does in a role.
    filter.unit === undefined
      ? undefined
      : sql<SqlBool>`s.unit_id = any(array(select id from unit where path @> array[${filter.unit}::uuid]))`,
    filter.profile === undefined ? undefined : sql<SqlBool>`s.profile_id = ${filter.profile}`,
    filter.post === undefined ? undefined : sql<SqlBool>`s.post_id = ${filter.post}`,
    filter.network === undefined ? undefined : sql<SqlBool>`s.network = ${filter.network}`,
    types === undefined ? undefined : sql<SqlBool>`s.type = any(${types})`,
    filter.verdict === undefined ? undefined : sql<SqlBool>`s.verdict = ${filter.verdict}`,
    filter.q === undefined || filter.q.trim() === '' ? undefined : whereWords(filter.q),
  ]
  return sql.join(
    conditions.filter((condition) => condition !== undefined),
    sql` and `,
  ) as RawBuilder<SqlBool>
}

/** Columns of a summary, over `archive.findable s`. */
const summaryColumns = sql`
  s.record_id as "recordId", s.type, s.recorded_at as "recordedAt",
  json_build_object('userId', s.actor_id, 'displayName', coalesce(actor.display_name, 'Containment gateway')) as actor,
  s.post_id as "postId",
  case when s.author_id is null then null
    else json_build_object('userId', s.author_id, 'displayName', coalesce(author.display_name, '')) end as author,
  s.unit_id as "unitId", s.profile_id as "profileId", s.network, s.verdict, s.excerpt, l.log_index as "logIndex",
  coalesce(l.log_index < (select max(tree_size) from archive.checkpoint), false) as sealed,
  s.retention_class as "retentionClass"`

const summaryJoins = sql`
  left join app_user actor on actor.id = s.actor_id
  left join app_user author on author.id = s.author_id
  left join archive.leaf l on l.record_id = s.record_id`

export interface RecordRow extends RecordSummary {
  readonly header: string
  readonly salt: Buffer | null
  readonly body: string | null
}

/** One record with its bytes, if the scope shows it. */
export async function findRecord(tx: Db | Tx, recordId: string, scope: RecordScope): Promise<RecordRow | undefined> {
  const { rows } = await sql<RecordRow>`
    select ${summaryColumns}, convert_from(r.header, 'UTF8') as header, b.salt, convert_from(b.body, 'UTF8') as body
      from archive.findable s
        join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        ${summaryJoins}
      where s.recorded_at = archive.id_time(${recordId}::uuid) and s.record_id = ${recordId}::uuid
        and ${inRecordScope(scope)}`.execute(tx)
  return rows[0]
}

/** Does the scope show any record of the post, and all of them? A post of another unit does not exist. */
export async function isPostInScope(tx: Db | Tx, postId: string, scope: RecordScope): Promise<boolean> {
  const { rows } = await sql<{ seen: boolean }>`
    select exists (select from archive.findable s where s.post_id = ${postId} and ${inRecordScope(scope)}) as seen`.execute(
    tx,
  )
  return rows[0]!.seen
}

/** When and why the body of a record was destroyed. */
export async function findDisposition(tx: Db | Tx, recordId: string): Promise<{ at: Instant; reason: string } | null> {
  const { rows } = await sql<{ at: Instant; reason: string }>`
    select d.disposed_at as at, d.reason
      from archive.archive_record r join archive.disposition d on d.dispose_month = r.dispose_month
      where r.recorded_at = archive.id_time(${recordId}::uuid) and r.id = ${recordId}::uuid`.execute(tx)
  return rows[0] ?? null
}
