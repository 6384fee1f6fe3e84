import { createHash } from 'node:crypto'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { Content } from '#server/policies/judge-content.ts'

/** A revision's way to one network: the payload that will be sent, rendered from the content alone. */
export interface Target {
  readonly profileId: string
  readonly network: string
  /** Canonical JSON, as the adapter rendered it; null while the content does not fit the network. */
  readonly payload: string | null
  readonly payloadSha256: string | null
  /** Why there is no payload: a sentence for the author. */
  readonly refusal: string | null
}

/**
 * The hash that a decision binds to: SHA-256 (hex) over canonical JSON (RFC 8785) of everything that will be said, to
 * whom, where and when, with the digest of each network's payload. Any edit, however small, is another hash.
 */
export function contentHash(content: Content, targets: readonly Target[]): string {
  return sha256(
    canonicalJson({
      v: 1,
      text: content.text,
      // Only where they are: a post without them keeps the hash that it always had.
      ...(content.thread.length === 0 ? {} : { thread: [...content.thread] }),
      ...(content.format === null ? {} : { format: content.format }),
      ...(content.audience === null ? {} : { audience: content.audience }),
      language: content.language,
      links: content.links.map((link) => ({ url: link.url, text: link.text ?? null })),
      media: content.media.map((item) => ({ sha256: item.sha256, altText: item.altText ?? null })),
      sources: content.sources.map((source) => ({
        claim: source.claim ?? null,
        url: source.url ?? null,
        note: source.note ?? null,
      })),
      targets: targets.map((target) => ({
        profileId: target.profileId,
        network: target.network,
        payloadSha256: target.payloadSha256,
      })),
      scheduledAt: content.scheduledAt,
      communicationClass: content.communicationClass,
      static: content.isStatic,
      topics: [...content.topics],
    }),
  )
}

/** Lower-case hex SHA-256 of UTF-8 text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
