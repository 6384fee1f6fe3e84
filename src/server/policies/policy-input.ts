import type { Instant } from '#server/platform/clock.ts'

/** The regulator's class of a communication. */
export type CommunicationClass = 'retail' | 'correspondence' | 'institutional'

export interface PolicyLink {
  readonly url: string
  readonly text?: string | undefined
}

export interface PolicyMedia {
  readonly mediaId: string
  readonly altText?: string | undefined
  readonly kind: string
}

/** What supports a claim or a figure (MKT-1, FIN-3). */
export interface PolicySource {
  readonly claim?: string | undefined
  readonly url?: string | undefined
  readonly note?: string | undefined
}

export interface PolicyPost {
  /** The post, or the first item of a thread. UTF-16, exactly as submitted. */
  readonly text: string
  readonly language?: 'fr' | 'en' | undefined
  readonly communicationClass: CommunicationClass
  readonly static: boolean
  readonly topics: readonly string[]
  readonly links: readonly PolicyLink[]
  readonly media: readonly PolicyMedia[]
  readonly sources: readonly PolicySource[]
  readonly scheduledAt?: Instant | undefined
  /** The items of a thread after the first one, in order. Each is judged alone, and the whole too (FCA-1). */
  readonly thread?: readonly string[] | undefined
  /** `post` when absent; `story` and `disappearing` delete themselves (FIN-11). */
  readonly format?: string | undefined
  /** Whom the post is addressed to, where the firm says so (`public`, `clients`, `professionals` …). */
  readonly audience?: string | undefined
}

export interface PolicyAuthor {
  readonly id: string
  /** Unit names or ids from the firm down to the author's own unit. */
  readonly unitPath: readonly string[]
  readonly qualifications: readonly string[]
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined
  /** `unknown` while no part of the gateway can tell; absent in inputs of before it was said, and then taken for valid. */
  readonly trainingValid?: boolean | 'unknown' | undefined
}

export interface PolicyTarget {
  readonly profileId: string
  readonly network: string
  readonly country?: string | undefined
  /** What the profile's own server announces, where that differs from the network's usual limits. */
  readonly limit?: number | undefined
  readonly urlLength?: number | undefined
}

/** Everything a verdict depends on besides the policy version. Nothing else may influence it. */
export interface PolicyInput {
  readonly post: PolicyPost
  readonly author: PolicyAuthor
  readonly targets: readonly PolicyTarget[]
  /** Absent: not from the library. `unknown` while no part of the gateway can tell. */
  readonly libraryItem?: { readonly unchanged: boolean } | 'unknown' | undefined
  readonly now: Instant
}
