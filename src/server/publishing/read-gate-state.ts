import { findRelease } from '#server/archive/find-release.ts'
import { listAccountsOf } from '#server/identity/same-person.ts'
import type { Tx } from '#server/platform/database.ts'
import { readActiveVersion } from '#server/policies/active-version.ts'
import { findLastEvaluation, findRevision, lockPost } from '#server/posts/stored-post.ts'
import { lockGateReviews } from './gate-rows.ts'
import { findEngagedStop, holdProfileState, lockPublication } from './queries.ts'
import type { GateState } from './release-gate.ts'

/** Locks post, reviews and publication, in this order, and reads all that the gate looks at. Undefined when another publisher is at it. */
export async function readGateState(
  tx: Tx,
  postId: string,
  publicationId: string,
  now: string,
): Promise<GateState | undefined> {
  const post = await lockPost(tx, postId)
  if (post === undefined) return undefined
  const reviews = await lockGateReviews(tx, post.currentRevisionId)
  const publication = await lockPublication(tx, publicationId)
  if (publication === undefined) return undefined
  const revision = (await findRevision(tx, publication.revisionId))!
  return {
    now,
    post,
    revision,
    reviews,
    publication,
    evaluation: await findLastEvaluation(tx, revision.revisionId),
    activeVersion: await readActiveVersion(tx),
    profileStatus: (await holdProfileState(tx, publication.profileId)).status,
    release: await findRelease(tx, publication),
    authorAccounts: await listAccountsOf(tx, [post.authorId, revision.createdBy]),
    engagedStop: await findEngagedStop(tx, publication, post.unitPath),
  }
}
