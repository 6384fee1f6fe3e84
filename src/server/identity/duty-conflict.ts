import type { Role } from '#shared/permissions.ts'

export interface HeldRole {
  readonly role: Role
  /** From the firm down to the unit on which the role is held. */
  readonly unitPath: readonly string[]
}

/** Who runs the system does not audit it (SEC-9, FIN-12): the two are held by two people where their units overlap. */
const pairs: readonly (readonly [Role, Role])[] = [['admin', 'auditor']]

/** The role already held that may not be held beside a new one, if any. */
export function dutyConflict(held: readonly HeldRole[], added: HeldRole): HeldRole | undefined {
  return held.find(
    (other) => overlap(other.unitPath, added.unitPath) && pairs.some((pair) => isPair(pair, other.role, added.role)),
  )
}

/** The roles that may not be held beside this one over the same unit. */
export function conflictsOf(role: Role): Role[] {
  return pairs.flatMap(([one, two]) => (one === role ? [two] : two === role ? [one] : []))
}

function isPair([one, two]: readonly [Role, Role], a: Role, b: Role): boolean {
  return (one === a && two === b) || (one === b && two === a)
}

/** One unit lies at or below the other. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.includes(b.at(-1) ?? '') || b.includes(a.at(-1) ?? '')
}
