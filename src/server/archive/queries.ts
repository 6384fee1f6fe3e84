import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { RecordSummary } from '#shared/api/archive.ts'
import { inScope, type SearchScope } from './search-scope.ts'
import { whereWords } from './search-words.ts'

/** The filter of search and export. Ranges are half open: `from` ≤ recordedAt < `to`. */
export interface RecordFilter {
  readonly q?: string | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  readonly author?: string | undefined
  readonly unit?: string | undefined
  readonly profile?: string | undefined
  readonly post?: string | undefined
  readonly network?: string | undefined
  readonly type?: string | undefined
  readonly verdict?: string | undefined
}

/** The filter as a condition on `archive.findable s`. */
export function whereFilter(filter: RecordFilter, scope: SearchScope): RawBuilder<SqlBool> {
  const types = filter.type?.split(',').map((type) => type.trim())
  const conditions = [
    inScope(scope, sql`s.unit_id`),
    filter.from === undefined ? undefined : sql<SqlBool>`s.recorded_at >= ${filter.from}`,
    filter.to === undefined ? undefined : sql<SqlBool>`s.recorded_at < ${filter.to}`,
    filter.author === undefined ? undefined : sql<SqlBool>`s.author_id = ${filter.author}`,
    // A unit means the unit and everything below it, as it does in a role.
    filter.unit === undefined
      ? undefined
      : sql<SqlBool>`s.unit_id in (select id from unit where path @> array[${filter.unit}::uuid])`,
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

/** The newest records first, from a position on. */
export async function findRecords(
  tx: Tx,
  where: RawBuilder<SqlBool>,
  after: Position | undefined,
  limit: number,
): Promise<RecordSummary[]> {
  const page =
    after === undefined ? sql`` : sql` and (s.recorded_at, s.record_id) < (${after.at}::timestamptz, ${after.id}::uuid)`
  const { rows } = await sql<RecordSummary>`
    select ${summaryColumns}
      from (select * from archive.findable s where ${where}${page} order by s.recorded_at desc, s.record_id desc limit ${limit}) s
      ${summaryJoins}
      order by s.recorded_at desc, s.record_id desc`.execute(tx)
  return rows
}

/** Results up to which totals and facets are counted; beyond, the total is the planner's estimate. */
export const countLimit = 10_000

export interface FacetRow {
  readonly type: string
  readonly network: string | null
  readonly verdict: string | null
  readonly count: number
}

/** Counts by type, network and verdict over the newest results, at most `countLimit` + 1 of them. */
export async function countFacets(tx: Tx, where: RawBuilder<SqlBool>): Promise<FacetRow[]> {
  const { rows } = await sql<FacetRow>`
    select type, network, verdict, count(*) as count
      from (select s.type, s.network, s.verdict from archive.findable s where ${where}
        order by s.recorded_at desc limit ${countLimit + 1}) newest
      group by type, network, verdict`.execute(tx)
  return rows
}

/** What the planner believes the number of results to be. */
export async function estimateTotal(tx: Tx, where: RawBuilder<SqlBool>): Promise<number> {
  const { rows } = await sql<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>`
    explain (format json) select 1 from archive.findable s where ${where}`.execute(tx)
  return rows[0]!['QUERY PLAN'][0].Plan['Plan Rows']
}

export interface RecordRow extends RecordSummary {
  readonly header: string
  readonly salt: Buffer | null
  readonly body: string | null
}

/** One record with its bytes, if the scope shows it. */
export async function findRecord(tx: Db | Tx, recordId: string, scope: SearchScope): Promise<RecordRow | undefined> {
  const { rows } = await sql<RecordRow>`
    select ${summaryColumns}, convert_from(r.header, 'UTF8') as header, b.salt, convert_from(b.body, 'UTF8') as body
      from archive.findable s
        join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        ${summaryJoins}
      where s.recorded_at = archive.id_time(${recordId}::uuid) and s.record_id = ${recordId}::uuid
        and ${inScope(scope, sql`s.unit_id`)}`.execute(tx)
  return rows[0]
}

/** Does the scope show any record of the post, and all of them? A post of another unit does not exist. */
export async function isPostInScope(tx: Db | Tx, postId: string, scope: SearchScope): Promise<boolean> {
  const { rows } = await sql<{ seen: boolean }>`
    select exists (select from archive.findable s where s.post_id = ${postId} and ${inScope(scope, sql`s.unit_id`)}) as seen`.execute(
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
