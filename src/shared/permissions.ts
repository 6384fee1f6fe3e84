/**
 * Who may do what, as one table: deny by default (law 6). A permission is `noun.verb`; a role carries it on the unit
 * where the role is held and on every unit below.
 */
export const roles = ['author', 'reviewer', 'auditor', 'records_officer', 'policy_owner', 'admin'] as const
export type Role = (typeof roles)[number]

export const permissions = {
  'session.read': ['author', 'reviewer', 'auditor', 'records_officer', 'policy_owner', 'admin'],
  'token.manage': ['author', 'reviewer', 'auditor', 'records_officer', 'policy_owner', 'admin'],
  'post.write': ['author'],
  'post.read': ['author', 'reviewer', 'auditor', 'records_officer'],
  'post.comment': ['author', 'reviewer'],
  'media.write': ['author'],
  'library.read': ['author', 'reviewer', 'auditor', 'policy_owner'],
  'policy.check': ['author', 'reviewer', 'policy_owner'],
  'policy.read': ['author', 'reviewer', 'auditor', 'policy_owner', 'admin'],
  'policy.write': ['policy_owner'],
  'policy.approve': ['policy_owner'],
  'policy.simulate': ['policy_owner', 'reviewer'],
  'policy.replay': ['policy_owner', 'reviewer', 'auditor'],
  'review.read': ['reviewer'],
  'review.decide': ['reviewer'],
  'stop.read': ['reviewer', 'admin', 'auditor'],
  'stop.engage': ['reviewer', 'admin'],
  'stop.lift': ['reviewer', 'admin'],
  'profile.read': ['author', 'reviewer', 'auditor', 'admin'],
  'profile.manage': ['admin'],
  'unit.read': ['author', 'reviewer', 'auditor', 'records_officer', 'policy_owner', 'admin'],
  'unit.manage': ['admin'],
  'user.read': ['auditor', 'admin', 'reviewer'],
  'user.manage': ['admin'],
  'role.manage': ['admin'],
  'qualification.manage': ['admin'],
  'archive.search': ['auditor', 'records_officer'],
  'archive.verify': ['auditor', 'records_officer'],
  'archive.status': ['auditor', 'records_officer', 'admin', 'reviewer'],
  'tlog.read': ['auditor', 'records_officer'],
  'export.create': ['auditor', 'records_officer'],
  'export.read': ['auditor', 'records_officer'],
  'hold.read': ['auditor', 'records_officer'],
  'hold.place': ['records_officer'],
  'hold.release': ['records_officer'],
  'retention.manage': ['records_officer'],
  // Who approves a role change is not only who may ask for one: the second pair of eyes may sit in records.
  'role.approve': ['admin', 'records_officer'],
  'delegation.manage': ['reviewer'],
  'examiner.manage': ['records_officer'],
  // Held by no role: the provisioning client alone, by its own token.
  'scim.synchronise': [],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions

/** Does the role carry the permission? */
export function roleAllows(role: Role, permission: Permission): boolean {
  return (permissions[permission] as readonly Role[]).includes(role)
}
