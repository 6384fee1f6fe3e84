import { createHash } from 'node:crypto'
import { fileTypeFromBuffer } from 'file-type'
import { appendRecord } from '#server/archive/append-record.ts'
import { mediaKey } from '#server/archive/object-keys.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { ObjectStoreError, type ObjectStore, type StoredObject } from '#server/platform/object-store.ts'
import type { Media } from '#shared/api/posts.ts'
import { mediaTypes } from '#shared/media-limits.ts'
import { insertMedia } from './queries.ts'

/** Media outlives the longest of the retention classes that a post may take. */
const retentionMilliseconds = 10 * 366 * 86_400_000

/** Keeps a media file in the locked bucket under its digest, typed by what it is, and answers its id. */
export async function storeMedia(
  deps: Pick<Deps, 'db' | 'clock' | 'objectStore'>,
  actor: Actor,
  bytes: Buffer,
  altText: string | null,
): Promise<Media> {
  const type = await fileTypeFromBuffer(bytes)
  if (type === undefined || !mediaTypes.some((accepted) => accepted === type.mime)) {
    throw new AppError(
      'unsupported_media',
      `This file is ${type?.mime ?? 'of an unknown kind'}. Send one of: ${mediaTypes.join(', ')}.`,
    )
  }
  const at = deps.clock.now()
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const stored = await putOnce(deps.objectStore, mediaKey(sha256), bytes, addMilliseconds(at, retentionMilliseconds))
  const media = {
    mediaId: newId(at),
    sha256,
    mimeType: type.mime,
    size: bytes.length,
    altText: altText?.trim() || null,
  }
  await inTransaction(deps.db, async (tx) => {
    await insertMedia(tx, {
      id: media.mediaId,
      uploadedBy: actor.userId,
      sha256,
      mimeType: media.mimeType,
      size: media.size,
      altText: media.altText,
      objectKey: stored.key,
      at,
    })
    await appendRecord(tx, actor, {
      type: 'media.uploaded',
      at,
      streams: { author: actor.userId, unit: actor.unitId },
      ...(media.altText === null ? {} : { searchText: media.altText }),
      body: { ...media, objectKey: stored.key, versionId: stored.versionId },
    })
  })
  return media
}

async function putOnce(store: ObjectStore, key: string, bytes: Buffer, retainUntil: string): Promise<StoredObject> {
  try {
    return await store.put(key, bytes, retainUntil)
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    throw new AppError(
      'object_store_unavailable',
      'The file could not be stored. Your text is kept; try the upload again in a moment.',
      { cause: error },
    )
  }
}
