import { createHash } from 'node:crypto'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { NetworkAccount, RenderInput } from '#server/platform/network.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import { fitNetwork } from '#shared/network-limits.ts'
import { refuseMedia } from './refuse-media.ts'

/** What is approved: the request that will be sent, its idempotency key, and the media to upload before it. */
export interface MastodonPayload extends JsonObject {
  readonly input: { readonly status: string; readonly visibility: 'public'; readonly language?: string }
  readonly key: string
  readonly media: readonly {
    readonly mediaId: string
    readonly sha256: string
    readonly mimeType: string
    readonly altText?: string
  }[]
  /** Absent until it is released: statuses before it are not this one. */
  readonly releasedAt?: Instant
}

/** Renders a status within the limits that the instance announced when the profile was connected. */
export function renderStatus(input: RenderInput, account: Pick<NetworkAccount, 'settings'>): string {
  const fit = fitNetwork('mastodon', input.text, limitsOf(account.settings))
  if (!fit.fits) throw refuse(`This Mastodon server takes ${fit.limit} characters, this post has ${fit.length}.`)
  if (input.text.trim() === '' && input.media.length === 0)
    throw refuse('An empty post cannot be published: write a text or add an image.')
  const hidden = input.links.find((link) => !input.text.includes(link.url))
  if (hidden !== undefined) throw refuse(`Mastodon shows links only in the text. Put ${hidden.url} into it.`)
  refuseMedia('mastodon', 'Mastodon', input.media)
  return canonicalJson({
    input: { status: input.text, visibility: 'public', language: input.language },
    key: createHash('sha256').update(input.publicationKey).digest('hex'),
    media: input.media.map(({ mediaId, sha256, mimeType, altText }) => ({ mediaId, sha256, mimeType, altText })),
  })
}

export function stampStatus(payload: string, releasedAt: Instant): string {
  return canonicalJson({ ...parseStatus(payload), releasedAt })
}

export function parseStatus(payload: string): MastodonPayload {
  return JSON.parse(payload) as MastodonPayload
}

function refuse(sentence: string): AppError {
  return new AppError('unprocessable', sentence)
}

function limitsOf(settings: Readonly<Record<string, unknown>>): { limit?: number; urlLength?: number } {
  const { maxCharacters, urlLength } = settings
  return {
    ...(typeof maxCharacters === 'number' ? { limit: maxCharacters } : {}),
    ...(typeof urlLength === 'number' ? { urlLength } : {}),
  }
}
