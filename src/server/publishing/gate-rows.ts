import { sql } from 'kysely'
import type { Tx } from '#server/platform/database.ts'

/** One review of the revision: what its stage asked for, and who approved which content. */
export interface GateReview {
  readonly stage: string
  readonly stageIndex: number
  readonly status: string
  readonly qualification: string | null
  /** As the route of its time names the unit. */
  readonly unit: string | null
  readonly decisions: readonly {
    readonly reviewerId: string
    /** Every account of the reviewer, this one included. */
    readonly accounts: readonly string[]
    readonly outcome: string
    readonly contentHash: string
  }[]
}

/**
 * The reviews of a revision under lock, with their decisions: reviews/ owns them, the gate only reads. A decision of which the
 * archive holds no record of the same reviewer, review, outcome and content was never made (law 2).
 */
export async function lockGateReviews(tx: Tx, revisionId: string): Promise<GateReview[]> {
  await sql`select id from review where revision_id = ${revisionId} order by id for update`.execute(tx)
  const { rows } = await sql<GateReview>`
    select r.stage, r.stage_index as "stageIndex", r.status, r.qualification,
      (select e.required_stages -> r.stage_index ->> 'unit' from policy_evaluation e
        where e.revision_id = r.revision_id and e.policy_version = r.policy_version
        order by e.evaluated_at desc, e.id desc limit 1) as unit,
      coalesce((select jsonb_agg(jsonb_build_object('reviewerId', d.reviewer_id, 'outcome', d.outcome, 'contentHash', d.content_hash,
          'accounts', array(select accounts_of_person(d.reviewer_id))))
        from review_decision d
        join archive.archive_record a on a.recorded_at = d.decided_at and a.id = d.record_id and a.type = 'review.decided'
        join archive.archive_body b on b.dispose_month = a.dispose_month and b.recorded_at = a.recorded_at and b.id = a.id
        cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) as said
        where d.review_id = r.id and convert_from(a.header, 'UTF8')::json ->> 'actor' = d.reviewer_id::text
          and content ->> 'reviewId' = d.review_id::text and content ->> 'outcome' = d.outcome
          and content ->> 'contentHash' = d.content_hash), '[]') as decisions
    from review r where r.revision_id = ${revisionId}`.execute(tx)
  return rows
}
