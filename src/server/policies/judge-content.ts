import { AppError } from '#server/platform/app-error.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Finding as ApiFinding, CommunicationClass } from '#shared/api/policies.ts'
import type { Language } from '#shared/api/common.ts'
import { compiledPolicy } from './compiled-policies.ts'
import { evaluatePost } from './evaluate-post.ts'
import type { Evaluation, Finding } from './finding.ts'
import type { PolicyInput, PolicyTarget } from './policy-input.ts'
import { findEvaluationContext, type EvaluationContext } from './queries.ts'

export type { EvaluationContext }

/** What an author says, with every default filled in. */
export interface Content {
  readonly text: string
  /** The items of a thread after the first, in order. */
  readonly thread: readonly string[]
  /** Null: an ordinary post. */
  readonly format: string | null
  readonly audience: string | null
  readonly profileIds: readonly string[]
  readonly media: readonly {
    mediaId: string
    sha256: string
    mimeType: string
    size: number
    altText?: string | undefined
  }[]
  readonly links: readonly { url: string; text?: string | undefined }[]
  readonly language: Language | null
  readonly scheduledAt: string | null
  readonly communicationClass: CommunicationClass
  readonly isStatic: boolean
  readonly topics: readonly string[]
  readonly sources: readonly { claim?: string | undefined; url?: string | undefined; note?: string | undefined }[]
}

/** Who says it: the person and the unit for which the post is made. */
export interface Author {
  readonly userId: string
  readonly unitId: string
  /** Units on which they may act: profiles elsewhere are not there for them. Absent where nobody is asking, as at the gate. */
  readonly reach?: readonly string[] | undefined
}

/** A verdict with everything that is needed to reach it again (replay). */
export interface Judgement {
  readonly evaluation: Evaluation
  readonly inputs: PolicyInput
}

/** Judges content under the policy in force. Stores nothing. */
export async function judgeContent(
  db: Db | Tx,
  author: Author,
  content: Content,
  now: string,
): Promise<Judgement & { context: EvaluationContext }> {
  const context = await findEvaluationContext(db, { author, profileIds: content.profileIds, now })
  if (context.activeVersion === null) {
    throw new AppError(
      'not_ready',
      'No policy is active, so nothing can be judged. Your text is kept; a policy owner must activate a version.',
    )
  }
  const inputs = toPolicyInput(author, content, context, now)
  const evaluation = evaluatePost(await compiledPolicy(db, context.activeVersion), inputs)
  return { evaluation, inputs, context }
}

function toPolicyInput(author: Author, content: Content, context: EvaluationContext, now: string): PolicyInput {
  return {
    post: {
      text: content.text,
      ...(content.thread.length === 0 ? {} : { thread: content.thread }),
      ...(content.format === null ? {} : { format: content.format }),
      ...(content.audience === null ? {} : { audience: content.audience }),
      language: content.language ?? undefined,
      communicationClass: content.communicationClass,
      static: content.isStatic,
      topics: content.topics,
      links: content.links,
      media: content.media.map((item) => ({
        mediaId: item.mediaId,
        altText: item.altText,
        kind: item.mimeType.split('/')[0] ?? 'file',
      })),
      sources: content.sources,
      scheduledAt: content.scheduledAt ?? undefined,
    },
    author: {
      id: author.userId,
      unitPath: context.unitSlugs,
      qualifications: context.qualifications,
      trainingValid: 'unknown',
    },
    targets: context.profiles.map(toTarget),
    libraryItem: 'unknown',
    now,
  }
}

/** What the profile's settings say of its place and its server's limits, as its network's adapter keeps them. */
function toTarget({ profileId, network, settings }: EvaluationContext['profiles'][number]): PolicyTarget {
  const { country, maxCharacters, urlLength } = settings
  return {
    profileId,
    network,
    ...(typeof country === 'string' && /^[A-Za-z]{2}$/.test(country) ? { country: country.toUpperCase() } : {}),
    ...(typeof maxCharacters === 'number' ? { limit: maxCharacters } : {}),
    ...(typeof urlLength === 'number' ? { urlLength } : {}),
  }
}

/** A finding as the API gives it, its sentence in the reader's language. */
export function toApiFinding(finding: Finding, language: Language): ApiFinding {
  return {
    ruleId: finding.ruleId,
    severity: finding.severity,
    ...(finding.clause === undefined ? {} : { clause: finding.clause }),
    message: finding.message[language],
    messages: { ...finding.message },
    ...(finding.suggestion === undefined
      ? {}
      : { suggestion: finding.suggestion[language], suggestions: { ...finding.suggestion } }),
    ...(finding.via === undefined ? {} : { via: finding.via }),
    spans: finding.spans.map((span) => ({ ...span, ...itemOf(span.field) })),
  }
}

/** The later item of a thread that a span stands in; 1 is the one after the first. */
function itemOf(field: string): { item?: number } {
  return field.startsWith('thread:') ? { item: Number(field.slice('thread:'.length)) } : {}
}
