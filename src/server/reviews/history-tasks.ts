import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { Verdict } from '#server/policies/finding.ts'
import type { Judgements, PastPosts } from '#server/policies/judge-past.ts'
import { keyedRevisions, unreadRevisions } from '#server/posts/index-touch.ts'
import { historyOf, isOfPeriod, type Period } from './simulation-queries.ts'

/** Some past posts: the verdicts after one place of the history up to another one, or those of named revisions. */
export type HistoryTask =
  | { readonly after: Position | null; readonly upTo: Position | null }
  | { readonly revisionIds: readonly string[] }

/** Verdicts that one task looks at, at most: what a thread holds at once. */
export const taskSize = 500
const idsAtOnce = 50 * taskSize

/** How many verdicts all tasks look at. More than there are posts: drafts and what was judged anew are among them. */
export async function countHistory(db: Db, period: Period): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${period.touchKeys === null ? verdictsOf(period) : await touched(db, period.touchKeys, null)}`.execute(
    db,
  )
  return rows[0]!.count
}

/** The history in tasks, oldest first; with touch keys, by revision. Only the places are read here, never a post. */
export function cutHistory(db: Db, period: Period): AsyncGenerator<HistoryTask> {
  return period.touchKeys === null ? cutByTime(db, period) : cutByRevision(db, period.touchKeys)
}

/** Each place is a step of so many entries along the index, from the one before. */
async function* cutByTime(db: Db, period: Period): AsyncGenerator<HistoryTask> {
  for (let after: Position | null = null; ;) {
    const { rows }: { rows: Position[] } = await sql<Position>`
      select e.evaluated_at as at, e.id from ${verdictsOf(period)} and ${isAfter(after)}
        order by e.evaluated_at, e.id offset ${taskSize - 1} limit 1`.execute(db)
    const upTo: Position | null = rows[0] ?? null
    yield { after, upTo }
    if (upTo === null) return
    after = upTo
  }
}

async function* cutByRevision(db: Db, keys: readonly number[]): AsyncGenerator<HistoryTask> {
  for (let after: string | null = null; ;) {
    const { rows }: { rows: { id: string }[] } = await sql<{ id: string }>`
      select id from ${await touched(db, keys, after)} order by id limit ${idsAtOnce}`.execute(db)
    const ids = rows.map(({ id }) => id)
    for (let at = 0; at < ids.length; at += taskSize) yield { revisionIds: ids.slice(at, at + taskSize) }
    if (ids.length < idsAtOnce) return
    after = ids.at(-1)!
  }
}

/** What was handed in in a period: an index alone answers what is asked of it here. */
function verdictsOf(period: Period): RawBuilder<unknown> {
  return sql`policy_evaluation e where ${isOfPeriod(period)}`
}

function isAfter(place: Position | null): RawBuilder<unknown> {
  return place === null ? sql`true` : sql`(e.evaluated_at, e.id) > (${place.at}::timestamptz, ${place.id}::uuid)`
}

/** Revisions that have one of the keys, and those that the index does not hold yet. */
async function touched(db: Db, keys: readonly number[], after: string | null): Promise<RawBuilder<unknown>> {
  const isLater = (id: RawBuilder<unknown>) => (after === null ? sql`true` : sql`${id} > ${after}::uuid`)
  return sql`(select t.id from ${keyedRevisions(keys)} where ${isLater(sql`t.id`)}
    union all select r.id from ${await unreadRevisions(db)} and ${isLater(sql`r.id`)}) v`
}

interface PackedHistory {
  readonly ids: string | null
  readonly verdicts: string | null
  readonly inputs: string | null
  readonly firstAt: Instant | null
}

/** Stands between two inputs: no JSON text has it, inside of a string or out. */
const between = '\u001e'

/**
 * The posts of one task, packed in the database into one row: a row for each costs more than what is in it. `db` is a
 * connection of the thread's own (`plainPlans`).
 */
export async function readHistory(db: Db, period: Period, task: HistoryTask): Promise<PastPosts> {
  const { rows } = await sql<PackedHistory>`
    select string_agg(e.revision_id::text, ',') as ids, string_agg(e.verdict, ',') as verdicts,
      string_agg(e.inputs::text, ${between}) as inputs, min(e.evaluated_at) as "firstAt"
    from ${historyOf(period, isOfTask(task))}`.execute(db)
  const { ids, verdicts, inputs, firstAt } = rows[0]!
  return {
    ids: ids?.split(',') ?? [],
    verdicts: (verdicts?.split(',') ?? []) as Verdict[],
    // Each is parsed when its turn has come, and forgotten at once.
    inputs: inputs?.split(between) ?? [],
    firstAt: firstAt ?? undefined,
    judgementsOf: (wanted) => readJudgements(db, wanted),
  }
}

function isOfTask(task: HistoryTask): RawBuilder<unknown> {
  if ('revisionIds' in task) return sql`e.revision_id = any (${task.revisionIds}::uuid[])`
  const { after, upTo } = task
  return sql`${isAfter(after)} and ${upTo === null ? sql`true` : sql`(e.evaluated_at, e.id) <= (${upTo.at}::timestamptz, ${upTo.id}::uuid)`}`
}

/** What closed reviews said of the findings of revisions, the last word of each rule. */
async function readJudgements(db: Db, revisionIds: readonly string[]): Promise<Map<string, Judgements>> {
  const { rows } = await sql<{ id: string; said: Judgements }>`
    select v.revision_id as id, jsonb_object_agg(j.key, j.value order by d.decided_at, d.id) as said
      from review v join review_decision d on d.review_id = v.id, jsonb_each(d.finding_judgements) j
      where v.revision_id = any (${revisionIds}::uuid[]) and v.closed_at is not null and d.finding_judgements <> '{}'
      group by v.revision_id`.execute(db)
  return new Map(rows.map(({ id, said }) => [id, said]))
}

/**
 * For a connection that reads history and nothing else: a task is some rows that stand together, found and joined through
 * indexes. Planned for any task at once, they could as well be half the table.
 */
export const plainPlans = `set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off;
  set enable_bitmapscan = off; set jit = off; set max_parallel_workers_per_gather = 0`
