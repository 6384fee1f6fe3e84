import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { endSessionsOf } from './end-session.ts'
import { rolesOfGroups } from './group-roles.ts'
import { lockPerson } from './people-queries.ts'
import { listGroupNames } from './scim-queries.ts'
import { syncGroupRoles } from './sync-group-roles.ts'

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
  const waiting: string[] = []
  const everybody = [...new Set(userIds)].toSorted()
  for (const userId of everybody) if (await syncOne(deps, tx, userId, now)) waiting.push(userId)
  if (everybody.length > 1) for (const userId of waiting) await syncOne(deps, tx, userId, now)
}

/** Answers whether a role waits for a second reviewer. */
async function syncOne(deps: Pick<Deps, 'config'>, tx: Tx, userId: string, now: Instant): Promise<boolean> {
  const person = await lockPerson(tx, userId)
  if (person === undefined || !person.active) return false
  const mapped = rolesOfGroups(deps.config.oidc.groupRoles, await listGroupNames(tx, userId))
  const { revoked, waitsForReviewer } = await syncGroupRoles(tx, userId, mapped, now, 'scim')
  if (revoked > 0) await endSessionsOf(tx, userId, 'role_lost', now)
  return waitsForReviewer
}
