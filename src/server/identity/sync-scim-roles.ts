import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { endSessionsOf } from './end-session.ts'
import { rolesOfGroups } from './group-roles.ts'
import { lockScimPeople } from './scim-queries.ts'
import { findUnitsOfRoles, syncGroupRoles, type GroupRoles } from './sync-group-roles.ts'

/**
 * Makes people's roles follow the groups that the provisioning client put them in. Rows are locked in one order. Who
 * could not write because nobody else reviewed is looked at again when all are entered: the second reviewer may be among
 * them.
 */
export async function syncScimRoles(
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  userIds: readonly string[],
  now: Instant,
): Promise<void> {
  const people = (await lockScimPeople(tx, userIds, now)).map(({ userId, groups, holdsRole }) => ({
    userId,
    holdsRole,
    mapped: rolesOfGroups(deps.config.oidc.groupRoles, groups),
  }))
  const concerned = people.filter(({ mapped, holdsRole }) => mapped.length > 0 || holdsRole)
  if (concerned.length === 0) return
  const allRoles = concerned.flatMap(({ mapped }) => mapped)
  const units = await findUnitsOfRoles(tx, allRoles, now)
  const waiting: GroupRoles[] = []
  for (const { userId, mapped } of concerned) {
    const wish = { userId, mapped, source: 'scim', units } as const
    if (await syncOne(tx, wish, now)) waiting.push(wish)
  }
  if (people.length > 1) for (const wish of waiting) await syncOne(tx, wish, now)
}

/** Answers whether a role waits for a second reviewer. */
async function syncOne(tx: Tx, wish: GroupRoles, now: Instant): Promise<boolean> {
  const { revoked, waitsForReviewer } = await syncGroupRoles(tx, wish, now)
  if (revoked > 0) await endSessionsOf(tx, wish.userId, 'role_lost', now)
  return waitsForReviewer
}
