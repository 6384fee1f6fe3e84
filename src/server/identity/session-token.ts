import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Config } from '#server/platform/config.ts'

type Settings = Pick<Config, 'publicUrl' | 'session'>

/** Behind TLS the `__Host-` prefix ties the cookie to this host, to `/` and to TLS (RFC 6265bis). */
export function cookieName(config: Pick<Config, 'publicUrl'>, name: 'session' | 'sign_in'): string {
  return `${isSecure(config) ? '__Host-' : ''}gateway_${name}`
}

export function isSecure(config: Pick<Config, 'publicUrl'>): boolean {
  return config.publicUrl.startsWith('https:')
}

/** Lax, because the browser comes back from the provider by a navigation from another site. */
export function cookieAttributes(config: Pick<Config, 'publicUrl'>, maxAge: number) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure(config), maxAge } as const
}

/** The anti-forgery token of a session: derived, so that nothing more is stored. */
export function csrfTokenOf(config: Settings, sessionId: string): string {
  return createHmac('sha256', config.session.key).update(`csrf:${sessionId}`).digest('base64url')
}

export function isCsrfToken(config: Settings, sessionId: string, candidate: string): boolean {
  const right = Buffer.from(csrfTokenOf(config, sessionId))
  const given = Buffer.from(candidate)
  return given.length === right.length && timingSafeEqual(given, right)
}
