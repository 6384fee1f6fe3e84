import { AppError } from '#server/platform/app-error.ts'
import type { Tx } from '#server/platform/database.ts'
import { postMoves, type PostStatus } from '#shared/post-status.ts'
import { updatePostStatus } from './queries.ts'
import type { PostRow } from './stored-post.ts'

/** Moves a locked post along the table of moves; any other move is refused. */
export async function movePost(
  tx: Tx,
  post: Pick<PostRow, 'postId' | 'status'>,
  to: PostStatus,
  at: string,
): Promise<void> {
  if (!postMoves[post.status].includes(to))
    throw new AppError('wrong_status', `A post that is ${post.status} cannot become ${to}.`)
  await updatePostStatus(tx, post.postId, to, at)
}
