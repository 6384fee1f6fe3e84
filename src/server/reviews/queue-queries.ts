import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { inScope, type SearchScope } from '#server/archive/search-scope.ts'
import type { Db } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import { selectReviews, type ReviewRow } from './queries.ts'

export interface QueueFilter {
  readonly statuses: readonly string[]
  readonly assignee?: string | undefined
  readonly unit?: string | undefined
  readonly network?: string | undefined
  readonly severity?: string | undefined
}

/** Who looks: in which units, as whom, at which time. */
export interface QueueReader {
  readonly scope: SearchScope
  readonly userId: string
  readonly now: string
}

/** Most urgent first, oldest first, or last decided first. */
export type QueueOrder = 'due' | 'created' | 'closed'

const orders = {
  due: { column: 'review.due_at', direction: 'asc', isBeyond: sql`>` },
  created: { column: 'review.created_at', direction: 'asc', isBeyond: sql`>` },
  closed: { column: 'review.closed_at', direction: 'desc', isBeyond: sql`<` },
} as const

/** One page of the queue: what is asked for, in which order, after which row. */
export interface QueuePage {
  readonly filter: QueueFilter
  readonly order: QueueOrder
  readonly after: Position | undefined
  readonly limit: number
}

/** The queue in the reviewer's scope. In the order of closing there is only what is closed. */
export async function findQueue(
  db: Db,
  reader: QueueReader,
  { filter, order, after, limit }: QueuePage,
): Promise<ReviewRow[]> {
  const { column, direction, isBeyond } = orders[order]
  // The page is cut before anything is joined to it: what a filter keeps is more than a planner guesses.
  const page = db
    .selectFrom('review')
    .select('review.id')
    .where(isVisible(reader))
    .where(matchesFilter(reader, filter))
    .where(column, 'is not', null)
    .where(
      after === undefined
        ? sql<boolean>`true`
        : sql<boolean>`(${sql.ref(column)}, review.id) ${isBeyond} (${after.at}, ${after.id}::uuid)`,
    )
    .orderBy(column, direction)
    .orderBy('review.id', direction)
    .limit(limit)
  const rows = await selectReviews(db)
    .where('review.id', 'in', page)
    .orderBy(column, direction)
    .orderBy('review.id', direction)
    .execute()
  return rows as unknown as ReviewRow[]
}

/** So many reviews of a status are counted, and so many of the chosen ones looked at: nobody reads further, and years would take seconds. */
export const countedAtMost = 10_000

/** Counts by facet of what the filter's statuses cover in the reviewer's scope, and how much there is of each status. */
export async function countFacets(
  db: Db,
  reader: QueueReader,
  statuses: readonly string[],
): Promise<{ facet: string; value: string; count: number }[]> {
  const { rows } = await sql<{ facet: string; value: string; count: number }>`
    with chosen as materialized (
      select coalesce(review.severity, 'none') as severity, review.networks, review.unit_id, review.claimed_by, review.claimed_until
      from review where ${hasStatus(statuses)} and ${isVisible(reader)} limit ${countedAtMost}
    )
    select 'status' as facet, one.status as value, (select count(*)::int from (
      select from review where review.status = one.status and ${isVisible(reader)} limit ${countedAtMost}) counted) as count
      from unnest(array['open', 'waiting', 'approved', 'rejected', 'changes_requested', 'voided']) one (status)
    union all select 'severity', severity, count(*)::int from chosen group by severity
    union all select 'network', n, count(*)::int from chosen, unnest(networks) n group by n
    union all select 'unit', unit_id::text, count(*)::int from chosen group by unit_id
    union all select 'assignee', case when claimed_by is null or claimed_until < ${reader.now} then 'none'
      when claimed_by = ${reader.userId} then 'me' else claimed_by::text end, count(*)::int from chosen group by 2`.execute(
    db,
  )
  return rows.filter(({ count }) => count > 0)
}

// The units as values and not as a join: so the planner knows whether they are a branch or nearly everything.
function isVisible({ scope }: QueueReader): RawBuilder<SqlBool> {
  return inScope(scope, sql`review.unit_id`)
}

// One status alone is read in the order of its index.
function hasStatus(statuses: readonly string[]): RawBuilder<SqlBool> {
  const [only, ...more] = statuses
  return more.length === 0
    ? sql<SqlBool>`review.status = ${only ?? ''}`
    : sql<SqlBool>`review.status = any(${[...statuses]}::text[])`
}

function matchesFilter({ userId, now }: QueueReader, filter: QueueFilter) {
  const claimer = filter.assignee === 'me' ? userId : filter.assignee === 'none' ? null : (filter.assignee ?? null)
  const mine =
    filter.assignee === undefined
      ? sql<boolean>`true`
      : claimer === null
        ? sql<boolean>`(review.claimed_by is null or review.claimed_until < ${now}) and review.assigned_to is null`
        : sql<boolean>`((review.claimed_by = ${claimer}::uuid and review.claimed_until >= ${now}) or review.assigned_to = ${claimer}::uuid)`
  return sql<boolean>`${hasStatus(filter.statuses)} and ${mine}
    and (${filter.unit ?? null}::uuid is null or review.unit_id = any(array(select id from unit where path @> array[${filter.unit ?? null}::uuid])))
    and (${filter.network ?? null}::text is null or ${filter.network ?? null}::text = any(review.networks))
    and (${filter.severity ?? null}::text is null or review.severity = ${filter.severity ?? null}::text)`
}

export interface QueueSummaryRow {
  readonly open: number
  readonly overdue: number
  readonly claimedByMe: number
  readonly oldestOpenAt: string | null
  readonly decidedToday: number
  readonly decidedLast7Days: number
  readonly medianMinutesToDecision: number | null
  readonly p90MinutesToDecision: number | null
}

/** Ages and throughput of the reviewer's scope. Days are UTC. */
export async function findQueueSummary(db: Db, reader: QueueReader): Promise<QueueSummaryRow> {
  const { now, userId } = reader
  const { rows } = await sql<QueueSummaryRow>`
    with opened as materialized (select review.* from review where review.status = 'open' and ${isVisible(reader)}),
    decided as materialized (select d.decided_at, extract(epoch from d.decided_at - review.created_at) / 60 as minutes
      from review_decision d join review on review.id = d.review_id
      where d.decided_at >= ${now}::timestamptz - interval '7 days' and ${isVisible(reader)})
    select
      (select count(*)::int from opened) as "open",
      (select count(*)::int from opened where due_at < ${now}) as "overdue",
      (select count(*)::int from opened where claimed_by = ${userId} and claimed_until >= ${now}) as "claimedByMe",
      (select min(created_at) from opened) as "oldestOpenAt",
      (select count(*)::int from decided where decided_at >= date_trunc('day', ${now}::timestamptz at time zone 'UTC') at time zone 'UTC') as "decidedToday",
      (select count(*)::int from decided) as "decidedLast7Days",
      (select percentile_cont(0.5) within group (order by minutes)::float8 from decided) as "medianMinutesToDecision",
      (select percentile_cont(0.9) within group (order by minutes)::float8 from decided) as "p90MinutesToDecision"`.execute(
    db,
  )
  return rows[0]!
}
