import type { FastifyRequest } from 'fastify'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { errorStatus } from '#shared/error-code.ts'

/**
 * Every refusal of somebody known is a record, whether the gate or a use case refused. What lies out of reach answers
 * like an id that was never given, so looking for either is one: the record names the path. Where the record cannot be
 * written the request is refused all the same, and the operator's log says so.
 */
export async function recordDenial(
  deps: Pick<Deps, 'db' | 'clock' | 'log'>,
  request: FastifyRequest,
  error: unknown,
): Promise<void> {
  if (!(error instanceof AppError) || !isDenial(error, request) || request.actor.kind === 'system') return
  const { actor, method } = request
  try {
    await inTransaction(deps.db, (tx) =>
      appendRecord(tx, actor, {
        type: 'permission.denied',
        at: deps.clock.now(),
        streams: { user: actor.userId, unit: actor.unitId },
        body: {
          code: error.code,
          method,
          route: request.routeOptions.url,
          path: request.url.split('?')[0],
          permission: request.routeOptions.config.permission,
          grants: actor.grants.map(({ role, unitId }) => ({ role, unitId })),
        },
      }),
    )
  } catch (cause) {
    deps.log.error({ err: cause, code: error.code }, 'a denial could not be recorded')
  }
}

function isDenial({ code }: AppError, request: FastifyRequest): boolean {
  return errorStatus[code] === 403 || (code === 'not_found' && request.routeOptions.url?.includes(':') === true)
}
