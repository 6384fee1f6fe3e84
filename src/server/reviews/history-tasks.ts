import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { Verdict } from '#server/policies/finding.ts'
import type { PastPosts, StandingFindings } from '#server/policies/judge-past.ts'
import type { Judgements } from '#server/policies/simulation-tally.ts'
import { openTouched, type KeptVerdicts } from './kept-verdicts.ts'
import { historyOf, isOfPeriod, type Period } from './simulation-queries.ts'

/** Some past posts: the verdicts after one place of the history up to another one. */
export interface HistoryTask {
  readonly after: Position | null
  readonly upTo: Position | null
}

/** Verdicts that one task looks at, at most: what a thread holds at once. */
export const taskSize = 500

/** How many verdicts all tasks look at. More than there are posts: what was handed in twice is among them. */
export async function countHistory(db: Db, period: Period): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${verdictsOf(period)}`.execute(db)
  return rows[0]!.count
}

/**
 * The history in tasks, oldest first: each place is a step of so many entries along the index, from the one before. Only the
 * places are read here, never a post.
 */
export async function* cutHistory(db: Db, period: Period): AsyncGenerator<HistoryTask> {
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

/** What was handed in in a period: an index alone answers what is asked of it here. */
function verdictsOf(period: Period): RawBuilder<unknown> {
  return sql`policy_evaluation e where ${isOfPeriod(period)}`
}

function isAfter(place: Position | null): RawBuilder<unknown> {
  return place === null ? sql`true` : sql`(e.evaluated_at, e.id) > (${place.at}::timestamptz, ${place.id}::uuid)`
}

interface PackedHistory {
  readonly ids: string | null
  readonly verdicts: string | null
  /** The input of each; with `KeptVerdicts` rules and approvals of those that may stand. */
  readonly contents: string | null
  /** Only with `KeptVerdicts`. */
  readonly evaluationIds: string | null
  readonly firstAt: Instant | null
}

/** Stands between two inputs: no JSON text has it, inside of a string or out. */
const between = '\u001e'

/**
 * The posts of one task, packed in the database into one row: a row for each costs more than what is in it. What `kept`
 * says to stand comes without its input. `db` is a connection of the thread's own (`plainPlans`).
 */
export async function readHistory(
  db: Db,
  period: Period,
  task: HistoryTask,
  kept: KeptVerdicts | undefined,
): Promise<PastPosts> {
  const [contents, evaluationIds] =
    kept === undefined
      ? [sql`string_agg(e.inputs::text, ${between})`, sql`null`]
      : [sql`string_agg(${foundUnder(kept.versions)}, ${between})`, sql`string_agg(e.id::text, ',')`]
  const { rows } = await sql<PackedHistory>`
    select string_agg(e.revision_id::text, ',') as ids, string_agg(e.verdict, ',') as verdicts,
      ${contents} as contents, ${evaluationIds} as "evaluationIds", min(e.evaluated_at) as "firstAt"
    from ${historyOf(period, isOfTask(task))}`.execute(db)
  const row = rows[0]!
  const ids = row.ids?.split(',') ?? []
  const given = row.contents?.split(between) ?? []
  return {
    ids,
    verdicts: (row.verdicts?.split(',') ?? []) as Verdict[],
    // Each is parsed when its turn has come, and forgotten at once.
    inputs: kept === undefined ? given : await readTouched(db, kept, { ids, given, row }),
    firstAt: row.firstAt ?? undefined,
    judgementsOf: (wanted) => readJudgements(db, wanted),
  }
}

/** Nothing where the verdict cannot stand; else `[rules, approvals of each stage]`, short where both are empty. */
function foundUnder(versions: readonly string[]): RawBuilder<unknown> {
  return sql`case when e.policy_version <> all (${versions}::text[]) then ''
    when e.findings = '[]' and e.required_stages = '[]' then '[[],[]]'
    else '[' || jsonb_path_query_array(e.findings, '$[*].ruleId')::text || ',' || jsonb_path_query_array(e.required_stages, '$[*].need')::text || ']' end`
}

interface Read {
  readonly ids: readonly string[]
  readonly given: readonly string[]
  readonly row: PackedHistory
}

/** What stands, as it was found; of all others the inputs, which are read now. */
async function readTouched(db: Db, kept: KeptVerdicts, { ids, given, row }: Read): Promise<PastPosts['inputs']> {
  const isTouched = openTouched(kept)
  const evaluationIds = row.evaluationIds?.split(',') ?? []
  const found = new Map<string, StandingFindings>()
  const inputs: (string | StandingFindings)[] = []
  const wanted: number[] = []
  for (const [place, text] of given.entries()) {
    if (text === '' || isTouched(ids[place]!)) wanted.push(place)
    else {
      let standing = found.get(text)
      if (standing === undefined) found.set(text, (standing = toStanding(text)))
      inputs[place] = standing
    }
  }
  if (wanted.length === 0) return inputs
  const { rows } = await sql<{ inputs: string }>`
    select string_agg(e.inputs::text, ${between} order by w.n) as inputs
      from unnest(${wanted.map((place) => evaluationIds[place]!)}::uuid[]) with ordinality w (id, n) join policy_evaluation e on e.id = w.id`.execute(
    db,
  )
  for (const [at, input] of rows[0]!.inputs.split(between).entries()) inputs[wanted[at]!] = input
  return inputs
}

function toStanding(text: string): StandingFindings {
  const [rules, needs] = JSON.parse(text) as [string[], number[]]
  return { rules, approvals: needs.reduce((sum, need) => sum + need, 0) }
}

function isOfTask({ after, upTo }: HistoryTask): RawBuilder<unknown> {
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
