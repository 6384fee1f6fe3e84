import { listAccountsOf } from '#server/identity/same-person.ts'
import { mayOnUnit, withoutDelegationsOf, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import { findStageUnit, hasApprovedOtherStage, hasDecided, isQualified } from './decision-queries.ts'
import type { ReviewRow } from './queries.ts'
import { refuseOwnPost } from './refuse-own-post.ts'

/**
 * Does the actor hold the right to decide on this author's posts in this unit? What the author lent to a delegate, by
 * whichever account, does not count for the author's own post.
 */
export async function mayReview(
  db: Db,
  actor: Actor,
  post: { readonly authorId: string; readonly unitPath: readonly string[] },
): Promise<boolean> {
  if (!mayOnUnit(actor, 'review.decide', post.unitPath)) return false
  const entitled = withoutDelegationsOf(actor, await listAccountsOf(db, [post.authorId]))
  return mayOnUnit(entitled, 'review.decide', post.unitPath)
}

/**
 * Whose stage it is: not the author's (law 4), not decided by this human being before, their unit's, handed to them, and
 * asking for a right that they hold at this time. Throws `own_post`, `already_decided`, `already_claimed`,
 * `second_person_required` or `not_qualified`, with a sentence for the reviewer.
 */
export async function refuseDecider(db: Db, actor: Actor, review: ReviewRow, now: string): Promise<void> {
  await refuseOwnPost(db, actor, review.authorId)
  if (await hasDecided(db, review.reviewId, actor.userId))
    throw new AppError('already_decided', 'You have already decided this review.')
  await refuseOtherUnit(db, actor, review)
  if (review.assignedToId !== null && review.assignedToId !== actor.userId)
    throw new AppError('already_claimed', `This review was handed to ${review.assignedToName}.`)
  // Two stages of one post are two people: the same pair of eyes does not count twice.
  if (await hasApprovedOtherStage(db, review, actor.userId))
    throw new AppError(
      'second_person_required',
      'You approved an earlier stage of this post; this stage needs a second person.',
    )
  if (review.qualification !== null && !(await isQualified(db, actor.userId, review.qualification, now)))
    throw new AppError(
      'not_qualified',
      `This stage asks for the qualification “${review.qualification}”, which you do not hold today.`,
    )
}

async function refuseOtherUnit(db: Db, actor: Actor, review: ReviewRow): Promise<void> {
  const unit = await findStageUnit(db, review)
  if (unit === undefined) return
  // A name in the policy that is no unit's (a slip, or a unit to come) opens the stage to nobody, not to everybody.
  if (unit.id === null)
    throw new AppError(
      'not_qualified',
      `The stage “${review.stage}” belongs to the unit “${unit.name}”, which does not exist. Have the unit entered, or the policy changed.`,
    )
  if (!actor.unitPath.includes(unit.id))
    throw new AppError('not_qualified', `The stage “${review.stage}” belongs to another unit.`)
}
