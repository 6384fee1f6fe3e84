import type { RecordDraft } from '#server/archive/append-record.ts'
import { chooseSample } from '#server/policies/choose-sample.ts'
import { inputsHash } from '#server/posts/write-revision.ts'
import type { PreparedRevision } from '#server/posts/prepare-revision.ts'
import type { RecordType } from '#shared/record-event.ts'

/** The evidence of a revision and its verdict: everything that a replay or an examiner needs, in one record. */
export function revisionRecord(
  type: Extract<RecordType, 'post.drafted' | 'post.revised' | 'post.rescheduled' | 'post.submitted' | 'post.blocked'>,
  post: { postId: string; authorId: string; unitId: string; number: number },
  prepared: PreparedRevision,
  reviews: readonly { id: string; stage: string; need: number; qualification: string | null }[],
): RecordDraft {
  const { content, evaluation } = prepared
  return {
    type,
    at: prepared.at,
    streams: { post: post.postId, author: post.authorId, unit: post.unitId, ...onlyTarget(prepared) },
    verdict: evaluation.verdict,
    searchText: [
      content.text,
      ...content.thread,
      ...content.links.map((link) => `${link.text ?? ''} ${link.url}`),
      ...content.media.map((item) => item.altText ?? ''),
    ]
      .join('\n')
      .trim(),
    ...(content.language === null ? {} : { language: content.language }),
    body: {
      revision: {
        revisionId: prepared.revisionId,
        number: post.number,
        contentHash: prepared.contentHash,
        text: content.text,
        ...(content.thread.length === 0 ? {} : { thread: [...content.thread] }),
        ...(content.format === null ? {} : { format: content.format }),
        ...(content.audience === null ? {} : { audience: content.audience }),
        language: content.language,
        links: content.links.map((link) => ({ url: link.url, text: link.text ?? null })),
        media: content.media.map((item) => ({
          mediaId: item.mediaId,
          sha256: item.sha256,
          mimeType: item.mimeType,
          altText: item.altText ?? null,
        })),
        sources: content.sources.map((source) => ({
          claim: source.claim ?? null,
          url: source.url ?? null,
          note: source.note ?? null,
        })),
        scheduledAt: content.scheduledAt,
        communicationClass: content.communicationClass,
        static: content.isStatic,
        topics: [...content.topics],
        targets: prepared.targets.map((target) => ({
          profileId: target.profileId,
          network: target.network,
          payload: target.payload,
          payloadSha256: target.payloadSha256,
        })),
      },
      evaluation: evaluationBody(prepared),
      reviews: reviews.map((review) => ({
        reviewId: review.id,
        stage: review.stage,
        need: review.need,
        qualification: review.qualification,
      })),
    },
  }
}

/** A verdict as evidence: findings, route, policy version, the hash of its inputs and the inputs themselves. */
export function evaluationBody(
  prepared: Pick<PreparedRevision, 'revisionId' | 'evaluation' | 'inputs'>,
): RecordDraft['body'] {
  const { evaluation, inputs } = prepared
  // The engine's values carry `undefined` for what is absent; canonical JSON carries only what is there.
  return {
    policyVersion: evaluation.policyVersion,
    verdict: evaluation.verdict,
    findings: evaluation.findings,
    requiredStages: evaluation.requiredStages,
    perNetwork: evaluation.perNetwork,
    sample: chooseSample(prepared.revisionId, evaluation.sample),
    trace: evaluation.trace,
    inputsHash: inputsHash(inputs),
    inputs,
  } as unknown as RecordDraft['body']
}

function onlyTarget(prepared: PreparedRevision): { profile?: string; network?: string } {
  const [target, ...others] = prepared.targets
  return target === undefined || others.length > 0 ? {} : { profile: target.profileId, network: target.network }
}
