import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { endSessionsOf } from './end-session.ts'
import { rolesOfGroups } from './group-roles.ts'
import { lockPerson } from './people-queries.ts'
import { listGroupNames } from './scim-queries.ts'
import { syncGroupRoles } from './sync-group-roles.ts'

/** Makes people's roles follow the groups that the provisioning client put them in. Rows are locked in one order. */
export async function syncScimRoles(
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  userIds: readonly string[],
  now: Instant,
): Promise<void> {
  for (const userId of [...new Set(userIds)].toSorted()) {
    const person = await lockPerson(tx, userId)
    if (person === undefined || !person.active) continue
    const mapped = rolesOfGroups(deps.config.oidc.groupRoles, await listGroupNames(tx, userId))
    const { revoked } = await syncGroupRoles(tx, userId, mapped, now, 'scim')
    if (revoked > 0) await endSessionsOf(tx, userId, 'role_lost', now)
  }
}
