import { roleAllows, type Permission, type Role } from '#shared/permissions.ts'

/** One role, held on a unit and on everything below it. `unitPath` runs from the firm down to the unit itself. */
export interface RoleGrant {
  readonly role: Role
  readonly unitId: string
  /** Who lent the role for a time (a delegation); absent when it is the actor's own. */
  readonly delegatedBy?: string
}

/** The user or API token acting now. `unitPath` is the path of the user's own unit, firm first. */
export interface Actor {
  readonly kind: 'user' | 'token' | 'system'
  readonly userId: string
  readonly displayName: string
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly grants: readonly RoleGrant[]
  readonly sessionId?: string
  readonly tokenId?: string
  /** An API token or an examiner does no more than these, whatever the roles say. */
  readonly scopes?: readonly Permission[]
  /** An examiner sees the records that this query finds, and no others. */
  readonly examination?: Examination
}

/** What an examination is about; the fields mean what they mean in a search of the archive. */
export interface Examination {
  readonly from?: string
  readonly to?: string
  readonly author?: string
  readonly unit?: string
  readonly profile?: string
  readonly network?: string
}

/** The nil UUID stands for the gateway itself in records of jobs. */
export const systemUserId = '00000000-0000-0000-0000-000000000000'

/** The gateway acting by itself: it holds no role and passes no permission check. */
export const systemActor: Actor = {
  kind: 'system',
  userId: systemUserId,
  displayName: 'Containment gateway',
  unitId: systemUserId,
  unitPath: [],
  grants: [],
}

function grantsFor(actor: Actor, permission: Permission): readonly RoleGrant[] {
  if (actor.scopes !== undefined && !actor.scopes.includes(permission)) return []
  return actor.grants.filter((grant) => roleAllows(grant.role, permission))
}

/** May the actor do this anywhere at all? No role means no permission. */
export function holdsPermission(actor: Actor, permission: Permission): boolean {
  return grantsFor(actor, permission).length > 0
}

/** May the actor do this on a unit? `unitPath` runs from the firm down to the unit that owns the object. */
export function mayOnUnit(actor: Actor, permission: Permission, unitPath: readonly string[]): boolean {
  return grantsFor(actor, permission).some((grant) => unitPath.includes(grant.unitId))
}

/** The units at which the actor holds the permission; rows of these units and below are in scope. */
export function scopeUnits(actor: Actor, permission: Permission): string[] {
  return [...new Set(grantsFor(actor, permission).map((grant) => grant.unitId))]
}

/**
 * The unit in whose name the actor does this: their own where the role reaches it, else a unit on which they hold it (of
 * several the first by id, so that it is always the same). What they make lies there, before the eyes of its reviewers.
 */
export function unitOfActing(actor: Actor, permission: Permission): string {
  if (mayOnUnit(actor, permission, actor.unitPath)) return actor.unitId
  return scopeUnits(actor, permission).toSorted((a, b) => (a < b ? -1 : 1))[0] ?? actor.unitId
}

/** The actor without what these accounts lent: somebody's delegate does not decide on that somebody's own post (law 4). */
export function withoutDelegationsOf(actor: Actor, userIds: readonly string[]): Actor {
  const kept = actor.grants.filter(({ delegatedBy }) => delegatedBy === undefined || !userIds.includes(delegatedBy))
  return { ...actor, grants: kept }
}
