import { randomUUID } from 'node:crypto'
import { toInstant, type Instant } from '#server/platform/clock.ts'
import { answerMessage, type HttpAnswer, type HttpClient, type HttpRequest } from '#server/platform/http.ts'
import { NetworkError, type NetworkAccount, type NextStep } from '#server/platform/network.ts'
import { parseJson, toSilence } from './network-answers.ts'

/** The server that holds the account: `settings.server`. */
export function serverOf(account: Pick<NetworkAccount, 'settings'>): string {
  const { server } = account.settings
  if (typeof server === 'string' && URL.canParse(server)) return new URL(server).origin
  throw new NetworkError('rejected', 'The setting “server” must be the web address of the Mastodon server.')
}

/** A request with the account's token; `writes` decides what silence means. */
export async function callServer(
  http: HttpClient,
  account: NetworkAccount,
  call: Pick<HttpRequest, 'method' | 'headers' | 'body'> & { readonly path: string },
  writes: boolean,
): Promise<{ request: HttpRequest; answer: HttpAnswer }> {
  const { path, ...rest } = call
  const headers = { ...rest.headers, authorization: `Bearer ${account.credential}` }
  const request: HttpRequest = { ...rest, url: `${serverOf(account)}${path}`, headers }
  try {
    return { request, answer: await http(request) }
  } catch (error) {
    throw toSilence('Mastodon', error, writes)
  }
}

/** A success, or else what to do after the refusal. Some servers refuse with a page, some with nothing at all. */
export function requireSuccess(answer: HttpAnswer, writes: boolean): Record<string, unknown> {
  const parsed = parseJson(answer)
  const good = answer.status >= 200 && answer.status < 300
  if (good && parsed !== undefined) return parsed
  const words = typeof parsed?.['error'] === 'string' ? parsed['error'].slice(0, 300) : `status ${answer.status}`
  // Accepted in a form that cannot be read: the post may stand.
  const nextStep = good && writes ? 'outcome_unknown' : nextStepOf(answer.status, writes)
  throw new NetworkError(nextStep, `Mastodon refused (${words}).`, {
    retryAt: retryAt(answer),
    responseBytes: answerMessage(answer),
  })
}

function nextStepOf(status: number, writes: boolean): NextStep {
  if (status === 401 || status === 403) return 'reauthorise'
  if (status === 429 || status < 300) return 'retry_later'
  if (status >= 500) return writes ? 'outcome_unknown' : 'retry_later'
  return 'rejected'
}

/** `X-RateLimit-Reset` is a date in ISO form here. */
function retryAt(answer: HttpAnswer): Instant | undefined {
  const reset = Date.parse(answer.headers['x-ratelimit-reset'] ?? '')
  return answer.status === 429 && Number.isFinite(reset) ? toInstant(reset) : undefined
}

/** A file with its description as a form (RFC 7578). */
export function mediaForm(
  bytes: Uint8Array,
  mimeType: string,
  altText: string | undefined,
): { contentType: string; body: Uint8Array } {
  const boundary = `gateway-${randomUUID()}`
  const part = (head: string, content: Uint8Array) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]
  const name = `upload.${mimeType.split('/')[1]?.replace(/\W.*$/, '') ?? 'bin'}`
  const body = Buffer.concat([
    ...(altText === undefined ? [] : part('content-disposition: form-data; name="description"', Buffer.from(altText))),
    ...part(`content-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${mimeType}`, bytes),
    Buffer.from(`--${boundary}--\r\n`),
  ])
  return { contentType: `multipart/form-data; boundary=${boundary}`, body }
}
