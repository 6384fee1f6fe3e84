import { createHttpClient, HttpError, type HttpRequest } from '#server/platform/http.ts'

// The operator names the provider, which may well stand in the firm's own network.
const send = createHttpClient({ allowPrivateAddresses: true })
const timeoutMs = 10_000
const maxBytes = 1_000_000

/** `fetch` in the form that openid-client and jose take, over the gateway's only outgoing client. */
export async function fetchProvider(
  url: string,
  init: { method?: string; headers?: HeadersInit; body?: unknown } = {},
): Promise<Response> {
  const request: HttpRequest = {
    method: init.method === 'POST' ? 'POST' : 'GET',
    url,
    headers: Object.fromEntries(new Headers(init.headers)),
    body: bodyOf(init.body),
    timeoutMs,
    maxBytes,
  }
  const answer = await send(request)
  // A proxy before a provider that is down answers in its stead, in no form that says so.
  if (answer.status >= 500)
    throw new HttpError('unreachable', `The provider answered ${answer.status}.`, { mayHaveArrived: true })
  const body = answer.bytes.length === 0 ? null : Buffer.from(answer.bytes)
  return new Response(body, { status: answer.status, headers: answer.headers })
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (body instanceof Uint8Array) return body
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString()
  throw new TypeError('The provider is sent text or bytes only.')
}
