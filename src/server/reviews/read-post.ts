import { readTimeline } from '#server/archive/read-timeline.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import {
  findComments,
  findLastEvaluation,
  findPost,
  findRevisions,
  readableUnits,
  type PostRow,
} from '#server/posts/stored-post.ts'
import type { Language } from '#shared/api/common.ts'
import type { Post, Publication } from '#shared/api/posts.ts'
import { assemblePost, type PostParts } from './assemble-post.ts'
import { findDecisions } from './decision-queries.ts'
import { findReviewsOfPost } from './queries.ts'

/** One post, whole, for its author or for a reviewer or auditor in whose units it lies; for others it does not exist. */
export async function readPost(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  postId: string,
  language: Language,
): Promise<Post> {
  return assemblePost(await readPostParts(db, actor, postId, clock.now()), language)
}

export async function readPostParts(db: Db, actor: Actor, postId: string, now: string): Promise<PostParts> {
  const post = await findPost(db, postId)
  if (post === undefined || !mayRead(actor, post)) throw new AppError('not_found', 'No such post.')
  const [revisions, evaluation, reviews, decisions, publications, comments, timeline] = await Promise.all([
    findRevisions(db, postId),
    findLastEvaluation(db, post.currentRevisionId),
    findReviewsOfPost(db, postId),
    findDecisions(db, postId),
    findPublications(db, postId),
    findComments(db, postId),
    readTimeline(db, postId),
  ])
  return {
    post,
    revisions,
    evaluation,
    reviews,
    decisions,
    publications,
    comments: comments.map(({ authorId, authorName, ...comment }) => ({
      ...comment,
      author: { userId: authorId, displayName: authorName },
    })),
    timeline,
    now,
  }
}

function mayRead(actor: Actor, post: PostRow): boolean {
  const units = readableUnits(actor)
  return post.authorId === actor.userId || post.unitPath.some((unitId) => units.includes(unitId))
}

// Read by joining: publishing/ owns the table and writes it.
async function findPublications(db: Db, postId: string): Promise<Publication[]> {
  const rows = await db
    .selectFrom('publication')
    .innerJoin('profile', 'profile.id', 'publication.profile_id')
    .select([
      'publication.id as publicationId',
      'publication.profile_id as profileId',
      'publication.network',
      'profile.handle',
      'publication.status',
      'publication.remote_id as remoteId',
      'publication.permalink',
      'publication.published_at as publishedAt',
      'publication.attempts',
      'publication.next_attempt_at as nextAttemptAt',
      'publication.last_error as lastError',
    ])
    .where('publication.post_id', '=', postId)
    .orderBy('publication.created_at')
    .orderBy('publication.id')
    .execute()
  return rows as Publication[]
}
