import { systemActor, type Actor } from '#server/platform/actor.ts'
import type { Db } from '#server/platform/database.ts'
import type { Instant } from '#server/platform/clock.ts'
import { examinerScopes } from './examiner-scopes.ts'
import { findPerson, findSession, isTokenInForce, type PersonRow } from './queries.ts'

/** A person as an actor, for work that is done in their name outside a request; `undefined` when unknown or inactive. */
export async function loadActor(db: Db, userId: string, now: Instant): Promise<Actor | undefined> {
  const row = await findPerson(db, userId, now)
  return row === undefined || !row.active ? undefined : toActor(row)
}

/**
 * Whoever began a request, as they are now: for an answer that takes long. `undefined` when their session or token has ended
 * since, or they were deactivated. That nobody touched a key meanwhile ends nothing that is under way.
 */
export async function reloadActor(
  db: Db,
  { userId, sessionId, tokenId, scopes }: Actor,
  now: Instant,
): Promise<Actor | undefined> {
  if (sessionId !== undefined) {
    const session = await findSession(db, sessionId, now)
    if (session === undefined || session.endedAt !== null || session.expiresAt <= now) return undefined
  }
  if (tokenId !== undefined && !(await isTokenInForce(db, tokenId, now))) return undefined
  const person = await loadActor(db, userId, now)
  return person === undefined || scopes === undefined ? person : { ...person, scopes }
}

export function toActor(row: PersonRow): Actor {
  const { userId, displayName, unitId, unitPath, grants, examination } = row
  const actor: Actor = { kind: 'user', userId, displayName, unitId, unitPath, grants }
  if (examination === null) return actor
  const { name: _name, ...filter } = examination.filter
  return {
    ...actor,
    grants: [{ role: 'auditor', unitId: examination.unitId }],
    scopes: examinerScopes,
    examination: filter,
  }
}

/** Whoever calls a public route: nobody, with no role. */
export const anonymousActor: Actor = { ...systemActor, displayName: 'Anonymous' }
