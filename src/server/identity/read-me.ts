import { holdsPermission, type Actor } from '#server/platform/actor.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Me } from '#shared/api/identity.ts'
import { permissions, type Permission } from '#shared/permissions.ts'
import { findProfileOfPerson, listQualifications, listUnitNames } from './people-queries.ts'
import { csrfTokenOf } from './session-token.ts'

/** Who the actor is and what they may do, as the console draws itself from it. */
export async function readMe(deps: Pick<Deps, 'db' | 'clock' | 'config'>, actor: Actor): Promise<Me> {
  const [profile, qualifications, names] = await Promise.all([
    findProfileOfPerson(deps.db, actor.userId),
    listQualifications(deps.db, actor.userId),
    listUnitNames(deps.db, [actor.unitId, ...actor.grants.map((grant) => grant.unitId)]),
  ])
  const nameOf = (unitId: string) => names.get(unitId) ?? ''
  return {
    userId: actor.userId,
    displayName: actor.displayName,
    email: profile?.email ?? null,
    locale: profile?.locale === 'fr' ? 'fr' : 'en',
    unit: { unitId: actor.unitId, name: nameOf(actor.unitId) },
    roles: actor.grants.map(({ role, unitId }) => ({ role, unitId, unitName: nameOf(unitId) })),
    permissions: (Object.keys(permissions) as Permission[]).filter((permission) => holdsPermission(actor, permission)),
    qualifications: qualifications.map(({ name, valid_from, valid_until }) => ({
      qualification: name,
      validFrom: valid_from,
      validUntil: valid_until,
    })),
    missingBeforeSubmit: holdsPermission(actor, 'post.write') ? [] : ['role_author'],
    csrfToken: actor.sessionId === undefined ? null : csrfTokenOf(deps.config, actor.sessionId),
    embedded: deps.config.embedded,
  }
}
