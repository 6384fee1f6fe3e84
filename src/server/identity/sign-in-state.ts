import { createHash } from 'node:crypto'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import type { SecretBox } from '#server/platform/secret-box.ts'

/** What the browser carries, sealed, from the login to the callback. One cookie a sign-in, so that two tabs do not mix. */
export interface SignInState {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly returnTo: string
  readonly maxAge?: number
  readonly startedAt: Instant
}

export const signInMinutes = 10

/** Ends the cookie's name; a state is too long for one and need not be shown. */
export function stateSuffix(state: string): string {
  return createHash('sha256').update(state).digest('base64url').slice(0, 12)
}

export function sealSignIn(box: SecretBox, signIn: SignInState): string {
  return box.seal(JSON.stringify(signIn), `sign-in ${signIn.state}`).toString('base64url')
}

/** The state that was sealed, or `undefined` when the cookie is forged, belongs to another state, or is too old. */
export function openSignIn(box: SecretBox, state: string, cookie: string, now: Instant): SignInState | undefined {
  try {
    const signIn = JSON.parse(box.open(Buffer.from(cookie, 'base64url'), `sign-in ${state}`)) as SignInState
    return addMilliseconds(signIn.startedAt, signInMinutes * 60_000) > now ? signIn : undefined
  } catch {
    return undefined
  }
}

/**
 * Of the sign-in cookies that a browser carries, those to forget before one more is set. Each is up to 3 kB: reloading a
 * broken sign-in would grow them past what a request may carry, and shut the browser out. Browsers send the oldest first
 * (RFC 6265 section 5.4).
 */
export function surplusCookies(cookies: Readonly<Record<string, unknown>>, prefix: string): readonly string[] {
  const begun = Object.keys(cookies).filter((name) => name.startsWith(`${prefix}_`))
  return begun.slice(0, Math.max(0, begun.length - (signInsAtOnce - 1)))
}

const signInsAtOnce = 4
