import { fastify, LogController, type FastifyBaseLogger } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { answerBrokenRequest, answerUnreadableUrl } from '#server/platform/answer-malformed.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { registerMetrics } from '#server/platform/metrics.ts'
import { registerOperations } from '#server/platform/operations.ts'
import { registerProblemDocuments } from '#server/platform/problem-documents.ts'
import { registerSecurityHeaders } from '#server/platform/security-headers.ts'

/** What a process that only works answers: whether it lives, whether it is ready, and its figures. Nothing of the API. */
export async function buildOperationsApp(deps: Deps): Promise<App> {
  const loggerInstance: FastifyBaseLogger = deps.log
  const app: App = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerUnreadableUrl(deps.config),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  registerProblemDocuments(app)
  registerSecurityHeaders(app, deps.config)
  registerOperations(app, deps)
  registerMetrics(app, deps)
  await app.ready()
  return app
}
