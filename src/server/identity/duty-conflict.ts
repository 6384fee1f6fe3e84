import { roles, type Role } from '#shared/permissions.ts'

export interface HeldRole {
  readonly role: Role
  /** From the firm down to the unit on which the role is held. */
  readonly unitPath: readonly string[]
}

/** Who runs the system does not audit it (SEC-9, FIN-12): the two are held by two people where their units overlap. */
const pairs: readonly (readonly [Role, Role])[] = [['admin', 'auditor']]

/**
 * Which of two roles that groups give at once, and that one person may not hold together, is kept: the earlier here,
 * whatever the order of the groups. An administrator is not locked out by a group of auditors; and reviewing goes
 * before writing, so that two people who do both become each other's reviewers at their next sign-in.
 */
const precedence: readonly Role[] = ['admin', 'reviewer', 'policy_owner', 'records_officer', 'auditor', 'author']

/** In the order in which roles of groups are given: by precedence, then the higher unit, then the unit's id. */
export function byPrecedence(a: HeldRole, b: HeldRole): number {
  const [left, right] = [precedence.indexOf(a.role), precedence.indexOf(b.role)]
  if (left !== right) return left - right
  if (a.unitPath.length !== b.unitPath.length) return a.unitPath.length - b.unitPath.length
  return (a.unitPath.at(-1) ?? '') < (b.unitPath.at(-1) ?? '') ? -1 : 1
}

/** Roles that are held by two people where their units overlap. */
export const separateRoles: readonly Role[] = roles.filter((role) => pairs.some((pair) => pair.includes(role)))

/** The role already held that may not be held beside a new one, if any. */
export function dutyConflict<Held extends HeldRole>(held: readonly Held[], added: HeldRole): Held | undefined {
  return held.find(
    (other) => overlap(other.unitPath, added.unitPath) && pairs.some((pair) => isPair(pair, other.role, added.role)),
  )
}

/** The roles that may not be held beside this one over the same unit. */
export function conflictsOf(role: Role): Role[] {
  return roles.filter((other) => pairs.some((pair) => isPair(pair, other, role)))
}

function isPair([one, two]: readonly [Role, Role], a: Role, b: Role): boolean {
  return (one === a && two === b) || (one === b && two === a)
}

/** One unit lies at or below the other. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.includes(b.at(-1) ?? '') || b.includes(a.at(-1) ?? '')
}

/**
 * The roles held with which somebody would review what they write, and the path of the unit of which they write. Whether
 * a colleague reviews there too is the caller's question.
 */
export function selfReviewed(held: readonly HeldRole[], added: HeldRole): HeldRole[] {
  const other = added.role === 'author' ? 'reviewer' : added.role === 'reviewer' ? 'author' : undefined
  return held.flatMap(({ role, unitPath }) => {
    if (role !== other) return []
    const [author, reviewer] = role === 'author' ? [unitPath, added.unitPath] : [added.unitPath, unitPath]
    return author.includes(reviewer.at(-1) ?? '') ? [{ role, unitPath: author }] : []
  })
}
