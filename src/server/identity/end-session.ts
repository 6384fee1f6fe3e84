import type { Actor } from '#server/platform/actor.ts'
import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { markSessionEnded, markSessionsEnded } from './queries.ts'

export type EndedBecause =
  | 'signed_out'
  | 'ended_by_person'
  | 'provider_logout'
  | 'replaced'
  | 'idle'
  | 'expired'
  | 'deactivated'
  | 'role_lost'

/** Ends one session; the next request that carries it is refused. A session that had ended stays as it was. */
export async function endSession(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  sessionId: string,
  because: EndedBecause,
): Promise<void> {
  await inTransaction(deps.db, (tx) => endSessionIn(tx, actor, sessionId, because, deps.clock.now()))
}

/** The same within a use case's transaction. */
export async function endSessionIn(
  tx: Tx,
  actor: Actor,
  sessionId: string,
  because: EndedBecause,
  now: Instant,
): Promise<void> {
  const ended = await markSessionEnded(tx, sessionId, because, now)
  if (ended !== undefined) await recordEnd(tx, actor, ended, because, now)
}

/** Ends every live session of a person, but one where that is given. */
export async function endSessionsOf(
  tx: Tx,
  userId: string,
  because: EndedBecause,
  now: Instant,
  except?: string,
): Promise<number> {
  const ended = await markSessionsEnded(tx, userId, because, now, except)
  for (const session of ended) await recordEnd(tx, systemActor, session, because, now)
  return ended.length
}

function recordEnd(
  tx: Tx,
  actor: Actor,
  session: { id: string; user_id: string },
  because: EndedBecause,
  now: Instant,
): Promise<string> {
  return appendRecord(tx, actor, {
    type: 'session.ended',
    at: now,
    streams: { user: session.user_id },
    body: { sessionId: session.id, userId: session.user_id, because },
  })
}
