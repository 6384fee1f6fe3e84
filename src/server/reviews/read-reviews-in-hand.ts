import { sql } from 'kysely'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import { findVisiblePerson } from '#server/identity/people-queries.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { listReviewsInHand } from '#shared/api/reviews.ts'
import { selectReviews, type ReviewRow } from './queries.ts'

const shown = 100

/**
 * The reviews that a person has taken or was handed, which their off-boarding gives back. All are counted; those of units
 * that the reader administers are named, by their place and time alone: who runs the accounts reads no posts.
 */
export async function readReviewsInHand(
  db: Db,
  actor: Actor,
  userId: string,
  now: string,
): Promise<AnswerOf<typeof listReviewsInHand>> {
  if ((await findVisiblePerson(db, actor, 'user.manage', userId)) === undefined)
    throw new AppError('not_found', 'No such person in your units.')
  const rows = (await selectReviews(db)
    .where('review.status', 'in', ['open', 'waiting'])
    .where(
      sql<boolean>`(review.assigned_to = ${userId}::uuid or (review.claimed_by = ${userId}::uuid and review.claimed_until > ${now}))`,
    )
    .orderBy('review.due_at')
    .orderBy('review.id')
    .execute()) as unknown as ReviewRow[]
  return {
    total: rows.length,
    items: rows
      .filter(({ unitPath }) => mayOnUnit(actor, 'user.manage', unitPath))
      .slice(0, shown)
      .map(({ reviewId, stage, unitName, dueAt, escalatedAt }) => ({
        reviewId,
        stage,
        unitName,
        dueAt,
        overdue: dueAt < now,
        escalated: escalatedAt !== null,
      })),
  }
}
