import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Role } from '#shared/permissions.ts'
import { dutyConflict, type HeldRole } from './duty-conflict.ts'
import { ensureFirm } from './ensure-firm.ts'
import type { MappedRole } from './group-roles.ts'
import { findUnitsBySlug, insertGrant, listGrants, revokeGrant } from './queries.ts'

interface Wanted {
  readonly role: Role
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly group: string
}
type Grant = Awaited<ReturnType<typeof listGrants>>[number]

/**
 * Makes the roles that come from groups equal to what the groups say now; roles given by people are left alone. A role
 * that would make somebody audit what they administer is not given, and the refusal is a record. The caller holds the
 * person's row lock. Answers how many roles were taken away.
 */
export async function syncGroupRoles(
  tx: Tx,
  userId: string,
  mapped: readonly MappedRole[],
  now: Instant,
  source: 'group' | 'scim' = 'group',
): Promise<{ readonly revoked: number }> {
  const wanted = await resolveUnits(tx, mapped, now)
  const grants = await listGrants(tx, userId)
  const stale = grants.filter((grant) => grant.source === source && !wanted.some((role) => isSame(role, grant)))
  for (const grant of stale) await takeAway(tx, userId, grant, now)
  const held: (HeldRole & { unitId: string })[] = grants
    .filter((grant) => !stale.includes(grant))
    .map((grant) => ({ role: grant.role, unitPath: grant.path, unitId: grant.unit_id }))
  for (const role of wanted) {
    if (held.some((other) => other.role === role.role && other.unitId === role.unitId)) continue
    const conflict = dutyConflict(held, role)
    if (conflict !== undefined) {
      await recordConflict(tx, userId, role, conflict.role, now)
      continue
    }
    held.push(role)
    await give(tx, userId, role, now, source)
  }
  return { revoked: stale.length }
}

function isSame(role: Wanted, grant: Grant): boolean {
  return role.role === grant.role && role.unitId === grant.unit_id
}

async function resolveUnits(tx: Tx, mapped: readonly MappedRole[], now: Instant): Promise<Wanted[]> {
  const firm = await ensureFirm(tx, now)
  const units = await findUnitsBySlug(
    tx,
    mapped.flatMap((entry) => entry.unitSlug ?? []),
  )
  return mapped.flatMap(({ role, unitSlug, group }) => {
    const unit = unitSlug === undefined ? firm : units.find((candidate) => candidate.slug === unitSlug)
    // A mapping may name a unit that is not entered yet; nobody holds a role there until it is.
    return unit === undefined ? [] : [{ role, unitId: unit.id, unitPath: unit.path, group }]
  })
}

async function takeAway(tx: Tx, userId: string, grant: Grant, now: Instant): Promise<void> {
  await revokeGrant(tx, grant.id, now)
  await appendRecord(tx, systemActor, {
    type: 'role.revoked',
    at: now,
    streams: { user: userId, unit: grant.unit_id },
    body: { userId, role: grant.role, unitId: grant.unit_id, source: grant.source, effectiveAt: now },
  })
}

async function give(
  tx: Tx,
  userId: string,
  { role, unitId, group }: Wanted,
  now: Instant,
  source: 'group' | 'scim',
): Promise<void> {
  await insertGrant(tx, { id: newId(now), user_id: userId, role, unit_id: unitId, source, granted_at: now })
  await appendRecord(tx, systemActor, {
    type: 'role.granted',
    at: now,
    streams: { user: userId, unit: unitId },
    body: { userId, role, unitId, source, group, effectiveAt: now },
  })
}

async function recordConflict(
  tx: Tx,
  userId: string,
  { role, unitId, group }: Wanted,
  held: Role,
  now: Instant,
): Promise<void> {
  await appendRecord(tx, systemActor, {
    type: 'permission.denied',
    at: now,
    streams: { user: userId, unit: unitId },
    body: { code: 'duty_conflict', userId, role, unitId, group, held },
  })
}
