import type { Static } from 'typebox'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { Comment } from '#shared/api/posts.ts'
import { insertComment } from './queries.ts'
import { lockPost, readableUnits } from './stored-post.ts'

/** Internal discussion, by the author or whoever may read the post. Archived like everything else. */
export async function commentPost(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  postId: string,
  text: string,
): Promise<Static<typeof Comment>> {
  return inTransaction(deps.db, async (tx) => {
    const post = await lockPost(tx, postId)
    const units = readableUnits(actor)
    if (
      post === undefined ||
      (post.authorId !== actor.userId && !post.unitPath.some((unitId) => units.includes(unitId)))
    ) {
      throw new AppError('not_found', 'No such post.')
    }
    const at = deps.clock.now()
    const comment = { id: newId(at), postId, authorId: actor.userId, text, at }
    await insertComment(tx, comment)
    await appendRecord(tx, actor, {
      type: 'post.commented',
      at,
      streams: { post: postId, author: post.authorId, unit: post.unitId },
      searchText: text,
      body: { commentId: comment.id, text },
    })
    return {
      commentId: comment.id,
      author: { userId: actor.userId, displayName: actor.displayName },
      text,
      createdAt: at,
    }
  })
}
