import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readLanguage } from '#server/platform/read-language.ts'
import { readPost } from '#server/reviews/read-post.ts'
import { retractPost as retractContract } from '#shared/api/posts.ts'
import * as contract from '#shared/api/publishing.ts'
import { engageStop } from './engage-stop.ts'
import { liftStop } from './lift-stop.ts'
import { retractPost } from './retract-post.ts'
import { findStops } from './stop-rows.ts'

export function registerPublishingRoutes(app: App, deps: Pick<Deps, 'db' | 'clock'>): void {
  app.route({ ...contract.listStops, handler: async (request) => ({ items: await findStops(deps.db, request.actor) }) })
  app.route({
    ...contract.engageStop,
    handler: async (request, reply) => reply.code(201).send(await engageStop(deps, request.actor, request.body)),
  })
  app.route({
    ...contract.liftStop,
    handler: async (request) => liftStop(deps, request.actor, request.params.stopId, request.body?.reason),
  })
  app.route({
    ...retractContract,
    handler: async (request) => {
      await retractPost(deps, request.actor, request.params.postId, request.body.reason)
      return readPost(deps, request.actor, request.params.postId, readLanguage(request))
    },
  })
}
