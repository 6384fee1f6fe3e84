import { sql, type RawBuilder } from 'kysely'
import { inScope, type SearchScope } from '#server/archive/search-scope.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Finding } from '#server/policies/finding.ts'

export interface PrecisionPeriod {
  readonly scope: SearchScope
  readonly from: Instant | null
  readonly to: Instant
}

/** What one rule found in a period, what reviewers said of it, and what it cost them. */
export interface RuleFigures {
  readonly ruleId: string
  readonly hits: number
  readonly judgedTrue: number
  readonly judgedFalse: number
  readonly minutes: number
}

/** The hits `h` of a period: of each revision those of the last verdict with which it was handed in before its end. */
function hitsOf({ scope, from, to }: PrecisionPeriod): RawBuilder<unknown> {
  return sql`rule_hit h where h.found_at < ${to} and ${from === null ? sql`true` : sql`h.found_at >= ${from}`}
    and (h.superseded_at is null or h.superseded_at >= ${to}) and ${inScope(scope, sql`h.unit_id`)}`
}

export async function findRuleFigures(db: Db, period: PrecisionPeriod): Promise<RuleFigures[]> {
  const { rows } = await sql<RuleFigures>`
    select h.rule_id as "ruleId", sum(h.findings) as hits, sum(h.minutes) as minutes,
      coalesce(sum(h.findings) filter (where h.judged), 0) as "judgedTrue",
      coalesce(sum(h.findings) filter (where not h.judged), 0) as "judgedFalse"
    from ${hitsOf(period)} group by h.rule_id`.execute(db)
  return rows
}

/** When the last of so many judged hits of a period was found, counted from the newest; null where there are fewer. */
export async function findNthJudged(db: Db, period: PrecisionPeriod, n: number): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant }>`
    select h.found_at as at from ${hitsOf(period)} and h.judged is not null
      order by h.found_at desc offset ${n - 1} limit ${1}`.execute(db)
  return rows[0]?.at ?? null
}

/** Words that stood beside wrong hits of a rule, and how often. */
export interface WrongUse {
  readonly ruleId: string
  readonly phrase: string
  readonly falseHits: number
}

/** What was read of hits whose words are not kept yet. */
export interface ReadUse {
  readonly ruleId: string
  readonly phrase: string
  readonly wrong: number
  readonly needed: number
}

/** The phrases that stood in at least so many wrong hits of a rule and in no right one, the most frequent of each rule. */
export async function findWrongUses(
  db: Db,
  period: PrecisionPeriod,
  { read, atLeast, atMost }: { read: readonly ReadUse[]; atLeast: number; atMost: number },
): Promise<WrongUse[]> {
  const { rows } = await sql<WrongUse>`
    with read as (
      select * from unnest(${read.map((use) => use.ruleId)}::text[], ${read.map((use) => use.phrase)}::text[],
        ${read.map((use) => use.wrong)}::integer[], ${read.map((use) => use.needed)}::integer[]) r (rule_id, phrase, wrong, needed)
    ), wrong as materialized (
      select rule_id, phrase, sum(wrong) as wrong from (
        select h.rule_id, phrase, count(*) as wrong
          from (select * from ${hitsOf(period)} and not h.judged) h, unnest(h.neighbours) phrase group by 1, 2
        union all
        select rule_id, phrase, wrong from read) w group by 1, 2 having sum(wrong) >= ${atLeast}
    ), needed as (
      select h.rule_id, phrase from (select * from ${hitsOf(period)} and h.judged) h, unnest(h.neighbours) phrase
      union all
      select rule_id, phrase from read where needed > 0
    ), placed as (
      select w.*, row_number() over (partition by rule_id order by wrong desc, phrase collate "C") as place from wrong w
        where not exists (select from needed n where n.rule_id = w.rule_id and n.phrase = w.phrase)
    )
    select rule_id as "ruleId", phrase, wrong::integer as "falseHits" from placed where place <= ${atMost} order by rule_id, place`.execute(
    db,
  )
  return rows
}

/** A judged hit whose neighbouring words are not kept yet, with the text and the findings of its verdict. */
export interface UnreadHit {
  readonly revisionId: string
  readonly evaluationId: string
  readonly ruleId: string
  readonly judged: boolean
  readonly text: string
  readonly findings: readonly Finding[]
}

const unread = sql`h.judged is not null and h.neighbours is null`
const unreadColumns = sql`h.revision_id as "revisionId", h.evaluation_id as "evaluationId", h.rule_id as "ruleId", h.judged,
  (select text from post_revision where id = h.revision_id) as text,
  (select findings from policy_evaluation where id = h.evaluation_id) as findings`

/** Those of a period after one of them, at most so many. */
export async function findUnreadHits(
  db: Db,
  period: PrecisionPeriod,
  after: UnreadHit | undefined,
  limit: number,
): Promise<UnreadHit[]> {
  const isAfter =
    after === undefined
      ? sql`true`
      : sql`(h.revision_id, h.evaluation_id, h.rule_id) > (${after.revisionId}::uuid, ${after.evaluationId}::uuid, ${after.ruleId})`
  const { rows } = await sql<UnreadHit>`
    select ${unreadColumns} from ${hitsOf(period)} and ${unread} and ${isAfter}
      order by h.revision_id, h.evaluation_id, h.rule_id limit ${limit}`.execute(db)
  return rows
}

/** Some that nobody else has in hand. */
export async function lockUnreadHits(tx: Tx, limit: number): Promise<UnreadHit[]> {
  const { rows } = await sql<UnreadHit>`
    select ${unreadColumns} from rule_hit h where ${unread} limit ${limit} for update skip locked`.execute(tx)
  return rows
}

export async function keepNeighbours(
  tx: Tx,
  hits: readonly (Pick<UnreadHit, 'revisionId' | 'evaluationId' | 'ruleId'> & {
    readonly neighbours: readonly string[]
  })[],
): Promise<void> {
  await sql`
    update rule_hit h set neighbours = k.neighbours
      from jsonb_to_recordset(${JSON.stringify(hits)}::jsonb) as k ("revisionId" uuid, "evaluationId" uuid, "ruleId" text, neighbours text[])
      where h.revision_id = k."revisionId" and h.evaluation_id = k."evaluationId" and h.rule_id = k."ruleId"`.execute(
    tx,
  )
}
