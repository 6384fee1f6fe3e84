import { Type, type Static } from 'typebox'
import { RoleSchema, PermissionSchema, Unit, User } from './identity.ts'
import { At, Id, IdParams, Nullable, Page, PageQuery, Person } from './common.ts'
import { endpoint } from './endpoint.ts'
import { TimelineEntry } from './posts.ts'

const Reason = Type.String({ minLength: 1, maxLength: 2000, pattern: '\\S' })
/** Minutes since the last sign-in within which a dangerous act is taken. */
const recently = 15 * 60

export const getUser = endpoint({
  method: 'GET',
  url: '/api/users/:userId',
  config: { permission: 'user.read' },
  schema: {
    summary: 'One person in the reader’s scope',
    tags: ['people'],
    params: IdParams('userId'),
    response: { 200: User },
  },
})

export const deactivateUser = endpoint({
  method: 'POST',
  url: '/api/users/:userId/deactivate',
  config: { permission: 'user.manage', maxAgeSeconds: recently },
  schema: {
    summary: 'Off-boards: ends sessions, tokens, roles and delegations at once; open reviews are handed over',
    tags: ['people'],
    params: IdParams('userId'),
    body: Type.Object({ reason: Reason }),
    response: { 200: User },
  },
})

export const reactivateUser = endpoint({
  method: 'POST',
  url: '/api/users/:userId/reactivate',
  config: { permission: 'user.manage', maxAgeSeconds: recently },
  schema: {
    summary: 'Lets a person sign in again; roles are given anew',
    tags: ['people'],
    params: IdParams('userId'),
    body: Type.Object({ reason: Reason }),
    response: { 200: User },
  },
})

export const updateUnit = endpoint({
  method: 'PATCH',
  url: '/api/units/:unitId',
  config: { permission: 'unit.manage' },
  schema: {
    summary: 'Renames a unit, or moves it with everything below it',
    tags: ['people'],
    params: IdParams('unitId'),
    body: Type.Object({
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      parentId: Type.Optional(Id),
    }),
    response: { 200: Unit },
  },
})

export const listRoles = endpoint({
  method: 'GET',
  url: '/api/roles',
  config: { permission: 'session.read' },
  schema: {
    summary: 'Which role carries which permission, and which may not be held together',
    tags: ['people'],
    response: {
      200: Type.Object({
        items: Type.Array(
          Type.Object({
            role: RoleSchema,
            permissions: Type.Array(PermissionSchema),
            conflictsWith: Type.Array(RoleSchema),
          }),
        ),
      }),
    },
  },
})

export const RoleChange = Type.Object({
  changeId: Id,
  userId: Id,
  displayName: Type.String(),
  role: RoleSchema,
  unitId: Id,
  action: Type.Union([Type.Literal('grant'), Type.Literal('revoke')]),
  effectiveAt: At,
  reason: Type.String(),
  requestedBy: Person,
  requestedAt: At,
  decidedBy: Nullable(Person),
  decidedAt: Nullable(At),
  outcome: Nullable(Type.Union([Type.Literal('approved'), Type.Literal('rejected'), Type.Literal('withdrawn')])),
})
export type RoleChange = Static<typeof RoleChange>

export const listRoleChanges = endpoint({
  method: 'GET',
  url: '/api/roles/changes',
  config: { permission: 'role.approve' },
  schema: {
    summary: 'Role changes in the reader’s scope, newest first',
    tags: ['people'],
    querystring: Type.Object({ status: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('decided')])) }),
    response: { 200: Type.Object({ items: Type.Array(RoleChange) }) },
  },
})

export const requestRoleChange = endpoint({
  method: 'POST',
  url: '/api/roles/changes',
  config: { permission: 'role.manage' },
  schema: {
    summary: 'Asks for a role to be given or taken; a second person decides',
    tags: ['people'],
    body: Type.Object({
      userId: Id,
      role: RoleSchema,
      unitId: Id,
      action: Type.Union([Type.Literal('grant'), Type.Literal('revoke')]),
      effectiveAt: Type.Optional(At),
      reason: Reason,
    }),
    response: { 201: RoleChange },
  },
})

export const decideRoleChange = endpoint({
  method: 'POST',
  url: '/api/roles/changes/:changeId/decision',
  config: { permission: 'role.approve', maxAgeSeconds: recently },
  schema: {
    summary: 'The second person’s decision; never the one who asked, never the one whom it concerns',
    tags: ['people'],
    params: IdParams('changeId'),
    body: Type.Object({ outcome: Type.Union([Type.Literal('approved'), Type.Literal('rejected')]) }),
    response: { 200: RoleChange },
  },
})

export const getPermissionsAt = endpoint({
  method: 'GET',
  url: '/api/users/:userId/permissions',
  config: { permission: 'user.read' },
  schema: {
    summary: 'What could this person do at that time, answered from the records alone',
    tags: ['people'],
    params: IdParams('userId'),
    querystring: Type.Object({ at: Type.Optional(At) }),
    response: {
      200: Type.Object({
        userId: Id,
        at: At,
        active: Type.Boolean(),
        roles: Type.Array(
          Type.Object({
            role: RoleSchema,
            unitId: Id,
            recordId: Id,
            since: At,
            delegatedBy: Type.Optional(Id),
            examination: Type.Optional(Type.Boolean()),
          }),
        ),
        permissions: Type.Array(Type.Object({ permission: PermissionSchema, unitIds: Type.Array(Id) })),
      }),
    },
  },
})

export const Qualification = Type.Object({
  qualificationId: Id,
  userId: Id,
  qualification: Type.String(),
  validFrom: At,
  validUntil: Nullable(At),
  evidence: Nullable(Type.String()),
})
export type Qualification = Static<typeof Qualification>

