import { appendRecord } from '#server/archive/append-record.ts'
import { isSamePerson } from '#server/identity/same-person.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { RecordType } from '#shared/record-event.ts'
import { claimMilliseconds, holderOf } from './claim.ts'
import { lockReviewAndPost } from './lock-review.ts'
import { mayReview } from './refuse-decider.ts'
import { refuseOwnPost } from './refuse-own-post.ts'
import { findReview, isReviewerOf, setAssignee, setClaim, setEscalated, type ReviewRow } from './queries.ts'

type ReviewDeps = Pick<Deps, 'db' | 'clock'>

/** Takes an open review in hand for ten minutes. */
export async function claimReview(deps: ReviewDeps, actor: Actor, reviewId: string): Promise<ReviewRow> {
  return changeReview(deps, actor, reviewId, { type: 'review.claimed', body: {} }, async (tx, review, at) => {
    const holder = holderOf(review, at)
    if (holder !== null && holder.userId !== actor.userId)
      throw new AppError('already_claimed', `${holder.displayName} has this review in hand.`)
    await setClaim(tx, reviewId, actor.userId, addMilliseconds(at, claimMilliseconds))
  })
}

/** Gives a claimed review back. */
export async function releaseReview(deps: ReviewDeps, actor: Actor, reviewId: string): Promise<ReviewRow> {
  return changeReview(deps, actor, reviewId, { type: 'review.released', body: {} }, async (tx, review) => {
    if (review.claimedById !== actor.userId) throw new AppError('wrong_status', 'You do not have this review in hand.')
    await setClaim(tx, reviewId, null, null)
  })
}

/** Marks a review for a higher instance. */
export async function escalateReview(
  deps: ReviewDeps,
  actor: Actor,
  reviewId: string,
  reason: string,
): Promise<ReviewRow> {
  return changeReview(deps, actor, reviewId, { type: 'review.escalated', body: { reason } }, (tx, _review, at) =>
    setEscalated(tx, reviewId, at),
  )
}

/** Hands a review to a named colleague, who must be able to decide it and is never its author (law 4). */
export async function delegateReview(
  deps: ReviewDeps,
  actor: Actor,
  reviewId: string,
  { to, reason }: { readonly to: string; readonly reason?: string | undefined },
): Promise<ReviewRow> {
  const act = { type: 'review.delegated', body: { to, reason: reason ?? null } } as const
  return changeReview(deps, actor, reviewId, act, async (tx, review, at) => {
    if (await isSamePerson(tx, to, review.authorId))
      throw new AppError('own_post', 'The author cannot review this post.')
    if (!(await isReviewerOf(tx, to, review.unitPath, at)))
      throw new AppError('unprocessable', 'That person is not a reviewer for this unit. Choose another colleague.')
    await setAssignee(tx, reviewId, to)
  })
}

async function changeReview(
  deps: ReviewDeps,
  actor: Actor,
  reviewId: string,
  act: { readonly type: RecordType; readonly body: Record<string, string | null> },
  change: (tx: Tx, review: ReviewRow, at: string) => Promise<void>,
): Promise<ReviewRow> {
  return inTransaction(deps.db, async (tx) => {
    const locked = await lockReviewAndPost(tx, reviewId)
    if (locked === undefined || !(await mayReview(tx, actor, locked.post)))
      throw new AppError('not_found', 'No such review in your units.')
    const { post, review } = locked
    await refuseOwnPost(tx, actor, review.authorId)
    if (review.status !== 'open')
      throw new AppError('already_decided', `This review is ${review.status.replaceAll('_', ' ')}.`)
    const at = deps.clock.now()
    await change(tx, review, at)
    await appendRecord(tx, actor, {
      type: act.type,
      at,
      streams: { post: post.postId, author: post.authorId, unit: post.unitId },
      body: { reviewId, revisionId: review.revisionId, ...act.body },
    })
    return (await findReview(tx, reviewId))!
  })
}
