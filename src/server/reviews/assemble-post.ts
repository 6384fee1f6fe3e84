import { chooseSample } from '#server/policies/choose-sample.ts'
import { toApiFinding } from '#server/policies/judge-content.ts'
import type { EvaluationRow, PostRow, RevisionRow } from '#server/posts/stored-post.ts'
import type { Language } from '#shared/api/common.ts'
import type { Comment, Post, Publication, ReviewDecision, Revision, TimelineEntry } from '#shared/api/posts.ts'
import { assigneeOf, holderOf } from './claim.ts'
import type { ReviewRow } from './queries.ts'
import type { WrittenPost } from './submit-post.ts'
import type { Actor } from '#server/platform/actor.ts'
import { inputsHash } from '#server/posts/write-revision.ts'
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

/** A new post from what was just written, so that the hot path reads nothing back. Pure. */
export function partsOfNewPost(actor: Actor, written: WrittenPost): PostParts {
  const { prepared } = written
  const { content, evaluation } = prepared
  const author = {
    authorId: actor.userId,
    authorName: actor.displayName,
    unitId: written.unitId,
    unitPath: written.unitId === actor.unitId ? actor.unitPath : [written.unitId],
  }
  const revision: RevisionRow = {
    revisionId: prepared.revisionId,
    postId: written.postId,
    number: written.number,
    text: content.text,
    thread: [...content.thread],
    format: content.format,
    audience: content.audience,
    language: content.language,
    links: content.links.map((link) => ({ url: link.url, ...(link.text === undefined ? {} : { text: link.text }) })),
    media: content.media.map(({ altText, ...item }) => (altText === undefined ? item : { ...item, altText })),
    sources: content.sources.map((source) => JSON.parse(JSON.stringify(source)) as RevisionRow['sources'][number]),
    profileIds: [...content.profileIds],
    targets: [...prepared.targets],
    scheduledAt: content.scheduledAt,
    communicationClass: content.communicationClass,
    isStatic: content.isStatic,
    topics: [...content.topics],
    contentHash: prepared.contentHash,
    createdBy: actor.userId,
    createdAt: prepared.at,
  }
  return {
    post: {
      ...author,
      postId: written.postId,
      status: written.status,
      currentRevisionId: prepared.revisionId,
      createdAt: prepared.at,
      updatedAt: prepared.at,
    },
    revisions: [revision],
    evaluation: {
      evaluationId: prepared.revisionId,
      revisionId: prepared.revisionId,
      policyVersion: evaluation.policyVersion,
      verdict: evaluation.verdict,
      findings: [...evaluation.findings],
      requiredStages: [...evaluation.requiredStages],
      perNetwork: [...evaluation.perNetwork],
      sample: chooseSample(prepared.revisionId, evaluation.sample),
      trace: evaluation.trace,
      inputs: prepared.inputs,
      inputsHash: inputsHash(prepared.inputs),
      occasion: 'submission',
      evaluatedAt: prepared.at,
    },
    reviews: written.reviews.map((review) => ({
      ...author,
      reviewId: review.id,
      postId: review.postId,
      revisionId: review.revisionId,
      revisionNumber: written.number,
      status: review.status,
      stage: review.stage,
      stageIndex: review.stageIndex,
      stageUnitId: null,
      need: review.need,
      qualification: review.qualification,
      policyVersion: review.policyVersion,
      unitName: '',
      networks: [...review.networks],
      text: content.text,
      contentHash: review.contentHash,
      verdict: evaluation.verdict,
      severity: null,
      findingCount: review.findingCount,
      claimedById: null,
      claimedByName: null,
      claimedUntil: null,
      assignedToId: null,
      assignedToName: null,
      escalatedAt: null,
      closedAt: null,
      scheduledAt: content.scheduledAt,
      createdAt: prepared.at,
      dueAt: review.dueAt,
      approvals: 0,
    })),
    now: prepared.at,
    decisions: [],
    publications: [],
    comments: [],
    timeline: [
      {
        recordId: written.recordId,
        type: written.recordType,
        recordedAt: prepared.at,
        actor: { userId: actor.userId, displayName: actor.displayName },
        logIndex: null,
        sealed: false,
        summary: {
          contentHash: prepared.contentHash,
          verdict: evaluation.verdict,
          policyVersion: evaluation.policyVersion,
        },
      },
    ],
  }
}

function whoHasIt(parts: PostParts): string | null {
  const open = parts.reviews.find((review) => review.status === 'open')
  if (open !== undefined) return (holderOf(open, parts.now) ?? assigneeOf(open))?.displayName ?? open.stage
  if (['draft', 'blocked', 'changes_requested', 'rejected', 'expired'].includes(parts.post.status))
    return parts.post.authorName
  return null
}
