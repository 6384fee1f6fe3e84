import { join } from 'node:path'
import { fastify, LogController, type FastifyBaseLogger, type RouteOptions } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { registerArchiveRoutes } from '#server/archive/routes.ts'
import { registerSandboxTimeline } from '#server/embedded/sandbox-timeline.ts'
import { registerExportRoutes } from '#server/exports/routes.ts'
import { registerIdentity } from '#server/identity/authenticate-request.ts'
import { answerBrokenRequest, answerUnreadableUrl } from '#server/platform/answer-malformed.ts'
import { registerFrenchAnswers } from '#server/platform/answer-in-french.ts'
import type { App } from '#server/platform/app-type.ts'
import { compileWhenCalled } from '#server/platform/compile-when-called.ts'
import type { Deps } from '#server/platform/deps.ts'
import { registerIdempotency } from '#server/platform/idempotency.ts'
import { registerJson } from '#server/platform/read-json.ts'
import { registerConsole } from '#server/platform/serve-console.ts'
import { registerMetrics } from '#server/platform/metrics.ts'
import { registerOperations } from '#server/platform/operations.ts'
import { registerProblemDocuments } from '#server/platform/problem-documents.ts'
import { registerContract } from '#server/platform/serve-contract.ts'
import { registerSecurityHeaders } from '#server/platform/security-headers.ts'
import { registerPolicyRoutes } from '#server/policies/routes.ts'
import { registerPostRoutes } from '#server/posts/routes.ts'
import { registerProfileRoutes } from '#server/profiles/routes.ts'
import { registerPublishingRoutes } from '#server/publishing/routes.ts'
import { registerReviewRoutes } from '#server/reviews/routes.ts'

const kib = 1024
/** Bytes of a JSON body, by what a call asks for. Parsing holds up everybody else, so strangers say little. */
const bodyLimits: Readonly<Record<string, number>> = {
  public: 64 * kib,
  // A version with its word lists; a group of a hundred thousand.
  'policy.write': 12 * kib * kib,
  'policy.simulate': 12 * kib * kib,
  'scim.synchronise': 12 * kib * kib,
}
/** Large enough for a thread of long posts; media has its own limit. */
const usualBodyLimit = 4 * kib * kib

function limitBody(route: RouteOptions): void {
  route.bodyLimit ??= bodyLimits[route.config?.permission ?? 'public'] ?? usualBodyLimit
}

/** The whole HTTP server over opened parts: one `register` line a room, in room order. */
export async function buildApp(deps: Deps): Promise<App> {
  const loggerInstance: FastifyBaseLogger = deps.log
  const app: App = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: usualBodyLimit,
    requestTimeout: 60_000,
    trustProxy: deps.config.trustedProxies === undefined ? false : [...deps.config.trustedProxies],
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: answerUnreadableUrl(deps.config),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  compileWhenCalled(app)
  app.addHook('onRoute', limitBody)
  registerJson(app)
  registerProblemDocuments(app)
  registerFrenchAnswers(app)
  registerSecurityHeaders(app, deps.config)
  registerIdentity(app, deps)
  registerArchiveRoutes(app, deps)
  registerIdempotency(app, deps)
  registerProfileRoutes(app, deps)
  registerPolicyRoutes(app, deps)
  registerPostRoutes(app, deps)
  registerReviewRoutes(app, deps)
  registerPublishingRoutes(app, deps)
  registerExportRoutes(app, deps)
  registerOperations(app, deps)
  registerMetrics(app, deps)
  registerContract(app)
  if (deps.config.embedded) {
    registerSandboxTimeline(app, {
      directory: join(deps.config.dataDirectory, 'sandbox'),
      publicUrl: deps.config.publicUrl,
    })
  }
  await registerConsole(app)
  await app.ready()
  return app
}
