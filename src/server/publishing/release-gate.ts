import type { ArchivedRelease } from '#server/archive/find-release.ts'
import type { Instant } from '#server/platform/clock.ts'
import { contentHash, sha256 } from '#server/posts/post-content.ts'
import type { RequiredStage } from '#server/policies/finding.ts'
import { toStoredContent, type EvaluationRow, type PostRow, type RevisionRow } from '#server/posts/stored-post.ts'
import type { PostStatus } from '#shared/post-status.ts'
import type { GateReview } from './gate-rows.ts'
import type { PublicationRow } from './queries.ts'

/** Everything that the gate looks at, read under the locks of post, reviews and publication. */
export interface GateState {
  readonly now: Instant
  readonly post: PostRow
  readonly revision: RevisionRow
  readonly evaluation: EvaluationRow | undefined
  readonly reviews: readonly GateReview[]
  readonly publication: PublicationRow
  readonly activeVersion: string | undefined
  readonly profileStatus: string
  /** Every account of the author, and of whoever wrote the revision. */
  readonly authorAccounts: readonly string[]
  readonly engagedStop: { readonly stopId: string; readonly reason: string } | undefined
  /** What the archive holds as let out, whatever the tables say of it. */
  readonly release: Pick<ArchivedRelease, 'recordId' | 'payload'> | undefined
}

/** Why nothing leaves, and what becomes of the publication. */
export interface Refusal {
  readonly because: 'cancelled' | 'restored' | 'tampered' | 'stopped' | 'unapproved' | 'profile' | 'unjudged' | 'early'
  readonly sentence: string
}

type Check = (state: GateState) => Refusal | undefined

/**
 * The only door (law 1), as a list that reads like the law. The first check that objects decides; a publication passes
 * when none does. Pure: whoever calls holds the locks.
 */
const checks: readonly Check[] = [
  postIsStillMeant,
  databaseKnowsItsReleases,
  nothingIsStopped,
  contentIsWhatWasHashed,
  payloadIsWhatWasHashed,
  stampIsWhatWasReleased,
  judgedUnderTheActivePolicy,
  policyDoesNotBlock,
  everyStageApprovedThisContent,
  slotHasCome,
  profileIsConnected,
]

export function refuseRelease(state: GateState): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(state)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** States in which a post belongs to the publisher: in any other it was taken back, and its publications end. */
export const releasable: readonly PostStatus[] = [
  'approved',
  'scheduled',
  'publishing',
  'partly_published',
  'unconfirmed',
  'stopped',
  'failed',
  'published',
]

function postIsStillMeant({ post, publication }: GateState): Refusal | undefined {
  if (post.currentRevisionId !== publication.revisionId)
    return { because: 'cancelled', sentence: 'A newer revision replaced the approved one.' }
  if (!releasable.includes(post.status)) return { because: 'cancelled', sentence: `The post is ${post.status}.` }
  // What was decided since is not sealed with the record of the release: it is let out again.
  if (publication.status === 'publishing' && ['approved', 'scheduled'].includes(post.status))
    return { because: 'cancelled', sentence: 'The post was sent back after it was let out.' }
  if (publication.retractRequestedBy !== null)
    return { because: 'cancelled', sentence: 'Its author takes the post back.' }
  return undefined
}

/** After a restore the tables are older than the archive: what was out already would go out twice (law 5). */
function databaseKnowsItsReleases({ release, publication }: GateState): Refusal | undefined {
  return release !== undefined && publication.releaseRecordId === null
    ? {
        because: 'restored',
        sentence:
          'The archive holds that this was released before; the database, restored from an older state, does not know it. Look at the network: if it is not there, submit it as a new post.',
      }
    : undefined
}

function nothingIsStopped({ engagedStop }: GateState): Refusal | undefined {
  return engagedStop === undefined
    ? undefined
    : { because: 'stopped', sentence: `A stop is engaged: ${engagedStop.reason}` }
}

function contentIsWhatWasHashed({ revision }: GateState): Refusal | undefined {
  const hash = contentHash(toStoredContent(revision), revision.targets)
  return hash === revision.contentHash
    ? undefined
    : {
        because: 'tampered',
        sentence: 'The stored content is not what its hash says: it was changed outside the gateway.',
      }
}

