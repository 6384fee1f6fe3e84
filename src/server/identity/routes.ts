import { AppError } from '#server/platform/app-error.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { isId } from '#server/platform/new-id.ts'
import * as contract from '#shared/api/identity.ts'
import { createToken } from './create-token.ts'
import { createUnit } from './create-unit.ts'
import { endSession } from './end-session.ts'
import type { RateLimits } from './limit-rates.ts'
import { registerPeopleRoutes } from './people-routes.ts'
import { countPeople, listPeople } from './people-queries.ts'
import { listAllUnits, listLiveSessions } from './queries.ts'
import { readMe } from './read-me.ts'
import type { RelyingParty } from './relying-party.ts'
import { revokeToken } from './revoke-token.ts'
import { registerScimRoutes } from './scim-routes.ts'
import { registerSignInRoutes } from './sign-in-routes.ts'
import { listOwnTokens, toApiToken } from './token-queries.ts'

type Parts = Pick<Deps, 'db' | 'clock' | 'config' | 'log' | 'secretBox'>

/** The edge of the room: signing in, oneself, tokens, units, people. */
export function registerIdentityRoutes(app: App, deps: Parts, relyingParty: RelyingParty, limits: RateLimits): void {
  registerSignInRoutes(app, deps, relyingParty, limits)
  app.route({ ...contract.getMe, handler: (request) => readMe(deps, request.actor) })
  registerSessionRoutes(app, deps)
  registerPeopleRoutes(app, deps)
  registerScimRoutes(app, deps)
  registerTokenRoutes(app, deps)
  app.route({
    ...contract.listUnits,
    handler: async () => ({
      items: (await listAllUnits(deps.db)).map(({ id, parent_id, name, slug, people }) => ({
        unitId: id,
        parentId: parent_id,
        name,
        slug,
        people,
      })),
    }),
  })
  app.route({
    ...contract.createUnit,
    handler: async (request, reply) => reply.code(201).send(await createUnit(deps, request.actor, request.body)),
  })
  app.route({
    ...contract.listUsers,
    handler: async ({ actor, query }) => {
      const limit = query.limit ?? 50
      const filter = { ...query, ids: query.ids?.split(',') }
      const [rows, total] = await Promise.all([
        listPeople(deps.db, actor, filter, readPersonCursor(query.cursor), limit + 1),
        countPeople(deps.db, actor, filter),
      ])
      const items = rows.slice(0, limit).map(({ id, display_name, email, active, unit_id, roles }) => ({
        userId: id,
        displayName: display_name,
        email,
        active,
        unitId: unit_id,
        roles,
      }))
      return { items, nextCursor: rows.length > limit ? items.at(-1)!.userId : null, total }
    },
  })
}

/** A list of people goes on after the last of a page. */
function readPersonCursor(cursor: string | undefined): string | undefined {
  if (cursor !== undefined && !isId(cursor))
    throw new AppError(
      'invalid_request',
      'This cursor is not one of ours. Start again from the first page, without a cursor.',
    )
  return cursor
}

function registerSessionRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.listSessions,
    handler: async (request) => ({
      items: (await listLiveSessions(deps.db, request.actor.userId, deps.clock.now())).map((session) => ({
        sessionId: session.id,
        startedAt: session.created_at,
        lastSeenAt: session.last_seen_at,
        expiresAt: session.expires_at,
        current: session.id === request.actor.sessionId,
      })),
    }),
  })
  app.route({
    ...contract.endSession,
    handler: async (request) => {
      const { actor } = request
      const { sessionId } = request.params
      const own = await listLiveSessions(deps.db, actor.userId, deps.clock.now())
      if (!own.some((session) => session.id === sessionId))
        throw new AppError('not_found', 'No such session of yours is open.')
      await endSession(deps, actor, sessionId, 'ended_by_person')
      return { sessionId, endedAt: deps.clock.now() }
    },
  })
}

function registerTokenRoutes(app: App, deps: Parts): void {
  app.route({
    ...contract.listTokens,
    handler: async (request) => ({ items: (await listOwnTokens(deps.db, request.actor.userId)).map(toApiToken) }),
  })
  app.route({
    ...contract.createToken,
    handler: async (request, reply) => reply.code(201).send(await createToken(deps, request.actor, request.body)),
  })
  app.route({ ...contract.revokeToken, handler: (request) => revokeToken(deps, request.actor, request.params.tokenId) })
}
