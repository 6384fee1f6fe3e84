import type { ProblemDocument } from '#shared/api/common.ts'
import { uploadMedia, type Media } from '#shared/api/posts.ts'
import { CallError, offlineError, wordlessError, writingHeaders } from './call.ts'

/**
 * Uploads a picture or film and tells how far it is, from 0 to 1. An XMLHttpRequest, because no fetch tells that.
 * Throws `CallError` for a refusal, and an AbortError when `signal` ends it.
 */
export function sendFile(file: File, onShare: (share: number) => void, signal: AbortSignal): Promise<Media> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(uploadMedia.method, uploadMedia.url)
    for (const [name, value] of Object.entries(writingHeaders())) request.setRequestHeader(name, value)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded, total }) => onShare(total === 0 ? 0 : loaded / total))
    request.addEventListener('load', () =>
      request.status === 201 ? resolve(request.response as Media) : reject(toError(request.status, request.response)),
    )
    request.addEventListener('error', () => reject(offlineError()))
    request.addEventListener('abort', () => reject(new DOMException('The upload was ended.', 'AbortError')))
    signal.addEventListener('abort', () => request.abort())
    const form = new FormData()
    form.append('file', file)
    request.send(form)
  })
}

/** A proxy that refuses a large body answers in its own words, or in none. */
function toError(status: number, answer: unknown): CallError {
  const problem = answer as ProblemDocument | null
  if (typeof problem?.code === 'string') return new CallError(problem)
  const code = status === 413 ? 'too_large' : status === 415 ? 'unsupported_media' : 'internal'
  return wordlessError(status, code)
}
