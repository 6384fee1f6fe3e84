import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord, toRecord } from '#server/archive/append-record.ts'
import type { Role } from '#shared/permissions.ts'
import { byPrecedence } from './duty-conflict.ts'
import { ensureFirm } from './ensure-firm.ts'
import { findDutyConflict, type DutyConflict } from './find-duty-conflict.ts'
import type { MappedRole } from './group-roles.ts'
import { findUnitsBySlug, insertGrants, revokeGrant } from './queries.ts'
import { listRolesOfPerson, type PersonGrant } from './role-change-queries.ts'

interface Wanted {
  readonly role: Role
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly group: string
}

interface Refused extends DutyConflict {
  readonly wanted: Wanted
}

type Source = 'group' | 'scim'

/** What somebody's groups give. `units` are those that the roles name, where they are known already. */
export interface GroupRoles {
  readonly userId: string
  readonly mapped: readonly MappedRole[]
  readonly source: Source
  readonly units?: RoleUnits
}

/**
 * Makes the roles that come from groups equal to what the groups say now; roles given by people are left alone. Where
 * two roles conflict, those from elsewhere stay and of the groups' own the one that goes before (`byPrecedence`); the
 * other is not given, or taken away, and the refusal is a record. The caller holds the person's row lock. Answers how
 * many roles were taken away, and whether one waits for a second reviewer.
 */
export async function syncGroupRoles(
  tx: Tx,
  { userId, mapped, source, units }: GroupRoles,
  now: Instant,
): Promise<{ readonly revoked: number; readonly waitsForReviewer: boolean }> {
  const grants = await listRolesOfPerson(tx, userId, now)
  const [own, others] = [grants.filter(isOwn), grants.filter((grant) => !isOwn(grant))]
  const elsewhere = others.filter((grant) => grant.userId === userId)
  const named = placeRoles(mapped, units ?? (await findUnitsOfRoles(tx, mapped, now)))
  const wanted = named.filter((role) => !elsewhere.some((grant) => isSame(role, grant)))
  const { accepted, refused } = await judge(tx, userId, others, wanted, now)
  const stale = own.filter((grant) => !accepted.some((role) => isSame(role, grant)))
  for (const grant of stale) await takeAway(tx, userId, grant, now)
  const fresh = accepted.filter((role) => !own.some((grant) => isSame(role, grant)))
  await give(tx, { userId, source, roles: fresh }, now)
  for (const one of refused) await recordConflict(tx, userId, one, now)
  return { revoked: stale.length, waitsForReviewer: refused.some(({ because }) => because === 'sole_reviewer') }

  function isOwn(grant: PersonGrant): boolean {
    return grant.userId === userId && grant.source === source
  }
}

/** Which of the groups' roles may be held together, decided in an order that is not the groups'. */
async function judge(
  tx: Tx,
  userId: string,
  others: readonly PersonGrant[],
  wanted: readonly Wanted[],
  now: Instant,
): Promise<{ readonly accepted: readonly Wanted[]; readonly refused: readonly Refused[] }> {
  const accepted: Wanted[] = []
  const refused: Refused[] = []
  for (const role of wanted.toSorted(byPrecedence)) {
    if (accepted.some((other) => other.role === role.role && other.unitId === role.unitId)) continue
    const conflict = await findDutyConflict(tx, userId, [...others, ...accepted], role, now)
    if (conflict === undefined) accepted.push(role)
    else refused.push({ ...conflict, wanted: role })
  }
  return { accepted, refused }
}

function isSame(role: Wanted, grant: PersonGrant): boolean {
  return role.role === grant.role && role.unitId === grant.unitId
}

/** The firm, and the units that roles are held on by their slugs. */
interface RoleUnits {
  readonly firm: RoleUnit
  readonly bySlug: ReadonlyMap<string, RoleUnit>
}
interface RoleUnit {
  readonly id: string
  readonly path: readonly string[]
}

export async function findUnitsOfRoles(tx: Tx, mapped: readonly MappedRole[], now: Instant): Promise<RoleUnits> {
  const slugs = new Set(mapped.flatMap(({ unitSlug }) => unitSlug ?? []))
  const named = slugs.size === 0 ? [] : await findUnitsBySlug(tx, [...slugs])
  return { firm: await ensureFirm(tx, now), bySlug: new Map(named.map((unit) => [unit.slug, unit])) }
}

function placeRoles(mapped: readonly MappedRole[], { firm, bySlug }: RoleUnits): Wanted[] {
  return mapped.flatMap(({ role, unitSlug, group }) => {
    const unit = unitSlug === undefined ? firm : bySlug.get(unitSlug)
    // A mapping may name a unit that is not entered yet; nobody holds a role there until it is.
    return unit === undefined ? [] : [{ role, unitId: unit.id, unitPath: unit.path, group }]
  })
}

async function takeAway(tx: Tx, userId: string, grant: PersonGrant, now: Instant): Promise<void> {
  await revokeGrant(tx, grant.id, now)
  await appendRecord(tx, systemActor, {
    type: 'role.revoked',
    at: now,
    streams: { user: userId, unit: grant.unitId },
    body: { userId, role: grant.role, unitId: grant.unitId, source: grant.source, effectiveAt: now },
  })
}

async function give(
  tx: Tx,
  { userId, source, roles }: { userId: string; source: Source; roles: readonly Wanted[] },
  now: Instant,
): Promise<void> {
  if (roles.length === 0) return
  const grants = roles.map(({ role, unitId }) => ({ id: newId(now), role, unitId }))
  const records = roles.map(({ role, unitId, group }) =>
    toRecord(systemActor, {
      type: 'role.granted',
      at: now,
      streams: { user: userId, unit: unitId },
      body: { userId, role, unitId, source, group, effectiveAt: now },
    }),
  )
  await insertGrants(tx, { userId, source, grants, records }, now)
}

async function recordConflict(
  tx: Tx,
  userId: string,
  { wanted: { role, unitId, group }, held, because }: Refused,
  now: Instant,
): Promise<void> {
  await appendRecord(tx, systemActor, {
    type: 'permission.denied',
    at: now,
    streams: { user: userId, unit: unitId },
    body: { code: 'duty_conflict', userId, role, unitId, group, held, because },
  })
}
