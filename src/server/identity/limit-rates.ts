import { createHmac } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { App } from '#server/platform/app-type.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'

/** Loose enough for a team behind one address, a demo loader and a load test; tight enough to stop a runaway loop. */
const defaults = { signInPerMinute: 300, sessionWritesPerMinute: 6_000, tokenWritesPerMinute: 60_000 }
const minuteMs = 60_000

export interface RateLimits {
  /** By address, counted in the database: one limit for all processes. */
  signIn(request: FastifyRequest): Promise<void>
  /** By address, in this process: the provider sends them all from one, and none may be lost to people who sign in. */
  logout(request: FastifyRequest): Promise<void>
  /** By session or token, in this process: a limit against runaway loops, which n processes allow n times. */
  write(request: FastifyRequest, actor: Actor): Promise<void>
}

type Limiter = (request: FastifyRequest) => Promise<void>

/** Counts a minute at a time. All throw `too_many_requests`. */
export function createRateLimits(app: App, deps: Pick<Deps, 'db' | 'clock' | 'config'>): RateLimits {
  const limits = deps.config.rateLimits ?? defaults
  void app.register(rateLimit, { global: false, cache: 50_000 })
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
  return {
    signIn: sharedLimiter(deps, limits.signInPerMinute),
    logout: lazyLimiter(app, limits.tokenWritesPerMinute, (request) => `logout ${request.ip}`),
    write: (request, actor) => (actor.kind === 'token' ? token : session)(request),
  }
}

/** Sign-ins are few, so a round trip each is cheap; guessing is not made easier by more processes. */
function sharedLimiter(deps: Pick<Deps, 'db' | 'clock' | 'config'>, max: number): Limiter {
  if (max === 0) return async () => undefined
  return async (request) => {
    const now = Date.parse(deps.clock.now())
    const minute = now - (now % minuteMs)
    // Whoever reads the table learns no addresses.
    const source = createHmac('sha256', deps.config.session.key).update(`sign-in ${request.ip}`).digest()
    const attempts = await countAttempt(deps.db, source, new Date(minute).toISOString())
    if (attempts > max) throw tooMany(Math.ceil((minute + minuteMs - now) / 1000))
  }
}

async function countAttempt(db: Db, source: Buffer, minute: string): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`insert into sign_in_count (source, minute, attempts)
    values (${source}, ${minute}, 1)
    on conflict (source, minute) do update set attempts = sign_in_count.attempts + 1 returning attempts`.execute(db)
  const attempts = rows[0]?.attempts ?? 1
  if (attempts === 1) await db.deleteFrom('sign_in_count').where('minute', '<', minute).execute()
  return attempts
}

/** The plugin has its decorators only when the server is ready, which is before the first request. */
function lazyLimiter(app: App, max: number, keyGenerator: (request: FastifyRequest) => string): Limiter {
  if (max === 0) return async () => undefined
  let check: ReturnType<App['createRateLimit']> | undefined
  return async (request) => {
    check ??= app.createRateLimit({ max, timeWindow: minuteMs, keyGenerator })
    const answer = await check(request)
    if (!answer.isAllowed && answer.isExceeded) throw tooMany(answer.ttlInSeconds)
  }
}

function tooMany(seconds: number): AppError {
  return new AppError('too_many_requests', `Too many requests in a short time. Wait ${seconds} seconds and try again.`)
}
