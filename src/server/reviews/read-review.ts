import { sql } from 'kysely'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import { toApiFinding } from '#server/policies/judge-content.ts'
import type { Language } from '#shared/api/common.ts'
import type { Outcome, Review, ReviewSummary } from '#shared/api/reviews.ts'
import { assemblePost, toApiRevision } from './assemble-post.ts'
import { assigneeOf, holderOf } from './claim.ts'
import { findReview, type ReviewRow } from './queries.ts'
import { readPostParts } from './read-post.ts'
import { mayReview, refuseDecider } from './refuse-decider.ts'

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
  const [parts, authorRecord, precedents, place] = await Promise.all([
    readPostParts(db, actor, review.postId, now),
    countDecisionsOf(db, review.authorId),
    findPrecedents(db, review),
    findActions(db, actor, review, now),
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
    ...place,
  }
}

/** The row as the queue shows it. */
export function toReviewSummary(row: ReviewRow, now: string): ReviewSummary {
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
    claimedBy: holderOf(row, now),
    assignedTo: assigneeOf(row),
    escalated: row.escalatedAt !== null,
    scheduledAt: row.scheduledAt,
    createdAt: row.createdAt,
    dueAt: row.dueAt,
    overdue: row.status === 'open' && row.dueAt < now,
    closedAt: row.closedAt,
  }
}

/** The server says what may be done, and why not, so that no client offers what would be refused. */
async function findActions(
  db: Db,
  actor: Actor,
  review: ReviewRow,
  now: string,
): Promise<Pick<Review, 'allowedActions' | 'refusal'>> {
  if (review.status !== 'open' || !(await mayReview(db, actor, review))) return { allowedActions: [], refusal: null }
  const refusal = await findRefusal(db, actor, review, now)
  if (refusal?.code === 'own_post') return { allowedActions: [], refusal }
  const passOn = [...(review.escalatedAt === null ? (['escalate'] as const) : []), 'delegate' as const]
  if (refusal !== null) return { allowedActions: passOn, refusal }
  const heldByMe = holderOf(review, now)?.userId === actor.userId
  const decide = ['approve', 'reject', 'request_changes'] as const
  return { allowedActions: [heldByMe ? 'release' : 'claim', ...decide, ...passOn], refusal }
}

async function findRefusal(db: Db, actor: Actor, review: ReviewRow, now: string): Promise<Review['refusal']> {
  try {
    await refuseDecider(db, actor, review, now)
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { code: error.code, detail: error.message }
  }
}

async function countDecisionsOf(db: Db, authorId: string): Promise<Review['authorRecord']> {
  const { rows } = await sql<Review['authorRecord']>`
    select (select count(*)::int from post p where p.author_id = ${authorId} and exists (
        select from review r where r.post_id = p.id)) as "submitted",
      count(*) filter (where d.outcome = 'approved')::int as "approved",
      count(*) filter (where d.outcome = 'rejected')::int as "rejected",
      count(*) filter (where d.outcome = 'changes_requested')::int as "changesRequested"
    from review_decision d where d.author_id = ${authorId}`.execute(db)
  return rows[0]!
}

/** So many of the unit's last closed reviews are looked at for precedents. */
const precedentsAmong = 300

/** The last decisions in the same unit on posts that broke the same rules. */
async function findPrecedents(db: Db, review: ReviewRow): Promise<Review['precedents']> {
  const { rows } = await sql<{
    postId: string
    text: string
    outcome: Outcome
    reason: string | null
    decidedAt: string
  }>`
    with rules as materialized (select f ->> 'ruleId' as rule_id
      from policy_evaluation e, jsonb_array_elements(e.findings) f where e.revision_id = ${review.revisionId}),
    closed as materialized (select id, post_id, revision_id from review
      where unit_id = ${review.unitId} and closed_at is not null and post_id <> ${review.postId}
      order by closed_at desc limit ${precedentsAmong}),
    akin as materialized (select c.* from closed c where exists (
      select from policy_evaluation e, jsonb_array_elements(e.findings) f
      where e.revision_id = c.revision_id and f ->> 'ruleId' in (select rule_id from rules)))
    select a.post_id as "postId", p.text, d.outcome, d.reason, d.decided_at as "decidedAt"
    from akin a join review_decision d on d.review_id = a.id join post_revision p on p.id = a.revision_id
    order by d.decided_at desc limit 5`.execute(db)
  return rows
}
