import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { App } from '#server/platform/app-type.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Config } from '#server/platform/config.ts'

/** Loose enough for a team behind one address, a demo loader and a load test; tight enough to stop a runaway loop. */
const defaults = { signInPerMinute: 300, sessionWritesPerMinute: 6_000, tokenWritesPerMinute: 60_000 }

export interface RateLimits {
  signIn(request: FastifyRequest): Promise<void>
  write(request: FastifyRequest, actor: Actor): Promise<void>
}

type Limiter = (request: FastifyRequest) => Promise<void>

/** Counts a minute at a time, in this process. Both throw `too_many_requests`. */
export function createRateLimits(app: App, config: Pick<Config, 'rateLimits'>): RateLimits {
  const limits = config.rateLimits ?? defaults
  void app.register(rateLimit, { global: false, cache: 50_000 })
  const signIn = lazyLimiter(app, limits.signInPerMinute, (request) => `sign-in ${request.ip}`)
  const session = lazyLimiter(
    app,
    limits.sessionWritesPerMinute,
    (request) => `session ${request.actor.sessionId ?? request.actor.userId}`,
  )
  const token = lazyLimiter(
    app,
    limits.tokenWritesPerMinute,
    (request) => `token ${request.actor.tokenId ?? request.actor.userId}`,
  )
  return { signIn, write: (request, actor) => (actor.kind === 'token' ? token : session)(request) }
}

/** The plugin has its decorators only when the server is ready, which is before the first request. */
function lazyLimiter(app: App, max: number, keyGenerator: (request: FastifyRequest) => string): Limiter {
  if (max === 0) return async () => undefined
  let check: ReturnType<App['createRateLimit']> | undefined
  return async (request) => {
    check ??= app.createRateLimit({ max, timeWindow: 60_000, keyGenerator })
    const answer = await check(request)
    if (!answer.isAllowed && answer.isExceeded) {
      throw new AppError(
        'too_many_requests',
        `Too many requests in a short time. Wait ${answer.ttlInSeconds} seconds and try again.`,
      )
    }
  }
}
