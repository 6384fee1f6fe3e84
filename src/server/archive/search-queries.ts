import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { RecordSummary } from '#shared/api/archive.ts'
import type { SearchCondition } from './search-condition.ts'
import { noId, type Month } from './search-months.ts'

export interface FacetRow {
  readonly type: string
  readonly network: string | null
  readonly verdict: string | null
  readonly count: number
}

/** A record as the searchable copy holds it, before names and seals are looked up. */
export interface FoundRow {
  readonly recordId: string
  readonly recordedAt: Instant
  readonly type: string
  readonly actorId: string
  readonly authorId: string | null
  readonly postId: string | null
  readonly unitId: string | null
  readonly profileId: string | null
  readonly network: string | null
  readonly verdict: string | null
  readonly retentionClass: string
  readonly excerpt: string
}

/** What one look found: everything by facet, and the newest rows. */
export interface Survey {
  readonly facets: readonly FacetRow[]
  readonly page: readonly FoundRow[]
}

const columns = sql`s.recorded_at, s.record_id, s.type, s.actor_id, s.unit_id, s.author_id, s.post_id, s.profile_id, s.network,
  s.verdict, s.retention_class, s.excerpt`

const columnsAsked = sql`s.record_id as "recordId", s.recorded_at as "recordedAt", s.type, s.actor_id as "actorId", s.author_id as "authorId",
  s.post_id as "postId", s.unit_id as "unitId", s.profile_id as "profileId", s.network, s.verdict,
  s.retention_class as "retentionClass", s.excerpt`

/** Facets and newest rows of `found`, a query of `columns`. */
function surveyOf(found: RawBuilder<unknown>, after: Position | undefined, rows: number): RawBuilder<unknown> {
  const older =
    after === undefined
      ? sql``
      : sql`where (s.recorded_at, s.record_id) < (${after.at}::timestamptz, ${after.id}::uuid)`
  return sql`
    (select coalesce(json_agg(f), '[]') from (
      select s.type, s.network, s.verdict, count(*) as count from ${found} s group by s.type, s.network, s.verdict) f) as facets,
    (select coalesce(json_agg(p), '[]') from (
      select ${columnsAsked} from ${found} s ${older} order by s.recorded_at desc, s.record_id desc limit ${rows}) p) as page`
}

interface SurveyRow {
  readonly facets: FacetRow[]
  readonly page: FoundRow[]
}

// JSON writes times in another form than an `Instant`.
function toSurvey({ facets, page }: SurveyRow): Survey {
  return { facets, page: page.map((row) => ({ ...row, recordedAt: new Date(row.recordedAt).toISOString() })) }
}

/**
 * One snapshot for all statements of a search: what is being indexed meanwhile is found in the tail or in the index, once.
 * The settings are a search's own, so that no plan depends on how somebody configured the server.
 */
export async function beginSearch(tx: Tx): Promise<void> {
  await sql`set transaction isolation level repeatable read`.execute(tx)
  await useScans(tx, 'ordered')
}

const scans = {
  /** Reads indexes in their order and stops early. */
  ordered: { enable_indexscan: 'on', enable_indexonlyscan: 'on', enable_bitmapscan: 'off', enable_seqscan: 'off', enable_sort: 'off' },
  /** Asks indexes which rows there are, and reads only those. */
  collected: { enable_indexscan: 'off', enable_indexonlyscan: 'off', enable_bitmapscan: 'on', enable_seqscan: 'off', enable_sort: 'on' },
  /** Whatever is cheapest, on all processors. */
  any: { enable_indexscan: 'on', enable_indexonlyscan: 'on', enable_bitmapscan: 'on', enable_seqscan: 'on', enable_sort: 'on' },
} // prettier-ignore

/** How the statements after this one read: the planner knows too little of words to choose. */
export async function useScans(tx: Tx, kind: keyof typeof scans): Promise<void> {
  const settings = { ...scans[kind], jit: 'off', work_mem: '32MB' }
  await sql`select set_config(key, value, true) from json_each_text(${JSON.stringify(settings)}::json)`.execute(tx)
}

/** Partitions of the searchable copy that hold records, the newest first. */
export async function readMonths(tx: Tx, now: Instant): Promise<Month[]> {
  const { rows } = await sql<Month>`
    with part as materialized (
      select relname, ceil(size / 8192.0 * case when reltuples > 0 and relpages > 0 then reltuples / relpages else 6 end)::float8 as rows
        from pg_inherits join pg_class c on c.oid = inhrelid cross join lateral pg_relation_size(c.oid) size
        where inhparent = 'archive.search'::regclass and size > 0
    ), month as (
      select (first at time zone 'UTC')::timestamptz as "from", ((first + interval '1 month') at time zone 'UTC')::timestamptz as "to", rows
        from part cross join lateral (select to_timestamp(right(relname, 7), 'YYYY_MM')::date::timestamp as first) m
        where relname <> 'search_default'
      union all
      select low, high + interval '1 ms', rows
        from part cross join lateral (select min(recorded_at) as low, max(recorded_at) as high from archive.search_default) d
        where relname = 'search_default' and low is not null
    )
    select "from", "to", greatest(least("to", ${now}::timestamptz), "from" + interval '1 ms') as "filledTo", rows
      from month order by "from" desc`.execute(tx)
  return rows
}