export const listQualifications = endpoint({
  method: 'GET',
  url: '/api/qualifications',
  config: { permission: 'user.read' },
  schema: {
    summary: 'Dated rights that review stages ask for',
    tags: ['people'],
    querystring: Type.Object({ userId: Type.Optional(Id) }),
    response: { 200: Type.Object({ items: Type.Array(Qualification) }) },
  },
})

export const grantQualification = endpoint({
  method: 'POST',
  url: '/api/qualifications',
  config: { permission: 'qualification.manage' },
  schema: {
    summary: 'Enters a dated right, for example a principal’s registration (FIN-1)',
    tags: ['people'],
    body: Type.Object({
      userId: Id,
      qualification: Type.String({ pattern: '^[a-z][a-z0-9_-]{1,60}$' }),
      validFrom: At,
      validUntil: Type.Optional(At),
      evidence: Type.Optional(Type.String({ maxLength: 2000 })),
    }),
    response: { 201: Qualification },
  },
})

export const endQualification = endpoint({
  method: 'POST',
  url: '/api/qualifications/:qualificationId/end',
  config: { permission: 'qualification.manage' },
  schema: {
    summary: 'Ends a dated right now; what was decided under it stays as it was',
    tags: ['people'],
    params: IdParams('qualificationId'),
    body: Type.Object({ reason: Reason }),
    response: { 200: Qualification },
  },
})

export const Delegation = Type.Object({
  delegationId: Id,
  from: Person,
  to: Person,
  role: RoleSchema,
  unitId: Id,
  validFrom: At,
  validUntil: At,
  reason: Type.String(),
  endedAt: Nullable(At),
})
export type Delegation = Static<typeof Delegation>

export const listDelegations = endpoint({
  method: 'GET',
  url: '/api/delegations',
  config: { permission: 'delegation.manage' },
  schema: {
    summary: 'What one lends and is lent',
    tags: ['people'],
    response: { 200: Type.Object({ items: Type.Array(Delegation) }) },
  },
})

export const createDelegation = endpoint({
  method: 'POST',
  url: '/api/delegations',
  config: { permission: 'delegation.manage' },
  schema: {
    summary:
      'Lends the reviewing of a unit to a fellow reviewer until a date; never more than one holds, never one’s own posts',
    tags: ['people'],
    body: Type.Object({ toUserId: Id, unitId: Id, validFrom: Type.Optional(At), validUntil: At, reason: Reason }),
    response: { 201: Delegation },
  },
})

export const endDelegation = endpoint({
  method: 'DELETE',
  url: '/api/delegations/:delegationId',
  config: { permission: 'delegation.manage' },
  schema: {
    summary: 'Ends what one lent, at once',
    tags: ['people'],
    params: IdParams('delegationId'),
    response: { 200: Delegation },
  },
})

export const Examiner = Type.Object({
  examinerId: Id,
  userId: Id,
  name: Type.String(),
  organisation: Type.String(),
  purpose: Type.String(),
  unitId: Id,
  filter: Type.Object({
    from: Type.Optional(At),
    to: Type.Optional(At),
    author: Type.Optional(Id),
    unit: Type.Optional(Id),
    profile: Type.Optional(Id),
    network: Type.Optional(Type.String({ maxLength: 60 })),
  }),
  validFrom: At,
  validUntil: At,
  endedAt: Nullable(At),
})
export type Examiner = Static<typeof Examiner>

export const listExaminers = endpoint({
  method: 'GET',
  url: '/api/examiners',
  config: { permission: 'examiner.manage' },
  schema: {
    summary: 'Examiners and what they may see',
    tags: ['people'],
    response: { 200: Type.Object({ items: Type.Array(Examiner) }) },
  },
})

export const grantExaminer = endpoint({
  method: 'POST',
  url: '/api/examiners',
  config: { permission: 'examiner.manage', maxAgeSeconds: recently },
  schema: {
    summary: 'Opens time-boxed, read-only access to the records that a query finds; the secret is shown once',
    tags: ['people'],
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 200 }),
      organisation: Type.String({ minLength: 1, maxLength: 200 }),
      purpose: Reason,
      unitId: Type.Optional(Id),
      filter: Type.Optional(Examiner.properties.filter),
      validUntil: At,
    }),
    response: { 201: Type.Object({ ...Examiner.properties, secret: Type.String() }) },
  },
})

export const endExaminer = endpoint({
  method: 'POST',
  url: '/api/examiners/:examinerId/end',
  config: { permission: 'examiner.manage' },
  schema: {
    summary: 'Ends an examiner’s access and sessions at once',
    tags: ['people'],
    params: IdParams('examinerId'),
    response: { 200: Examiner },
  },
})

export const listExaminerActs = endpoint({
  method: 'GET',
  url: '/api/examiners/:examinerId/acts',
  config: { permission: 'examiner.manage' },
  schema: {
    summary: 'What an examiner searched, opened and was refused, newest first; asking is itself a record',
    tags: ['people'],
    params: IdParams('examinerId'),
    querystring: Type.Object(PageQuery),
    response: { 200: Page(TimelineEntry) },
  },
})

export const signInExaminer = endpoint({
  method: 'POST',
  url: '/auth/examiner',
  config: { permission: 'public' },
  schema: {
    summary: 'An examiner signs in with the secret that the records officer handed over',
    tags: ['signing in'],
    body: Type.Object({ secret: Type.String({ minLength: 1, maxLength: 200 }) }),
    response: { 200: Type.Object({ redirectTo: Type.String() }) },
  },
})
