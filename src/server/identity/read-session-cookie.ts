import type { FastifyRequest } from 'fastify'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { cookieName } from './session-token.ts'

/** The session's id out of the signed cookie; `undefined` when there is none or it was not signed by us. */
export function readSessionCookie(app: App, config: Deps['config'], request: FastifyRequest): string | undefined {
  const token = app.parseCookie(request.headers.cookie ?? '')[cookieName(config, 'session')]
  if (token === undefined) return undefined
  try {
    return app.jwt.verify<{ sid: string }>(token).sid
  } catch {
    return undefined
  }
}
