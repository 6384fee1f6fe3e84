import { Readable } from 'node:stream'
import { appendRecord } from '#server/archive/append-record.ts'
import { reloadActor } from '#server/identity/load-actor.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { askAgain } from '#server/platform/ask-again.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { readRange } from '#server/platform/read-range.ts'
import { findReadableMedia } from './queries.ts'

/** An answer over HTTP, whole or one range of it. */
export interface MediaAnswer {
  readonly status: 200 | 206 | 304 | 416
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable | Buffer | undefined
}

type MediaDeps = Pick<Deps, 'db' | 'clock' | 'objectStore'>

/** A file that is longer leaves in so many bytes at a time. */
const pieceBytes = 1_000_000

/**
 * A media file for its uploader and for whoever may read a post that carries it; for others it does not exist. The right
 * is asked each time, also where the browser has a copy: the copy is kept for the one person and asked about before use. It
 * is asked again while a film is sent.
 */
export async function readMedia(
  deps: MediaDeps,
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
  const send = (part: Uint8Array) =>
    cut(
      part,
      askAgain(deps.clock, () => mayStillRead(deps, actor, mediaId)),
    )
  if (range === undefined)
    return { status: 200, headers: { ...headers, 'content-length': String(bytes.length) }, body: send(bytes) }
  if (range.start > range.end)
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes.length}` }, body: undefined }
  const part = bytes.subarray(range.start, range.end + 1)
  return {
    status: 206,
    headers: {
      ...headers,
      'content-range': `bytes ${range.start}-${range.end}/${bytes.length}`,
      'content-length': String(part.length),
    },
    body: send(part),
  }
}

function cut(bytes: Uint8Array, mayGoOn: ReturnType<typeof askAgain>): Readable | Buffer {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (whole.length <= pieceBytes) return whole
  async function* pieces() {
    for (let at = 0; at < whole.length; at += pieceBytes) {
      await mayGoOn(Math.min(pieceBytes, whole.length - at))
      yield whole.subarray(at, at + pieceBytes)
    }
  }
  return Readable.from(pieces(), { highWaterMark: 1 })
}

/** That somebody who is being sent a file may not read it any more is a record. */
async function mayStillRead(deps: MediaDeps, actor: Actor, mediaId: string): Promise<boolean> {
  const at = deps.clock.now()
  const reader = await reloadActor(deps.db, actor, at)
  if (reader !== undefined && (await findReadableMedia(deps.db, reader, mediaId)) !== undefined) return true
  const code = reader === undefined ? 'unauthenticated' : 'not_found'
  await inTransaction(deps.db, (tx) =>
    appendRecord(tx, actor, {
      type: 'permission.denied',
      at,
      streams: { user: actor.userId, unit: actor.unitId },
      body: { code, permission: 'post.read', mediaId, duringDownload: true },
    }),
  )
  return false
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
