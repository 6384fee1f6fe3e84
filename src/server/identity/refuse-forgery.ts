import { AppError } from '#server/platform/app-error.ts'
import type { Config } from '#server/platform/config.ts'
import { isCsrfToken } from './session-token.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Cross-site request forgery needs a browser, and every browser says where a writing request comes from: by
 * `Sec-Fetch-Site`, by `Origin`, or the oldest by `Referer`. A writing request by session cookie passes when what it
 * says is this origin, or when it carries the session's `x-csrf-token`, which no other site can read. A request that
 * says nothing at all does not come from a page (a script with its own cookie jar). The cookie is SameSite=Lax besides.
 */
export function refuseForgery(
  config: Pick<Config, 'publicUrl' | 'session'>,
  request: { readonly method: string; readonly headers: Headers },
  sessionId: string,
): void {
  if (reading.has(request.method) || comesFromHere(config.publicUrl, request.headers)) return
  const token = request.headers['x-csrf-token']
  if (typeof token === 'string' && isCsrfToken(config, sessionId, token)) return
  throw new AppError(
    'csrf_refused',
    'This request came from another site and was not carried out. Reload the page and try again.',
  )
}

/** Does what the browser says of the request's origin, if anything, name this origin? */
export function comesFromHere(publicUrl: string, headers: Headers): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const from = headers['origin'] ?? headers['referer']
  if (from === undefined) return true
  if (typeof from !== 'string' || !URL.canParse(from)) return false
  const origin = new URL(from).origin
  // A page opened under the machine's other name (localhost, 127.0.0.1) is same-origin by its own Host header.
  return origin === new URL(publicUrl).origin || (site === 'same-origin' && new URL(from).host === headers['host'])
}
