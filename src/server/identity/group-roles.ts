import { roles, type Role } from '#shared/permissions.ts'

export interface MappedRole {
  readonly role: Role
  /** Slug of the unit; the firm's root when absent. */
  readonly unitSlug: string | undefined
  readonly group: string
}

/** The roles of somebody's groups: `role@unit-slug`, or a bare `role` on the firm. What is not a role is left out. */
export function rolesOfGroups(
  groupRoles: Readonly<Record<string, readonly string[]>>,
  groups: readonly string[],
): MappedRole[] {
  return groups.flatMap((group) =>
    (Object.hasOwn(groupRoles, group) ? (groupRoles[group] ?? []) : []).flatMap((entry) => parseEntry(entry, group)),
  )
}

function parseEntry(entry: string, group: string): MappedRole[] {
  const [role, unitSlug] = entry.split('@')
  return isRole(role) ? [{ role, unitSlug, group }] : []
}

function isRole(text: string | undefined): text is Role {
  return (roles as readonly string[]).includes(text ?? '')
}
