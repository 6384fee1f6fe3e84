import cookie from '@fastify/cookie'
import jwt from '@fastify/jwt'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { holdsPermission } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Permission } from '#shared/permissions.ts'
import { createBearerAuthentication } from './authenticate-bearer.ts'
import { authenticateSession, type Authenticated } from './authenticate-session.ts'
import { createRateLimits } from './limit-rates.ts'
import { anonymousActor } from './load-actor.ts'
import { recordDenial } from './record-denial.ts'
import { readSessionCookie } from './read-session-cookie.ts'
import { refuseForgery } from './refuse-forgery.ts'
import { createRelyingParty, type RelyingParty } from './relying-party.ts'
import { registerIdentityRoutes } from './routes.ts'
import { authenticateScim } from './scim-actor.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config' | 'log' | 'secretBox'>

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The gate before every handler, to be registered before any route: who is acting, may they, and is the request their
 * own. A route that names no permission does not register. Each denial is a record.
 */
export function registerIdentity(
  app: App,
  deps: Parts,
  relyingParty: RelyingParty = createRelyingParty(deps.config.oidc),
): void {
  void app.register(cookie)
  // Sessions carry no time of their own: the row decides, so that ending one is immediate.
  void app.register(jwt, {
    secret: deps.config.session.key,
    sign: { algorithm: 'HS256', noTimestamp: true },
    verify: { algorithms: ['HS256'] },
  })
  const limits = createRateLimits(app, deps)
  const authenticateBearer = createBearerAuthentication(deps, relyingParty)
  app.decorateRequest('actor', null as never)
  app.addHook('onRoute', refuseWithoutPermission)
  app.addHook('onRequest', async (request, reply) => {
    request.actor = anonymousActor
    const { permission, maxAgeSeconds } = request.routeOptions.config
    if (permission === undefined || permission === 'public') return
    if (permission === 'scim.synchronise') {
      request.actor = authenticateScim(deps.config, readBearer(request))
      return
    }
    const authenticated = await authenticate(app, deps, authenticateBearer, request, reply)
    request.actor = authenticated.actor
    requirePermission(authenticated, permission)
    if (maxAgeSeconds !== undefined) requireRecentSignIn(deps, authenticated, maxAgeSeconds, reply)
    if (!reading.has(request.method)) await limits.write(request, authenticated.actor)
  })
  app.addHook('onError', async (request, _reply, error) => {
    await recordDenial(deps, request, error)
  })
  registerIdentityRoutes(app, deps, relyingParty, limits)
}

/** Deny by default begins when routes are declared. */
function refuseWithoutPermission(route: RouteOptions): void {
  if (route.config?.permission === undefined) {
    throw new Error(`${String(route.method)} ${route.url} names no permission: say config.permission, or 'public'.`)
  }
}

async function authenticate(
  app: App,
  deps: Parts,
  authenticateBearer: (token: string) => Promise<Authenticated>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Authenticated> {
  const bearer = readBearer(request)
  try {
    if (bearer !== undefined) return await authenticateBearer(bearer)
    const sessionId = readSessionCookie(app, deps.config, request)
    if (sessionId === undefined)
      throw new AppError(
        'unauthenticated',
        'Sign in first: open /auth/login in a browser, or send an API token as “Authorization: Bearer …”.',
      )
    const authenticated = await authenticateSession(deps, sessionId)
    request.actor = authenticated.actor
    refuseForgery(deps.config, request, sessionId)
    return authenticated
  } catch (error) {
    if (error instanceof AppError && (error.code === 'unauthenticated' || error.code === 'session_expired'))
      void reply.header('www-authenticate', 'Bearer')
    throw error
  }
}

function readBearer(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

function requirePermission({ actor, groupsState }: Authenticated, permission: Permission): void {
  if (holdsPermission(actor, permission)) return
  if (actor.grants.length === 0) throw new AppError('no_role', withoutRole[groupsState ?? 'sent'] ?? withoutRole.sent)
  throw new AppError(
    'forbidden',
    `This needs the permission ${permission}, which none of your roles carries. Ask your administrator.`,
  )
}

const withoutRole: Readonly<Record<string, string>> & { readonly sent: string } = {
  sent: 'You are signed in, but you have no role here yet. Ask your administrator for one.',
  missing:
    'You are signed in, but the identity provider did not say which groups you belong to, so you have no role. Your administrator can have it send them.',
  overage:
    'You are signed in, but you belong to more groups than the identity provider sends, so you have no role. Your administrator can have it send only the gateway’s groups (in Microsoft Entra: “Groups assigned to the application”), or send application roles and set GATEWAY_OIDC_GROUPS_CLAIM to roles.',
}

/** Dangerous acts need somebody who was at the keyboard just now (RFC 9470); a program cannot be, so it is refused. */
function requireRecentSignIn(
  deps: Parts,
  { authenticatedAt }: Authenticated,
  maxAgeSeconds: number,
  reply: FastifyReply,
): void {
  if (authenticatedAt !== undefined && addMilliseconds(authenticatedAt, maxAgeSeconds * 1000) > deps.clock.now()) return
  void reply.header('www-authenticate', `Bearer error="insufficient_user_authentication", max_age="${maxAgeSeconds}"`)
  throw new AppError(
    'step_up_required',
    `For this you must have signed in within the last ${Math.ceil(maxAgeSeconds / 60)} minutes. Sign in again and repeat it.`,
  )
}
