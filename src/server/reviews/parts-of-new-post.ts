import type { Actor } from '#server/platform/actor.ts'
import { chooseSample } from '#server/policies/choose-sample.ts'
import type { EvaluationRow, PostRow, RevisionRow } from '#server/posts/stored-post.ts'
import { inputsHash } from '#server/posts/write-revision.ts'
import type { TimelineEntry } from '#shared/api/posts.ts'
import type { PostParts } from './assemble-post.ts'
import type { NewReview, ReviewRow } from './queries.ts'
import type { WrittenPost } from './submit-post.ts'

/** A new post from what was just written, so that the hot path reads nothing back. Pure. */
export function partsOfNewPost(actor: Actor, written: WrittenPost): PostParts {
  return {
    post: postOf(actor, written),
    revisions: [revisionOf(actor, written)],
    evaluation: evaluationOf(written),
    reviews: written.reviews.map((review) => reviewOf(actor, written, review)),
    now: written.prepared.at,
    decisions: [],
    publications: [],
    comments: [],
    timeline: [entryOf(actor, written)],
  }
}

type AuthorColumns = Pick<PostRow, 'authorId' | 'authorName' | 'unitId' | 'unitPath'>

function authorOf(actor: Actor, { unitId }: WrittenPost): AuthorColumns {
  const unitPath = unitId === actor.unitId ? actor.unitPath : [unitId]
  return { authorId: actor.userId, authorName: actor.displayName, unitId, unitPath }
}

function postOf(actor: Actor, written: WrittenPost): PostRow {
  const { revisionId, at } = written.prepared
  return {
    ...authorOf(actor, written),
    postId: written.postId,
    status: written.status,
    currentRevisionId: revisionId,
    createdAt: at,
    updatedAt: at,
  }
}

function revisionOf(actor: Actor, { prepared, postId, number }: WrittenPost): RevisionRow {
  const { content } = prepared
  return {
    revisionId: prepared.revisionId,
    postId,
    number,
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
}

function evaluationOf({ prepared }: WrittenPost): EvaluationRow {
  const { evaluation, inputs, revisionId, at } = prepared
  return {
    evaluationId: revisionId,
    revisionId,
    policyVersion: evaluation.policyVersion,
    verdict: evaluation.verdict,
    findings: [...evaluation.findings],
    requiredStages: [...evaluation.requiredStages],
    perNetwork: [...evaluation.perNetwork],
    sample: chooseSample(revisionId, evaluation.sample),
    trace: evaluation.trace,
    inputs,
    inputsHash: inputsHash(inputs),
    occasion: 'submission',
    evaluatedAt: at,
  }
}

/** A review of which nobody has done anything yet. */
function reviewOf(actor: Actor, written: WrittenPost, review: NewReview): ReviewRow {
  const { content, evaluation, at } = written.prepared
  const { id, stageUnit: _stageUnit, ...columns } = review
  return {
    ...columns,
    ...authorOf(actor, written),
    reviewId: id,
    revisionNumber: written.number,
    stageUnitId: null,
    unitName: '',
    networks: [...review.networks],
    text: content.text,
    verdict: evaluation.verdict,
    severity: null,
    scheduledAt: content.scheduledAt,
    createdAt: at,
    approvals: 0,
    ...untouched,
  }
}

const untouched = {
  claimedById: null,
  claimedByName: null,
  claimedUntil: null,
  assignedToId: null,
  assignedToName: null,
  escalatedAt: null,
  closedAt: null,
}

function entryOf(actor: Actor, { prepared, recordId, recordType }: WrittenPost): TimelineEntry {
  const { contentHash, evaluation, at } = prepared
  return {
    recordId,
    type: recordType,
    recordedAt: at,
    actor: { userId: actor.userId, displayName: actor.displayName },
    logIndex: null,
    sealed: false,
    summary: { contentHash, verdict: evaluation.verdict, policyVersion: evaluation.policyVersion },
  }
}
