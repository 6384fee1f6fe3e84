import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { lockReviewAndPost } from './lock-review.ts'

/**
 * Gives back the reviews that lie in the hands of somebody who was off-boarded: they are in the queue again for whoever
 * may decide them. Woken by `gateway_person`; finds its work by a query, so a lost notice costs a tick. Answers how many.
 */
export async function handOverReviews(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const left = await deps.db
    .selectFrom('review')
    .innerJoin('app_user as holder', (join) =>
      join.on((on) =>
        on.or([on('holder.id', '=', on.ref('review.claimed_by')), on('holder.id', '=', on.ref('review.assigned_to'))]),
      ),
    )
    .select('review.id')
    .distinct()
    .where('review.status', 'in', ['open', 'waiting'])
    .where('holder.active', '=', false)
    .limit(500)
    .execute()
  for (const { id } of left) await handOver(deps, id)
  return left.length
}

async function handOver(deps: Pick<Deps, 'db' | 'clock'>, reviewId: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockReviewAndPost(tx, reviewId)
    if (locked === undefined || !['open', 'waiting'].includes(locked.review.status)) return
    const { post, review } = locked
    const holders = [review.claimedById, review.assignedToId].filter((holder) => holder !== null)
    const gone = await tx
      .selectFrom('app_user')
      .select('id')
      .where('id', 'in', holders.length === 0 ? [reviewId] : holders)
      .where('active', '=', false)
      .execute()
    if (gone.length === 0) return
    const leavers = new Set(gone.map((person) => person.id))
    const at = deps.clock.now()
    await tx
      .updateTable('review')
      .set({
        ...(leavers.has(review.claimedById ?? '') ? { claimed_by: null, claimed_until: null } : {}),
        ...(leavers.has(review.assignedToId ?? '') ? { assigned_to: null } : {}),
      })
      .where('id', '=', reviewId)
      .execute()
    await appendRecord(tx, systemActor, {
      type: 'review.released',
      at,
      streams: { post: post.postId, author: post.authorId, unit: post.unitId },
      body: { reviewId, revisionId: review.revisionId, because: 'deactivated', from: [...leavers] },
    })
  })
}