function payloadIsWhatWasHashed({ revision, publication }: GateState): Refusal | undefined {
  const target = revision.targets.find((candidate) => candidate.profileId === publication.profileId)
  const sound =
    target !== undefined &&
    target.payload !== null &&
    sha256(target.payload) === target.payloadSha256 &&
    target.payloadSha256 === publication.payloadSha256
  return sound ? undefined : { because: 'tampered', sentence: 'The payload is not the one that was approved.' }
}

/** Each attempt sends the bytes that the sealed record of the release holds, and no others. */
function stampIsWhatWasReleased({ release, publication }: GateState): Refusal | undefined {
  const { stampedPayload, releaseRecordId } = publication
  if (stampedPayload === null && releaseRecordId === null) return undefined
  const isSame = release !== undefined && release.recordId === releaseRecordId && release.payload === stampedPayload
  return isSame ? undefined : { because: 'tampered', sentence: 'The payload is not the one that was let out.' }
}

function judgedUnderTheActivePolicy({ evaluation, activeVersion, revision, now }: GateState): Refusal | undefined {
  if (evaluation !== undefined && evaluation.policyVersion === activeVersion) {
    // A verdict of before the slot says nothing of the slot: a quiet period may have begun.
    const isEarly =
      revision.scheduledAt !== null && revision.scheduledAt <= now && evaluation.evaluatedAt < revision.scheduledAt
    if (!isEarly) return undefined
    return { because: 'unjudged', sentence: 'The slot has come; the post is being judged for it.' }
  }
  return { because: 'unjudged', sentence: 'The policy changed; the post is being judged anew.' }
}

function policyDoesNotBlock({ evaluation }: GateState): Refusal | undefined {
  return evaluation?.verdict === 'block' ? { because: 'unapproved', sentence: 'Policy blocks the post.' } : undefined
}

function everyStageApprovedThisContent({
  revision,
  evaluation,
  reviews,
  authorAccounts,
}: GateState): Refusal | undefined {
  for (const [stageIndex, stage] of (evaluation?.requiredStages ?? []).entries()) {
    const approvals = reviews
      .filter((review) => review.status === 'approved' && isOfStage(review, stageIndex, stage))
      .flatMap((review) => review.decisions)
      .filter((decision) => decision.outcome === 'approved' && decision.contentHash === revision.contentHash)
    if (approvals.some(({ reviewerId }) => authorAccounts.includes(reviewerId)))
      return { because: 'tampered', sentence: 'The author stands among the approvers.' }
    const people = countPeople(approvals)
    if (people < stage.need)
      return {
        because: 'unapproved',
        sentence: `The stage “${stage.name}” has ${people} of ${stage.need} approvals of exactly this content.`,
      }
  }
  return undefined
}

/** An approval given under another policy counts where it was asked of the same people: right and unit are part of a stage. */
function isOfStage(review: GateReview, stageIndex: number, stage: RequiredStage): boolean {
  return (
    review.stageIndex === stageIndex &&
    review.stage === stage.name &&
    review.qualification === (stage.qualification ?? null) &&
    review.unit === (stage.unit ?? null)
  )
}

/** People, not accounts: two that became known as one person's since are one approval. */
function countPeople(approvals: GateReview['decisions']): number {
  const known = new Set<string>()
  return approvals.filter(({ reviewerId, accounts }) => {
    const isNew = ![reviewerId, ...accounts].some((account) => known.has(account))
    for (const account of [reviewerId, ...accounts]) known.add(account)
    return isNew
  }).length
}

function slotHasCome({ publication, now }: GateState): Refusal | undefined {
  return publication.dueAt <= now ? undefined : { because: 'early', sentence: `The slot is ${publication.dueAt}.` }
}

function profileIsConnected({ profileStatus }: GateState): Refusal | undefined {
  return profileStatus === 'connected'
    ? undefined
    : {
        because: 'profile',
        sentence: `The profile is ${profileStatus.replaceAll('_', ' ')}; an administrator must connect it.`,
      }
}
