import { sql } from 'kysely'
import { scopeUnits, type Actor } from '#server/platform/actor.ts'
import type { Db } from '#server/platform/database.ts'
import { selectReviews, type ReviewRow } from './queries.ts'

export interface QueueFilter {
  readonly statuses: readonly string[]
  readonly assignee?: string | undefined
  readonly unit?: string | undefined
  readonly network?: string | undefined
  readonly severity?: string | undefined
}

/** One page of the queue: what is asked for, in which order, after which row. */
export interface QueuePage {
  readonly filter: QueueFilter
  readonly sort: 'due' | 'created'
  readonly after: { readonly at: string; readonly id: string } | undefined
  readonly limit: number
  readonly now: string
}

/** The queue in the reviewer's scope. */
export async function findQueue(
  db: Db,
  actor: Actor,
  { filter, sort, after, limit, now }: QueuePage,
): Promise<ReviewRow[]> {
  const order = sort === 'due' ? ('review.due_at' as const) : ('review.created_at' as const)
  const rows = await selectReviews(db)
    .where(inScope(actor))
    .where(matchesFilter(actor, filter, now))
    .where(
      after === undefined
        ? sql<boolean>`true`
        : sql<boolean>`(${sql.ref(order)}, review.id) > (${after.at}, ${after.id}::uuid)`,
    )
    .orderBy(order)
    .orderBy('review.id')
    .limit(limit)
    .execute()
  return rows as unknown as ReviewRow[]
}

/** Counts by facet of everything that the filter's statuses cover in the reviewer's scope. */
export async function countFacets(
  db: Db,
  actor: Actor,
  statuses: readonly string[],
  now: string,
): Promise<{ facet: string; value: string; count: number }[]> {
  const { rows } = await sql<{ facet: string; value: string; count: number }>`
    with seen as materialized (
      select review.status, coalesce(review.severity, 'none') as severity, review.networks, review.unit_id, review.claimed_by, review.claimed_until
      from review join unit on unit.id = review.unit_id where ${inScope(actor)}
    ), chosen as (select * from seen where status = any(${statuses}::text[]))
    select 'status' as facet, status as value, count(*)::int as count from seen group by status
    union all select 'severity', severity, count(*)::int from chosen group by severity
    union all select 'network', n, count(*)::int from chosen, unnest(networks) n group by n
    union all select 'unit', unit_id::text, count(*)::int from chosen group by unit_id
    union all select 'assignee', case when claimed_by is null or claimed_until < ${now} then 'none'
      when claimed_by = ${actor.userId} then 'me' else claimed_by::text end, count(*)::int from chosen group by 2`.execute(
    db,
  )
  return rows
}

function inScope(actor: Actor) {
  return sql<boolean>`(unit.path && ${scopeUnits(actor, 'review.read')}::uuid[])`
}

function matchesFilter(actor: Actor, filter: QueueFilter, now: string) {
  const claimer =
    filter.assignee === 'me' ? actor.userId : filter.assignee === 'none' ? null : (filter.assignee ?? null)
  const mine =
    filter.assignee === undefined
      ? sql<boolean>`true`
      : claimer === null
        ? sql<boolean>`(review.claimed_by is null or review.claimed_until < ${now}) and review.assigned_to is null`
        : sql<boolean>`((review.claimed_by = ${claimer}::uuid and review.claimed_until >= ${now}) or review.assigned_to = ${claimer}::uuid)`
  return sql<boolean>`review.status = any(${filter.statuses}::text[]) and ${mine}
    and (${filter.unit ?? null}::uuid is null or ${filter.unit ?? null}::uuid = any(unit.path))
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
export async function findQueueSummary(db: Db, actor: Actor, now: string): Promise<QueueSummaryRow> {
  const { rows } = await sql<QueueSummaryRow>`
    with mine as (select review.* from review join unit on unit.id = review.unit_id where ${inScope(actor)}),
    decided as (select d.decided_at, extract(epoch from d.decided_at - m.created_at) / 60 as minutes
      from mine m join review_decision d on d.review_id = m.id where d.decided_at >= ${now}::timestamptz - interval '7 days')
    select
      (select count(*)::int from mine where status = 'open') as "open",
      (select count(*)::int from mine where status = 'open' and due_at < ${now}) as "overdue",
      (select count(*)::int from mine where status = 'open' and claimed_by = ${actor.userId} and claimed_until >= ${now}) as "claimedByMe",
      (select min(created_at) from mine where status = 'open') as "oldestOpenAt",
      (select count(*)::int from decided where decided_at >= date_trunc('day', ${now}::timestamptz at time zone 'UTC') at time zone 'UTC') as "decidedToday",
      (select count(*)::int from decided) as "decidedLast7Days",
      (select percentile_cont(0.5) within group (order by minutes)::float8 from decided) as "medianMinutesToDecision",
      (select percentile_cont(0.9) within group (order by minutes)::float8 from decided) as "p90MinutesToDecision"`.execute(
    db,
  )
  return rows[0]!
}
