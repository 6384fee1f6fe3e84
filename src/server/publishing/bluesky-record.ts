import { AppBskyFeedPost, jsonToLex } from '@atproto/api'
import { AppError } from '#server/platform/app-error.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { NetworkAccount, RenderInput } from '#server/platform/network.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { countUtf8Bytes } from '#shared/count-graphemes.ts'
import type { JsonObject } from '#shared/json.ts'
import { fitNetwork } from '#shared/network-limits.ts'
import { markText, type Facet } from './bluesky-facets.ts'
import { blobCid, recordKey } from './bluesky-record-key.ts'
import { refuseMedia } from './refuse-media.ts'

export const postCollection = 'app.bsky.feed.post'

type Link = RenderInput['links'][number]
type Media = RenderInput['media'][number]

/** The input of `com.atproto.repo.putRecord`. */
export interface PutRecordInput extends JsonObject {
  readonly repo: string
  readonly collection: string
  readonly rkey: string
  readonly record: JsonObject
  /** Null: a record that stands under the key already is never overwritten; the very same one is no change. */
  readonly swapRecord: null
}

/** What is approved: the request that will be sent, byte for byte, and the media that have to be uploaded before it. */
export interface BlueskyPayload extends JsonObject {
  readonly input: PutRecordInput
  readonly media: readonly { readonly mediaId: string; readonly sha256: string; readonly mimeType: string }[]
}

/** Renders a post of ours as an `app.bsky.feed.post` record without its time. Throws `AppError('unprocessable')`. */
export function renderPost(input: RenderInput, account: Pick<NetworkAccount, 'handle' | 'remoteAccountId'>): string {
  refuseLong(input)
  const { facets, left } = markText(input.text, input.links)
  const record = {
    $type: postCollection,
    text: input.text,
    facets: facets.length === 0 ? undefined : facets,
    langs: input.language === undefined ? undefined : [input.language],
    embed: renderEmbed(input.media, left),
  }
  refuseInvalid(record)
  const repo = account.remoteAccountId ?? account.handle
  return canonicalJson({
    input: { repo, collection: postCollection, rkey: recordKey(input.publicationKey), record, swapRecord: null },
    media: input.media.map(({ mediaId, sha256, mimeType }) => ({ mediaId, sha256, mimeType })),
  })
}

/** Puts the release instant into a rendered payload. */
export function stampPost(payload: string, releasedAt: Instant): string {
  const { input, media } = parsePayload(payload)
  return canonicalJson({ input: { ...input, record: { ...input.record, createdAt: releasedAt } }, media })
}

/** The body of the request that publishes a stamped payload. */
export function requestBody(payload: BlueskyPayload): string {
  return canonicalJson(payload.input)
}

export function parsePayload(payload: string): BlueskyPayload {
  return JSON.parse(payload) as BlueskyPayload
}

function refuse(sentence: string): AppError {
  return new AppError('unprocessable', sentence)
}

function refuseLong({ text, media }: RenderInput): void {
  const fit = fitNetwork('bluesky', text)
  if (fit.length > fit.limit) throw refuse(`Bluesky takes ${fit.limit} characters, this post has ${fit.length}.`)
  if (!fit.fits)
    throw refuse(`Bluesky takes 3000 bytes, this post has ${countUtf8Bytes(text)}: use fewer emoji or accents.`)
  if (text.trim() === '' && media.length === 0)
    throw refuse('An empty post cannot be published: write a text or add an image.')
}

/** Images, or else a card for the one link that the text does not show. What would be lost is refused. */
function renderEmbed(media: readonly Media[], links: readonly Link[]): JsonObject | undefined {
  if (links.length > (media.length > 0 ? 0 : 1)) {
    throw refuse('Bluesky shows one link card, and none beside images. Put the other links into the text.')
  }
  if (media.length > 0) return { $type: 'app.bsky.embed.images', images: renderImages(media) }
  const link = links[0]
  if (link === undefined) return undefined
  const title = link.text ?? new URL(link.url).host
  return { $type: 'app.bsky.embed.external', external: { uri: link.url, title, description: '' } }
}

function renderImages(media: readonly Media[]): JsonObject[] {
  refuseMedia('bluesky', 'Bluesky', media)
  return media.map(({ sha256, mimeType, size, altText }) => ({
    alt: altText ?? '',
    image: { $type: 'blob', ref: { $link: blobCid(sha256) }, mimeType, size },
  }))
}

/** The network's own lexicon, so that what is approved is what the network will take. */
function refuseInvalid(record: JsonObject & { facets?: readonly Facet[] | undefined }): void {
  const stamped = JSON.parse(canonicalJson({ ...record, createdAt: '2000-01-01T00:00:00.000Z' })) as Parameters<
    typeof jsonToLex
  >[0]
  const result = AppBskyFeedPost.validateRecord(jsonToLex(stamped))
  if (!result.success) throw refuse(`Bluesky would refuse this post: ${result.error.message}.`)
}
