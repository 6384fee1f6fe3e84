import { addMilliseconds } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import type { Evaluation, Severity } from '#server/policies/finding.ts'
import type { PostStatus } from '#shared/post-status.ts'
import type { NewReview } from './queries.ts'

const ranks: readonly Severity[] = ['note', 'review', 'block']
const hour = 3_600_000

/** The stage of a review after release, beyond every stage of a route. */
export const sampledStageIndex = 1000

/** What a verdict makes of a post: blocked, in review with its stages, or straight through. Pure. */
export function statusAfterVerdict(evaluation: Evaluation, scheduledAt: string | null): PostStatus {
  if (evaluation.verdict === 'block') return 'blocked'
  if (evaluation.requiredStages.length > 0) return 'in_review'
  return scheduledAt === null ? 'approved' : 'scheduled'
}

/** The reviews of a route: the first stage open, the later ones waiting for it. Pure. */
export function planReviews(
  post: { postId: string; authorId: string; unitId: string },
  revision: {
    revisionId: string
    contentHash: string
    scheduledAt: string | null
    networks: readonly string[]
    at: string
  },
  evaluation: Evaluation,
  reviewHours: number,
): NewReview[] {
  return evaluation.requiredStages.map((stage, stageIndex) => ({
    id: newId(revision.at),
    postId: post.postId,
    revisionId: revision.revisionId,
    contentHash: revision.contentHash,
    authorId: post.authorId,
    unitId: post.unitId,
    stageIndex,
    stage: stage.name,
    need: stage.need,
    qualification: stage.qualification ?? null,
    stageUnit: stage.unit ?? null,
    policyVersion: evaluation.policyVersion,
    verdict: evaluation.verdict,
    severity: worstSeverity(evaluation),
    findingCount: evaluation.findings.length,
    networks: revision.networks,
    status: stageIndex === 0 ? 'open' : 'waiting',
    dueAt: dueAt(revision.at, revision.scheduledAt, reviewHours),
    at: revision.at,
  }))
}

function worstSeverity(evaluation: Evaluation): Severity | null {
  return evaluation.findings.reduce<Severity | null>(
    (worst, finding) =>
      worst === null || ranks.indexOf(finding.severity) > ranks.indexOf(worst) ? finding.severity : worst,
    null,
  )
}

// A scheduled post must be decided before its slot, whatever the firm's own promise is.
function dueAt(at: string, scheduledAt: string | null, reviewHours: number): string {
  const promised = addMilliseconds(at, reviewHours * hour)
  return scheduledAt !== null && scheduledAt < promised ? scheduledAt : promised
}
