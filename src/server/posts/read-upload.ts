import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from '#server/platform/app-error.ts'
import { mediaBytesAtMost } from '#shared/media-limits.ts'

/** What was uploaded: one file and the words that stand for it. */
export interface Upload {
  readonly bytes: Buffer
  readonly altText: string | null
}

/**
 * Reads a multipart upload before anything is decided about it, and leaves its digest on the request: a repeat with the
 * same `Idempotency-Key` is the same by its content, not by its length, and whatever the boundary of its parts.
 */
export async function readUpload(request: FastifyRequest): Promise<void> {
  const file = await request.file().catch((cause: unknown) => {
    throw new AppError('unsupported_media', 'Send the file as multipart/form-data in a part named “file”.', { cause })
  })
  if (file === undefined)
    throw new AppError('invalid_request', 'There is no file in the request. Send it in a part named “file”.')
  const bytes = await file.toBuffer().catch((cause: unknown) => {
    if ((cause as { code?: string }).code !== 'FST_REQ_FILE_TOO_LARGE') throw cause
    const limit = mediaBytesAtMost / 1_000_000
    throw new AppError('too_large', `The file is larger than ${limit} MB. Make it smaller and upload it again.`, {
      cause,
    })
  })
  const field = file.fields['altText']
  const altText = field !== undefined && 'value' in field ? String(field.value) : null
  request.upload = { bytes, altText }
  request.contentDigest = createHash('sha256')
    .update(`${bytes.length} ${altText ?? ''}\n`)
    .update(bytes)
    .digest()
}

declare module 'fastify' {
  interface FastifyRequest {
    upload: Upload | null
  }
}
