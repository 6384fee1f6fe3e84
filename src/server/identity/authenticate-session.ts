import type { Actor } from '#server/platform/actor.ts'
import { systemActor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import type { Deps } from '#server/platform/deps.ts'
import { endSession } from './end-session.ts'
import { toActor } from './load-actor.ts'
import { findSession, touchSession, type SessionRow } from './queries.ts'

export interface Authenticated {
  readonly actor: Actor
  /** When the provider last saw the person's credentials; absent for programs, which cannot be asked again. */
  readonly authenticatedAt?: Instant
  /** Whether the provider named the person's groups at the sign-in. */
  readonly groupsState?: string
}

/** Idle time is measured in minutes, so the row need not be written more often than this. */
const touchEveryMs = 30_000

/** The person behind a session, from its row: what ended a moment ago is refused now. Throws `session_expired`. */
export async function authenticateSession(
  deps: Pick<Deps, 'db' | 'clock' | 'config'>,
  sessionId: string,
): Promise<Authenticated> {
  const now = deps.clock.now()
  const session = await findSession(deps.db, sessionId, now)
  if (session === undefined || session.endedAt !== null || !session.active) throw expired()
  const over = limitReached(deps.config.session.idleMinutes, session, now)
  if (over !== undefined) {
    await endSession(deps, systemActor, sessionId, over)
    throw expired()
  }
  if (addMilliseconds(session.lastSeenAt, touchEveryMs) < now) await touchSession(deps.db, sessionId, now)
  return {
    actor: { ...toActor(session), sessionId },
    authenticatedAt: session.authenticatedAt,
    groupsState: session.groupsState,
  }
}

function limitReached(idleMinutes: number, session: SessionRow, now: Instant): 'expired' | 'idle' | undefined {
  if (session.expiresAt <= now) return 'expired'
  return addMilliseconds(session.lastSeenAt, idleMinutes * 60_000) <= now ? 'idle' : undefined
}

function expired(): AppError {
  return new AppError(
    'session_expired',
    'Your session has ended. Sign in again; what you were writing is kept in this window.',
  )
}
