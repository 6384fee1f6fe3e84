import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { readRange } from '#server/platform/read-range.ts'
import { findReadableMedia } from './queries.ts'

/** An answer over HTTP, whole or one range of it. */
export interface MediaAnswer {
  readonly status: 200 | 206 | 304 | 416
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/**
 * A media file for its uploader and for whoever may read a post that carries it; for others it does not exist. The right
 * is asked each time, also where the browser has a copy: the copy is kept for the one person and asked about before use.
 */
export async function readMedia(
  deps: Pick<Deps, 'db' | 'objectStore'>,
  actor: Actor,
  mediaId: string,
  wish: { range?: string | undefined; ifNoneMatch?: string | undefined },
): Promise<MediaAnswer> {
  const media = await findReadableMedia(deps.db, actor, mediaId)
  if (media === undefined) throw new AppError('not_found', 'No such media.')
  const etag = `"${media.sha256}"`
  const headers = {
    'content-type': media.mimeType,
    'content-disposition': `inline; filename="${media.sha256.slice(0, 16)}.${media.mimeType.split('/')[1]}"`,
    // Opened by itself it is shown in a box without an origin, scripts or anything from elsewhere.
    'content-security-policy': "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    etag,
  }
  if (wish.ifNoneMatch === etag) return { status: 304, headers, body: undefined }
  const bytes = await fetchBytes(deps.objectStore, media.objectKey, mediaId)
  const range = readRange(wish.range, bytes.length)
  if (range === undefined) return { status: 200, headers, body: bytes }
  if (range.start > range.end)
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes.length}` }, body: undefined }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${bytes.length}` },
    body: bytes.subarray(range.start, range.end + 1),
  }
}

async function fetchBytes(store: Deps['objectStore'], key: string, mediaId: string): Promise<Uint8Array> {
  const bytes = await store.get(key).catch((cause: unknown) => {
    if (!(cause instanceof ObjectStoreError)) throw cause
    throw new AppError('object_store_unavailable', 'The file cannot be fetched just now. Try again in a moment.', {
      cause,
    })
  })
  if (bytes !== undefined) return bytes
  throw new AppError('object_store_unavailable', `Media ${mediaId} is not in the object store.`)
}
