import { fastify, type FastifyBaseLogger } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { registerIdentity } from '#server/identity/authenticate-request.ts'
import { registerProblemDocuments } from '#server/platform/problem-documents.ts'
import { registerSecurityHeaders } from '#server/platform/security-headers.ts'
import * as contract from '#shared/api/operations.ts'

/** The whole HTTP server over opened parts: one `register` line a room, in room order. */
export async function buildApp(deps: Deps): Promise<App> {
  const app: App = fastify({ loggerInstance: deps.log as FastifyBaseLogger }).withTypeProvider<TypeBoxTypeProvider>()
  registerProblemDocuments(app)
  registerSecurityHeaders(app, deps.config)
  registerIdentity(app, deps)
  app.route({ ...contract.getHealth, handler: async () => ({ status: 'ok' as const }) })
  await app.ready()
  return app
}
