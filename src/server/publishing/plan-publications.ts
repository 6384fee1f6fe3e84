import type { Deps } from '#server/platform/deps.ts'
import { inTransaction } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { findRevision, lockPost } from '#server/posts/stored-post.ts'
import { findUnplannedPosts, insertPublications } from './queries.ts'

/** Job: writes the publications of posts that were approved. The release gate, not this, decides whether they leave. */
export async function planPublications(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const postIds = await findUnplannedPosts(deps.db, 100)
  for (const postId of postIds) {
    await inTransaction(deps.db, async (tx) => {
      const post = await lockPost(tx, postId)
      if (post === undefined || !['approved', 'scheduled'].includes(post.status)) return
      const revision = (await findRevision(tx, post.currentRevisionId))!
      const at = deps.clock.now()
      await insertPublications(
        tx,
        revision.targets.map((target) => ({
          id: newId(at),
          postId,
          revisionId: revision.revisionId,
          profileId: target.profileId,
          network: target.network,
          payloadSha256: target.payloadSha256 ?? '',
          dueAt: revision.scheduledAt ?? at,
          at,
        })),
      )
    })
  }
  return postIds.length
}
