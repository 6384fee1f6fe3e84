import type { Tx } from '#server/platform/database.ts'
import { lockPost, type PostRow } from '#server/posts/stored-post.ts'
import { findReviewPlace, lockReview, type ReviewRow } from './queries.ts'

/** Locks a review, its post before it (lock order: post, review, publication); `undefined` where there is none. */
export async function lockReviewAndPost(
  tx: Tx,
  reviewId: string,
): Promise<{ readonly post: PostRow; readonly review: ReviewRow } | undefined> {
  const place = await findReviewPlace(tx, reviewId)
  const post = place === undefined ? undefined : await lockPost(tx, place.postId)
  const review = post === undefined ? undefined : await lockReview(tx, reviewId)
  return post === undefined || review === undefined ? undefined : { post, review }
}