/** What is archived and not indexed yet. Vectors are made of those rows only that meet the rest of the condition. */
export async function surveyTail(
  tx: Tx,
  where: RawBuilder<SqlBool>,
  after: Position | undefined,
  rows: number,
): Promise<Survey> {
  const { rows: found } = await sql<SurveyRow>`
    with found as materialized (
      select ${columns} from (
          select t.*, archive.search_vector(t.words, t.language) as vector from archive.tail() t
        ) s where ${where}
    )
    select ${surveyOf(sql`found`, after, rows)}`.execute(tx)
  return toSurvey(found[0]!)
}

export interface Walk extends Survey {
  readonly looked: number
  /** Rows that an index would have led to. */
  readonly candidates: number
  /** The last row that was looked at; undefined when there were no more. */
  readonly last: Position | undefined
}

/** Looks at the rows before a position one by one, `most` of them, not before `from`, and keeps those that are asked for. */
export async function walkBack(
  tx: Tx,
  condition: SearchCondition,
  stretch: { readonly before: Position; readonly from: Instant },
  most: number,
  rows: number,
): Promise<Walk> {
  const ordered = condition.ordered === undefined ? sql`` : sql` and ${condition.ordered}`
  const stepped = sql`from archive.search s where ${within(stretch)}${ordered} order by s.recorded_at desc, s.record_id desc`
  const { rows: found } = await sql<SurveyRow & { looked: number; candidates: number; last: Position | null }>`
    with candidate as materialized (
      select ${columns}, (${condition.where}) as hit from (select * ${stepped} limit ${most}) s
        where ${condition.candidates ?? condition.where}
    ), found as (select * from candidate where hit)
    select (select count(*) from (select ${stepped} limit ${most}) s) as looked, (select count(*) from candidate) as candidates,
      (select json_build_object('at', s.recorded_at, 'id', s.record_id) from (
        select s.recorded_at, s.record_id ${stepped} offset ${most - 1} limit 1) s) as last,
      ${surveyOf(sql`found`, undefined, rows)}`.execute(tx)
  const { looked, candidates, last } = found[0]!
  const position = last === null ? undefined : { at: new Date(last.at).toISOString(), id: last.id }
  return { ...toSurvey(found[0]!), looked, candidates, last: position }
}

/** Everything of a stretch that is asked for; undefined when that is more than `most` rows. Needs the scans `collected`. */
export async function collectBack(
  tx: Tx,
  where: RawBuilder<SqlBool>,
  stretch: { readonly before: Position; readonly from: Instant },
  most: number,
  rows: number,
): Promise<Survey | undefined> {
  const { rows: found } = await sql<SurveyRow & { count: number }>`
    with found as materialized (
      select ${columns} from archive.search s where ${within(stretch)} and ${where} limit ${most + 1}
    )
    select (select count(*) from found) as count, ${surveyOf(sql`found`, undefined, rows)}`.execute(tx)
  return found[0]!.count > most ? undefined : toSurvey(found[0]!)
}

// Both bounds by time alone as well: partitions are left out by them.
function within({ before, from }: { readonly before: Position; readonly from: Instant }): RawBuilder<unknown> {
  const upper =
    before.id === noId
      ? sql`s.recorded_at < ${before.at}::timestamptz`
      : sql`s.recorded_at <= ${before.at}::timestamptz and (s.recorded_at, s.record_id) < (${before.at}::timestamptz, ${before.id}::uuid)`
  return sql`s.recorded_at >= ${from}::timestamptz and ${upper}`
}

/** Everything that is asked for, counted to the end: as long as it takes. */
export async function countAll(tx: Tx, where: RawBuilder<SqlBool>): Promise<FacetRow[]> {
  const { rows } = await sql<FacetRow>`
    select s.type, s.network, s.verdict, count(*) as count from archive.findable s where ${where}
      group by s.type, s.network, s.verdict`.execute(tx)
  return rows
}

/** Names, log indexes and seals of found rows, in their order. */
export async function summarise(tx: Tx, found: readonly FoundRow[]): Promise<RecordSummary[]> {
  const { rows } = await sql<Pick<RecordSummary, 'actor' | 'author' | 'logIndex' | 'sealed'>>`
    select json_build_object('userId', f.actor_id, 'displayName', coalesce(actor.display_name, 'Containment gateway')) as actor,
        case when f.author_id is null then null
          else json_build_object('userId', f.author_id, 'displayName', coalesce(author.display_name, '')) end as author,
        l.log_index as "logIndex", coalesce(l.log_index < (select max(tree_size) from archive.checkpoint), false) as sealed
      from unnest(${found.map((row) => row.recordId)}::uuid[], ${found.map((row) => row.actorId)}::uuid[],
          ${found.map((row) => row.authorId)}::uuid[]) with ordinality as f (record_id, actor_id, author_id, place)
        left join app_user actor on actor.id = f.actor_id
        left join app_user author on author.id = f.author_id
        left join archive.leaf l on l.record_id = f.record_id
      order by f.place`.execute(tx)
  return found.map(({ actorId: _actor, authorId: _author, ...row }, at) => ({ ...row, ...rows[at]! }))
}
