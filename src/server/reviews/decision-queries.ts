import { sql } from 'kysely'
import { isSamePerson } from '#server/identity/same-person.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { ReviewDecision } from '#shared/api/posts.ts'
import type { Outcome } from '#shared/api/reviews.ts'
import type { ReviewRow } from './queries.ts'

export async function insertDecision(
  tx: Tx,
  decision: {
    id: string
    review: ReviewRow
    reviewerId: string
    outcome: Outcome
    reason: string | null
    findingJudgements: Record<string, boolean>
    recordId: string
    at: string
  },
): Promise<void> {
  await tx
    .insertInto('review_decision')
    .values({
      id: decision.id,
      review_id: decision.review.reviewId,
      reviewer_id: decision.reviewerId,
      author_id: decision.review.authorId,
      outcome: decision.outcome,
      content_hash: decision.review.contentHash,
      reason: decision.reason,
      finding_judgements: JSON.stringify(decision.findingJudgements),
      record_id: decision.recordId,
      decided_at: decision.at,
    })
    .execute()
}

export async function hasDecided(db: Db, reviewId: string, reviewerId: string): Promise<boolean> {
  const { rows } = await sql<{ reviewer: string }>`select reviewer_id as reviewer from review_decision
    where review_id = ${reviewId}`.execute(db)
  // Two decisions on one review are two people, not two accounts.
  for (const { reviewer } of rows) if (await isSamePerson(db, reviewerId, reviewer)) return true
  return false
}

/** Did this human being, by whichever account, approve another stage of the same revision? */
export async function hasApprovedOtherStage(db: Db, review: ReviewRow, reviewerId: string): Promise<boolean> {
  const { rows } = await sql<{ approver: string }>`select d.reviewer_id as approver
    from review_decision d join review r on r.id = d.review_id
    where r.revision_id = ${review.revisionId} and r.id <> ${review.reviewId} and d.outcome = 'approved'`.execute(db)
  for (const { approver } of rows) if (await isSamePerson(db, reviewerId, approver)) return true
  return false
}

/**
 * The unit that a stage's route names, by its slug or id; undefined where it names none. No id: the firm has no such unit, so
 * nobody is of it.
 */
export async function findStageUnit(
  db: Db,
  review: Pick<ReviewRow, 'revisionId' | 'policyVersion' | 'stageIndex' | 'stageUnitId'>,
): Promise<{ readonly id: string | null; readonly name: string } | undefined> {
  const { rows } = await sql<{ name: string; id: string | null }>`
    select judged.name, coalesce(${review.stageUnitId}::uuid,
        (select id from unit where slug = judged.name or id::text = judged.name)) as id
      from (select required_stages -> ${review.stageIndex}::int ->> 'unit' as name from policy_evaluation
        where revision_id = ${review.revisionId} and policy_version = ${review.policyVersion}
        order by evaluated_at desc, id desc limit 1) as judged
      where judged.name is not null`.execute(db)
  return rows[0] ?? (review.stageUnitId === null ? undefined : { id: review.stageUnitId, name: '' })
}

/** Is this qualification held at that time? */
export async function isQualified(db: Db, userId: string, qualification: string, at: string): Promise<boolean> {
  const { rows } = await sql`select 1 from qualification where user_id = ${userId} and name = ${qualification}
    and valid_from <= ${at} and (valid_until is null or valid_until > ${at})`.execute(db)
  return rows.length > 0
}

/** The decisions of each review of a post, in order. */
export async function findDecisions(db: Db | Tx, postId: string): Promise<({ reviewId: string } & ReviewDecision)[]> {
  const rows = await db
    .selectFrom('review_decision as d')
    .innerJoin('review as r', 'r.id', 'd.review_id')
    .innerJoin('app_user as u', 'u.id', 'd.reviewer_id')
    .select([
      'd.review_id as reviewId',
      'd.reviewer_id as userId',
      'u.display_name as displayName',
      'd.outcome',
      'd.reason',
      'd.content_hash as contentHash',
      'd.decided_at as decidedAt',
    ])
    .where('r.post_id', '=', postId)
    .orderBy('d.decided_at')
    .orderBy('d.id')
    .execute()
  return rows.map(({ userId, displayName, ...row }) => ({
    ...row,
    outcome: row.outcome as Outcome,
    reviewer: { userId, displayName },
  }))
}
