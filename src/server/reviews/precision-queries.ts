import { sql } from 'kysely'
import type { SearchScope } from '#server/archive/search-scope.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Finding } from '#server/policies/finding.ts'
import { historyOf } from './simulation-queries.ts'

export interface PrecisionPeriod {
  readonly scope: SearchScope
  readonly from: Instant | null
  readonly to: Instant
}

/** A revision that reviewers decided on: what policy found, what they said of it, and how long it took them. */
export interface DecidedRevision {
  readonly revisionId: string
  readonly text: string
  readonly findings: readonly Finding[]
  /** By rule; the last decision counts where two differ. */
  readonly judgements: Readonly<Record<string, boolean>> | null
  readonly minutes: number
}

/** The verdict that the reviewers of a revision saw: the last one with which it was handed in. */
function handedIn({ scope, from, to }: PrecisionPeriod) {
  const units = scope === 'everything' ? null : [...scope]
  return sql`select e.revision_id, e.findings from ${historyOf({ units, from, to }, sql`true`)}`
}

/** Revisions that each rule found something in. */
export async function countHits(db: Db, period: PrecisionPeriod): Promise<Map<string, number>> {
  const { rows } = await sql<{ ruleId: string; hits: number }>`
    select f ->> 'ruleId' as "ruleId", count(*) as hits
      from (${handedIn(period)}) h, jsonb_array_elements(h.findings) f group by 1`.execute(db)
  return new Map(rows.map(({ ruleId, hits }) => [ruleId, hits]))
}

const pageSize = 500

/** The decided revisions of the period, read a page at a time. A review's time runs from its claim to the decision. */
export async function* streamDecided(
  db: Db,
  period: PrecisionPeriod,
  claimMinutes: number,
): AsyncGenerator<DecidedRevision> {
  let after: string | null = null
  for (;;) {
    const rows = await readDecided(db, period, claimMinutes, after)
    yield* rows
    if (rows.length < pageSize) return
    after = rows.at(-1)!.revisionId
  }
}

async function readDecided(
  db: Db,
  period: PrecisionPeriod,
  claimMinutes: number,
  after: string | null,
): Promise<DecidedRevision[]> {
  const { rows } = await sql<DecidedRevision>`
    select h.revision_id as "revisionId", r.text, h.findings,
      (select jsonb_object_agg(j.key, j.value order by d.decided_at, d.id)
        from review v join review_decision d on d.review_id = v.id, jsonb_each(d.finding_judgements) j
        where v.revision_id = h.revision_id and v.closed_at is not null) as judgements,
      coalesce((select sum(least(extract(epoch from d.decided_at - v.claimed_until) / 60 + ${claimMinutes}::int, ${claimMinutes}::int))
        from review v join review_decision d on d.review_id = v.id
        where v.revision_id = h.revision_id and v.claimed_by = d.reviewer_id and d.decided_at <= v.claimed_until), 0)::float8 as minutes
    from (${handedIn(period)}) h join post_revision r on r.id = h.revision_id
    where jsonb_array_length(h.findings) > 0 and (${after}::uuid is null or h.revision_id > ${after}::uuid)
      and exists (select from review v join review_decision d on d.review_id = v.id where v.revision_id = h.revision_id)
    order by h.revision_id limit ${pageSize}`.execute(db)
  return rows
}
