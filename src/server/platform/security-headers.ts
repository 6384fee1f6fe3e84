import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from './app-type.ts'
import type { Config } from './config.ts'

/** The console's policy: own files only, no inline code or style, no frame, and no text becomes markup (Trusted Types). */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const always: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

/**
 * Sets the headers on every answer, errors and files included; a route that set one itself keeps it. Answers of calls
 * are not stored by anybody unless the route says otherwise.
 */
export function registerSecurityHeaders(app: App, config: Pick<Config, 'publicUrl'>): void {
  app.addHook('onSend', async (request, reply) => setSecurityHeaders(request, reply, config))
}

/** The same for an answer that no hook sees. */
export function setSecurityHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  config: Pick<Config, 'publicUrl'>,
): void {
  for (const [name, value] of Object.entries(always)) if (!reply.hasHeader(name)) void reply.header(name, value)
  // Two years, as browsers' preload lists ask; only where TLS is certain.
  if (config.publicUrl.startsWith('https:') && !reply.hasHeader('strict-transport-security'))
    void reply.header('strict-transport-security', 'max-age=63072000; includeSubDomains')
  // By the route, where there is one: an address may be written in other ways that lead to it (`/%61pi/me`).
  const isCall = /^\/(api|auth|scim)\//.test(request.routeOptions.url ?? request.url)
  if (isCall && !reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
}
