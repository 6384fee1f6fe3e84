import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { errorStatus, type ErrorCode } from '#shared/error-code.ts'
import type { ProblemDocument } from '#shared/api/common.ts'
import { registerAllowedMethods, toAbsence } from './allowed-methods.ts'
import type { App } from './app-type.ts'
import { AppError, type Problem } from './app-error.ts'
import { isDatabaseAway, isDatabaseFull } from './database-away.ts'
import { ObjectStoreError } from './object-store.ts'
import { readRest } from './read-rest.ts'

const unavailable = 'The database does not answer. Nothing was lost; try again in a moment.'
const bucketUnavailable = 'The object store does not answer. Nothing was lost; try again in a moment.'
const full =
  'The database has no room left on its disk. Nothing of this call was saved; try again when your administrator has made room.'

/** Every answer of an error, in one place: RFC 9457 problem details with a stable code. To be registered before any route. */
export function registerProblemDocuments(app: App): void {
  registerAllowedMethods(app)
  // Before anything of a body is read: whoever asks for nothing must not have us parse megabytes.
  app.addHook('onRequest', (request, reply, done) => (request.is404 ? done(toAbsence(request, reply)) : done()))
  app.setErrorHandler(async (error: FastifyError | AppError, request, reply) => {
    const known = toAppError(error)
    if (known === undefined) {
      // Without the query: it may carry a sign-in's code, or what somebody looks for.
      request.log.error(
        { err: error, method: request.method, path: request.url.split('?')[0] },
        'request failed by a bug',
      )
      return sendProblem(
        request,
        reply,
        new AppError(
          'internal',
          'Something went wrong on our side. Nothing was published. Try again; if it stays, give your administrator the request id.',
        ),
      )
    }
    if (isDatabaseFull(known.cause))
      request.log.error(
        { err: known.cause },
        'the disk of the database is full: make room, nothing is accepted until then',
      )
    else if (errorStatus[known.code] >= 500)
      request.log.warn({ err: known, cause: known.cause }, 'request could not be served')
    if (known.code === 'too_large' || request.is404) await readRest(request.raw)
    return sendProblem(request, reply, known)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, toAbsence(request, reply)))
}

/** Writes one problem document. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): FastifyReply {
  const status = errorStatus[error.code]
  const document: ProblemDocument = {
    type: `urn:containment:${error.code}`,
    title: titleOf(error.code),
    status,
    code: error.code,
    detail: error.message,
    instance: `urn:request:${request.id}`,
    ...(error.problems.length > 0 ? { problems: [...error.problems] } : {}),
  }
  if (status === 503) reply.header('retry-after', '5')
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(document)
}

function toAppError(error: FastifyError | AppError): AppError | undefined {
  if (error instanceof AppError) return error
  if (error.validation !== undefined) return invalidRequest(error)
  const code = error.code ?? ''
  if (isDatabaseFull(error)) return new AppError('database_unavailable', full, { cause: error })
  if (isDatabaseAway(error)) return new AppError('database_unavailable', unavailable, { cause: error })
  if (error instanceof ObjectStoreError && error.retryable)
    return new AppError('object_store_unavailable', bucketUnavailable, { cause: error })
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new AppError(
      'too_large',
      'The request is larger than the gateway takes. Shorten it, or upload media with POST /api/media.',
    )
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new AppError('unsupported_media', 'Send the body as application/json.')
  if (error.statusCode === 429)
    return new AppError('too_many_requests', error.message || 'Too many requests. Wait a moment and try again.')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new AppError('invalid_request', error.message, { cause: error })
  return undefined
}

function invalidRequest(error: FastifyError): AppError {
  const problems: Problem[] = (error.validation ?? []).map((item) => ({
    field: `${error.validationContext ?? 'request'}${item.instancePath}${missing(item.params)}`.replaceAll('/', '.'),
    message: item.message ?? 'is not valid',
  }))
  const first = problems[0]
  return new AppError('invalid_request', first === undefined ? error.message : `${first.field} ${first.message}.`, {
    problems,
  })
}

function missing(params: Record<string, unknown> | undefined): string {
  return typeof params?.['missingProperty'] === 'string' ? `/${params['missingProperty']}` : ''
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
