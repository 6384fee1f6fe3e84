import { toApiFinding } from '#server/policies/judge-content.ts'
import type { EvaluationRow, PostRow, RevisionRow } from '#server/posts/stored-post.ts'
import type { Language } from '#shared/api/common.ts'
import type { Comment, Post, Publication, ReviewDecision, Revision, TimelineEntry } from '#shared/api/posts.ts'
import { assigneeOf, holderOf } from './claim.ts'
import type { ReviewRow } from './queries.ts'
import type { Static } from 'typebox'

/** Everything that is known of one post, as rows. */
export interface PostParts {
  readonly post: PostRow
  readonly revisions: readonly RevisionRow[]
  readonly evaluation: EvaluationRow | undefined
  readonly reviews: readonly ReviewRow[]
  readonly decisions: readonly ({ reviewId: string } & ReviewDecision)[]
  readonly publications: readonly Publication[]
  readonly comments: readonly Static<typeof Comment>[]
  readonly timeline: readonly TimelineEntry[]
  /** When all this was read: claims lapse. */
  readonly now: string
}

/** The post as the API gives it, in the reader's language. Pure. */
export function assemblePost(parts: PostParts, language: Language): Post {
  const { post, evaluation } = parts
  const current = parts.revisions.find((revision) => revision.revisionId === post.currentRevisionId)!
  return {
    postId: post.postId,
    status: post.status,
    text: current.text,
    author: { userId: post.authorId, displayName: post.authorName },
    unitId: post.unitId,
    networks: [...new Set(current.targets.map((target) => target.network))],
    verdict: evaluation?.verdict ?? null,
    waitingFor: whoHasIt(parts),
    contentHash: current.contentHash,
    scheduledAt: current.scheduledAt,
    createdAt: post.createdAt,
    updatedAt: post.updatedAt,
    currentRevisionId: post.currentRevisionId,
    revision: toApiRevision(current),
    policyVersion: evaluation?.policyVersion ?? null,
    findings: (evaluation?.findings ?? []).map((finding) => toApiFinding(finding, language)),
    requiredStages: [...(evaluation?.requiredStages ?? [])],
    perNetwork: [...(evaluation?.perNetwork ?? [])],
    revisions: parts.revisions.map(toApiRevision),
    reviews: parts.reviews.map((review) => ({
      reviewId: review.reviewId,
      revisionId: review.revisionId,
      stage: review.stage,
      need: review.need,
      status: review.status,
      claimedBy: holderOf(review, parts.now),
      assignedTo: assigneeOf(review),
      dueAt: review.dueAt,
      decisions: parts.decisions
        .filter((decision) => decision.reviewId === review.reviewId)
        .map(({ reviewId: _reviewId, ...decision }) => decision),
    })),
    publications: [...parts.publications],
    comments: [...parts.comments],
    timeline: [...parts.timeline],
  }
}

/** A revision without what only the gate needs. */
export function toApiRevision(row: RevisionRow): Revision {
  const { postId: _postId, media, targets: _targets, isStatic, ...revision } = row
  return {
    ...revision,
    mediaIds: media.map((item) => item.mediaId),
    media: media.map((item) => ({ ...item, altText: item.altText ?? null })),
    static: isStatic,
  }
}

function whoHasIt(parts: PostParts): string | null {
  const open = parts.reviews.find((review) => review.status === 'open')
  if (open !== undefined) return (holderOf(open, parts.now) ?? assigneeOf(open))?.displayName ?? open.stage
  if (['draft', 'blocked', 'changes_requested', 'rejected', 'expired'].includes(parts.post.status))
    return parts.post.authorName
  return null
}
