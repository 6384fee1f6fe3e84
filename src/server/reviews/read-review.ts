import { sql } from 'kysely'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import { toApiFinding } from '#server/policies/judge-content.ts'
import type { Language } from '#shared/api/common.ts'
import type { Outcome, Review, ReviewSummary } from '#shared/api/reviews.ts'
import { assemblePost, toApiRevision } from './assemble-post.ts'
import { findReview, type ReviewRow } from './queries.ts'
import { readPostParts } from './read-post.ts'

/** A review with all that a decision needs; reading it decides nothing (FIN-5). */
export async function readReview(
  db: Db,
  actor: Actor,
  reviewId: string,
  language: Language,
  now: string,
): Promise<Review> {
  const review = await findReview(db, reviewId)
  if (review === undefined || !mayOnUnit(actor, 'review.read', review.unitPath))
    throw new AppError('not_found', 'No such review in your units.')
  const [parts, authorRecord, precedents] = await Promise.all([
    readPostParts(db, actor, review.postId),
    countDecisionsOf(db, review.authorId),
    findPrecedents(db, review),
  ])
  const revision = parts.revisions.find((row) => row.revisionId === review.revisionId)!
  const seen = parts.revisions
    .filter(
      (row) =>
        row.number < revision.number && parts.decisions.some((decision) => decision.contentHash === row.contentHash),
    )
    .at(-1)
  const previous = seen ?? parts.revisions.filter((row) => row.number < revision.number).at(-1)
  return {
    ...toReviewSummary(review, now),
    post: assemblePost(parts, language),
    revision: toApiRevision(revision),
    previousRevision: previous === undefined ? null : toApiRevision(previous),
    findings: (parts.evaluation?.findings ?? []).map((finding) => toApiFinding(finding, language)),
    authorRecord,
    precedents,
    allowedActions: allowedActions(actor, review, now),
  }
}

/** The row as the queue shows it. */
export function toReviewSummary(row: ReviewRow, now: string): ReviewSummary {
  const claimed = row.claimedById !== null && row.claimedUntil !== null && row.claimedUntil > now
  return {
    reviewId: row.reviewId,
    postId: row.postId,
    revisionId: row.revisionId,
    revisionNumber: row.revisionNumber,
    status: row.status,
    stage: row.stage,
    need: row.need,
    approvals: row.approvals,
    author: { userId: row.authorId, displayName: row.authorName },
    unitId: row.unitId,
    unitName: row.unitName,
    networks: row.networks,
    text: row.text,
    contentHash: row.contentHash,
    verdict: row.verdict,
    severity: row.severity,
    findingCount: row.findingCount,
    claimedBy: claimed ? { userId: row.claimedById, displayName: row.claimedByName ?? '' } : null,
    escalated: row.escalatedAt !== null,
    scheduledAt: row.scheduledAt,
    createdAt: row.createdAt,
    dueAt: row.dueAt,
    overdue: row.status === 'open' && row.dueAt < now,
  }
}

// The server says what may be done, so that no client offers what would be refused.
function allowedActions(actor: Actor, review: ReviewRow, now: string): Review['allowedActions'] {
  if (
    review.status !== 'open' ||
    review.authorId === actor.userId ||
    !mayOnUnit(actor, 'review.decide', review.unitPath)
  )
    return []
  if (review.assignedTo !== null && review.assignedTo !== actor.userId) return ['delegate']
  const heldByMe = review.claimedById === actor.userId && review.claimedUntil !== null && review.claimedUntil > now
  return [
    heldByMe ? 'release' : 'claim',
    'approve',
    'reject',
    'request_changes',
    ...(review.escalatedAt === null ? (['escalate'] as const) : []),
    'delegate',
  ]
}

async function countDecisionsOf(db: Db, authorId: string): Promise<Review['authorRecord']> {
  const { rows } = await sql<Review['authorRecord']>`
    select (select count(distinct r.post_id)::int from review r where r.author_id = ${authorId}) as "submitted",
      count(*) filter (where d.outcome = 'approved')::int as "approved",
      count(*) filter (where d.outcome = 'rejected')::int as "rejected",
      count(*) filter (where d.outcome = 'changes_requested')::int as "changesRequested"
    from review_decision d where d.author_id = ${authorId}`.execute(db)
  return rows[0]!
}

/** The last decisions in the same unit on posts that broke the same rules. */
async function findPrecedents(db: Db, review: ReviewRow): Promise<Review['precedents']> {
  const { rows } = await sql<{
    postId: string
    text: string
    outcome: Outcome
    reason: string | null
    decidedAt: string
  }>`
    with rules as (select f->>'ruleId' as rule_id from policy_evaluation e, jsonb_array_elements(e.findings) f where e.revision_id = ${review.revisionId})
    select r.post_id as "postId", p.text, d.outcome, d.reason, d.decided_at as "decidedAt"
    from review_decision d join review r on r.id = d.review_id join post_revision p on p.id = r.revision_id
    where r.post_id <> ${review.postId} and r.unit_id = ${review.unitId} and exists (
      select from policy_evaluation e, jsonb_array_elements(e.findings) f where e.revision_id = r.revision_id and f->>'ruleId' in (select rule_id from rules))
    order by d.decided_at desc limit 5`.execute(db)
  return rows
}
