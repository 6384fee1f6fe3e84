import { appendRecord } from '#server/archive/append-record.ts'
import { requireStillEntitled } from '#server/identity/deactivate-person.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { movePost } from '#server/posts/move-post.ts'
import { lockPost, type PostRow } from '#server/posts/stored-post.ts'
import type { DecisionAnswer, Outcome } from '#shared/api/reviews.ts'
import type { PostStatus } from '#shared/post-status.ts'
import { insertDecision } from './decision-queries.ts'
import { mayReview, refuseDecider } from './refuse-decider.ts'
import { closeReview, findReviewPlace, lockReviewsOfRevision, openReview, type ReviewRow } from './queries.ts'
import { sampledStageIndex } from './route-post.ts'
import { announce, voidOpenReviews } from './submit-post.ts'

export interface Decision {
  readonly reviewId: string
  readonly outcome: Outcome
  readonly contentHash: string
  readonly reason?: string | undefined
  readonly findingJudgements?: Record<string, boolean> | undefined
}

/** What a decision is about, locked in the lock order: post, then the reviews of the revision. */
interface Decided {
  readonly post: PostRow
  readonly review: ReviewRow
  /** The next stage, where one waits for this one. */
  readonly next: ReviewRow | undefined
  /** When it is decided. */
  readonly at: string
}

/** Approves, rejects or sends back one exact content. Maker and checker are two people (FIN-12); viewing decides nothing (FIN-5). */
export async function decideReview(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  decision: Decision,
): Promise<DecisionAnswer> {
  return inTransaction(deps.db, async (tx) => {
    const at = await requireStillEntitled(tx, actor, deps.clock)
    const decided = { ...(await lockForDecision(tx, actor, decision.reviewId)), at }
    const { post, review } = decided
    await refuseDecider(tx, actor, review, at)
    refuseDecision(decided, decision)
    await recordDecision(tx, actor, decided, decision)

    const approvals = review.approvals + (decision.outcome === 'approved' ? 1 : 0)
    const closes = decision.outcome !== 'approved' || approvals >= review.need
    if (closes) await closeReview(tx, review.reviewId, decision.outcome, at)
    // What is out is out: a review after release says whether it should have been, and moves nothing.
    const settles = closes && review.stageIndex !== sampledStageIndex
    return {
      reviewId: review.reviewId,
      postId: post.postId,
      status: closes ? decision.outcome : review.status,
      postStatus: settles ? await settlePost(tx, actor, decided, decision.outcome) : post.status,
      approvals,
      need: review.need,
    }
  })
}

async function lockForDecision(tx: Tx, actor: Actor, reviewId: string): Promise<Omit<Decided, 'at'>> {
  const place = await findReviewPlace(tx, reviewId)
  const post = place === undefined ? undefined : await lockPost(tx, place.postId)
  if (place === undefined || post === undefined || !(await mayReview(tx, actor, post)))
    throw new AppError('not_found', 'No such review in your units.')
  const reviews = await lockReviewsOfRevision(tx, place.revisionId)
  return {
    post,
    review: reviews.find((row) => row.reviewId === reviewId)!,
    next: reviews.find((row) => row.status === 'waiting'),
  }
}

/** What is decided: the content that the reviewer saw, on its open stage, with a reason where one is due. */
function refuseDecision({ post, review }: Decided, decision: Decision): void {
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
  if (review.status === 'waiting') throw new AppError('wrong_status', 'An earlier stage of this post is still open.')
  if (review.status !== 'open')
    throw new AppError('already_decided', `A colleague has already decided: ${review.status.replaceAll('_', ' ')}.`)
  if (decision.outcome !== 'approved' && (decision.reason ?? '').trim() === '') {
    throw new AppError('unprocessable', 'Say why, so that the author can mend it: a reason is required.', {
      problems: [{ field: 'body.reason', message: 'is required unless the outcome is “approved”' }],
    })
  }
}

/** The decision as evidence and as a row that names its evidence. */
async function recordDecision(tx: Tx, actor: Actor, { post, review, at }: Decided, decision: Decision): Promise<void> {
  const given = decision.reason?.trim() ?? ''
  const reason = given === '' ? null : given
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
      reason,
      findingJudgements,
      reviewer: { userId: actor.userId, displayName: actor.displayName },
    },
  })
  await insertDecision(tx, {
    id: newId(at),
    review,
    reviewerId: actor.userId,
    outcome: decision.outcome,
    reason,
    findingJudgements,
    recordId,
    at,
  })
}

/** Moves the post on: to its next stage, or out of review. */
async function settlePost(
  tx: Tx,
  actor: Actor,
  { post, review, next, at }: Decided,
  outcome: Outcome,
): Promise<PostStatus> {
  if (outcome === 'approved' && next !== undefined) {
    await openReview(tx, next.reviewId)
    return post.status
  }
  const status = statusAfterDecision(outcome, review.scheduledAt, at)
  await movePost(tx, post, status, at)
  if (outcome !== 'approved')
    await voidOpenReviews(tx, actor, post, { at, because: `An earlier stage ended with ${outcome}.` })
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
