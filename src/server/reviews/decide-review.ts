import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { requireStillActive } from '#server/identity/deactivate-person.ts'
import { isSamePerson } from '#server/identity/same-person.ts'
import { mayOnUnit, withoutDelegationsOf, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { movePost } from '#server/posts/move-post.ts'
import { lockPost, type PostRow } from '#server/posts/stored-post.ts'
import type { DecisionAnswer, Outcome } from '#shared/api/reviews.ts'
import type { PostStatus } from '#shared/post-status.ts'
import {
  closeReview,
  findPostOfReview,
  hasDecided,
  insertDecision,
  lockReviewsOfRevision,
  openReview,
  type ReviewRow,
} from './queries.ts'
import { sampledStageIndex } from './route-post.ts'
import { announce, voidOpenReviews } from './submit-post.ts'

export interface Decision {
  readonly reviewId: string
  readonly outcome: Outcome
  readonly contentHash: string
  readonly reason?: string | undefined
  readonly findingJudgements?: Record<string, boolean> | undefined
}

/** Approves, rejects or sends back one exact content. Maker and checker are two people (FIN-12); viewing decides nothing (FIN-5). */
export async function decideReview(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  decision: Decision,
): Promise<DecisionAnswer> {
  return inTransaction(deps.db, async (tx) => {
    await requireStillActive(tx, actor)
    const { post, review, later } = await lockForDecision(tx, actor, decision.reviewId)
    await refuseDecision(tx, deps, actor, post, review, decision)

    const at = deps.clock.now()
    const reason = decision.reason?.trim() ?? ''
    const findingJudgements = decision.findingJudgements ?? {}
    const recordId = await appendRecord(tx, actor, {
      type: 'review.decided',
      at,
      streams: { post: post.postId, author: post.authorId, unit: post.unitId },
      body: {
        reviewId: review.reviewId,
        revisionId: review.revisionId,
        contentHash: review.contentHash,
        stage: review.stage,
        need: review.need,
        policyVersion: review.policyVersion,
        outcome: decision.outcome,
        reason: reason === '' ? null : reason,
        findingJudgements,
        reviewer: { userId: actor.userId, displayName: actor.displayName },
      },
    })
    await insertDecision(tx, {
      id: newId(at),
      review,
      reviewerId: actor.userId,
      outcome: decision.outcome,
      reason: reason === '' ? null : reason,
      findingJudgements,
      recordId,
      at,
    })

    const approvals = review.approvals + (decision.outcome === 'approved' ? 1 : 0)
    const closes = decision.outcome !== 'approved' || approvals >= review.need
    if (closes) await closeReview(tx, review.reviewId, decision.outcome, at)
    // What is out is out: a review after release says whether it should have been, and moves nothing.
    const settles = closes && review.stageIndex !== sampledStageIndex
    const postStatus = settles ? await settlePost(tx, actor, post, review, later, decision.outcome, at) : post.status
    return {
      reviewId: review.reviewId,
      postId: post.postId,
      status: closes ? decision.outcome : review.status,
      postStatus,
      approvals,
      need: review.need,
    }
  })
}

async function lockForDecision(
  tx: Tx,
  actor: Actor,
  reviewId: string,
): Promise<{ post: PostRow; review: ReviewRow; later: ReviewRow[] }> {
  const postId = await findPostOfReview(tx, reviewId)
  const post = postId === undefined ? undefined : await lockPost(tx, postId)
  // What the author lent to a delegate does not count for the author's own post.
  if (post === undefined || !mayOnUnit(withoutDelegationsOf(actor, post.authorId), 'review.decide', post.unitPath))
    throw new AppError('not_found', 'No such review in your units.')
  const revisionId = (
    await tx.selectFrom('review').select('revision_id').where('id', '=', reviewId).executeTakeFirstOrThrow()
  ).revision_id
  const reviews = await lockReviewsOfRevision(tx, revisionId)
  return {
    post,
    review: reviews.find((row) => row.reviewId === reviewId)!,
    later: reviews.filter((row) => row.status === 'waiting'),
  }
}

async function refuseDecision(
  tx: Tx,
  deps: Pick<Deps, 'clock'>,
  actor: Actor,
  post: PostRow,
  review: ReviewRow,
  decision: Decision,
): Promise<void> {
  if (await isSamePerson(tx, actor.userId, review.authorId))
    throw new AppError('own_post', 'You cannot review your own post. A colleague must decide.')
  if (
    review.contentHash !== decision.contentHash ||
    post.currentRevisionId !== review.revisionId ||
    review.status === 'voided'
  ) {
    throw new AppError(
      'stale_revision',
      'The post changed after you opened it. Open it again and decide on what it says now.',
    )
  }
  if (await hasDecided(tx, review.reviewId, actor.userId))
    throw new AppError('already_decided', 'You have already decided this review.')
  if (review.status === 'waiting') throw new AppError('wrong_status', 'An earlier stage of this post is still open.')
  if (review.status !== 'open')
    throw new AppError('already_decided', `A colleague has already decided: ${review.status.replaceAll('_', ' ')}.`)
  if (decision.outcome !== 'approved' && (decision.reason ?? '').trim() === '') {
    throw new AppError('unprocessable', 'Say why, so that the author can mend it: a reason is required.', {
      problems: [{ field: 'body.reason', message: 'is required unless the outcome is “approved”' }],
    })
  }
  await refuseUnqualified(tx, actor, review, deps.clock.now())
}

async function refuseUnqualified(tx: Tx, actor: Actor, review: ReviewRow, now: string): Promise<void> {
  if (review.stageUnitId !== null && !actor.unitPath.includes(review.stageUnitId)) {
    throw new AppError('not_qualified', `The stage “${review.stage}” belongs to another unit.`)
  }
  if (review.assignedTo !== null && review.assignedTo !== actor.userId) {
    const { rows } = await sql<{
      name: string
    }>`select display_name as name from app_user where id = ${review.assignedTo}`.execute(tx)
    throw new AppError('already_claimed', `This review was handed to ${rows[0]?.name ?? 'a colleague'}.`)
  }
  // Two stages of one post are two people: the same pair of eyes does not count twice.
  const earlier = await sql<{
    reviewerId: string
  }>`select d.reviewer_id as "reviewerId" from review_decision d join review r on r.id = d.review_id
    where r.revision_id = ${review.revisionId} and r.id <> ${review.reviewId} and d.outcome = 'approved'`.execute(tx)
  for (const { reviewerId } of earlier.rows) {
    if (!(await isSamePerson(tx, actor.userId, reviewerId))) continue
    throw new AppError(
      'second_person_required',
      'You approved an earlier stage of this post; this stage needs a second person.',
    )
  }
  if (review.qualification === null) return
  const held = await sql`select 1 from qualification where user_id = ${actor.userId} and name = ${review.qualification}
    and valid_from <= ${now} and (valid_until is null or valid_until > ${now})`.execute(tx)
  if (held.rows.length === 0)
    throw new AppError(
      'not_qualified',
      `This stage asks for the qualification “${review.qualification}”, which you do not hold today.`,
    )
}

async function settlePost(
  tx: Tx,
  actor: Actor,
  post: PostRow,
  review: ReviewRow,
  later: readonly ReviewRow[],
  outcome: Outcome,
  at: string,
): Promise<PostStatus> {
  const [next] = later
  if (outcome === 'approved' && next !== undefined) {
    await openReview(tx, next.reviewId)
    return post.status
  }
  const status = statusAfterDecision(outcome, review.scheduledAt, at)
  await movePost(tx, post, status, at)
  if (outcome !== 'approved') await voidOpenReviews(tx, actor, post, at, `An earlier stage ended with ${outcome}.`)
  if (status === 'expired') {
    await appendRecord(tx, actor, {
      type: 'post.expired',
      at,
      streams: { post: post.postId, author: post.authorId, unit: post.unitId },
      body: {
        scheduledAt: review.scheduledAt,
        because: 'Approved after its slot; the author is asked for a new time.',
      },
    })
  }
  await announce(tx, status)
  return status
}

/** An approval after the slot never publishes late: the author is asked for a new time, nothing disappears. */
function statusAfterDecision(outcome: Outcome, scheduledAt: string | null, at: string): PostStatus {
  if (outcome !== 'approved') return outcome
  if (scheduledAt === null) return 'approved'
  return scheduledAt < at ? 'expired' : 'scheduled'
}
