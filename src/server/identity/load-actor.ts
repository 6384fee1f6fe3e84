import { systemActor, type Actor } from '#server/platform/actor.ts'
import type { Db } from '#server/platform/database.ts'
import type { Instant } from '#server/platform/clock.ts'
import { examinerScopes } from './examiner-scopes.ts'
import { findPerson, type PersonRow } from './queries.ts'

/** A person as an actor, for work that is done in their name outside a request; `undefined` when unknown or inactive. */
export async function loadActor(db: Db, userId: string, now: Instant): Promise<Actor | undefined> {
  const row = await findPerson(db, userId, now)
  return row === undefined || !row.active ? undefined : toActor(row)
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
