import { Type, type Static } from 'typebox'
import { At, Id, Language, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'
import { permissions, roles, type Permission } from '#shared/permissions.ts'

export const RoleSchema = Type.Union(roles.map((role) => Type.Literal(role)))
export const PermissionSchema = Type.Union((Object.keys(permissions) as Permission[]).map((name) => Type.Literal(name)))

export const Me = Type.Object({
  userId: Id,
  displayName: Type.String(),
  email: Nullable(Type.String()),
  locale: Language,
  unit: Type.Object({ unitId: Id, name: Type.String() }),
  roles: Type.Array(Type.Object({ role: RoleSchema, unitId: Id, unitName: Type.String() })),
  permissions: Type.Array(PermissionSchema),
  qualifications: Type.Array(
    Type.Object({ qualification: Type.String(), validFrom: At, validUntil: Nullable(At) }),
  ),
  missingBeforeSubmit: Type.Array(Type.String(), { description: 'What stands between this person and submitting' }),
  csrfToken: Nullable(Type.String({ description: 'Sent back as x-csrf-token by browsers' })),
  embedded: Type.Boolean({ description: 'True when this is the evaluation set-up with demo people' }),
})
export type Me = Static<typeof Me>

export const getMe = endpoint({
  method: 'GET',
  url: '/api/me',
  config: { permission: 'session.read' },
  schema: { summary: 'Who am I, what may I do, what is missing', tags: ['identity'], response: { 200: Me } },
})

export const ApiToken = Type.Object({
  tokenId: Id,
  name: Type.String(),
  prefix: Type.String(),
  scopes: Type.Array(PermissionSchema),
  createdAt: At,
  expiresAt: At,
  lastUsedAt: Nullable(At),
  revokedAt: Nullable(At),
})
export type ApiToken = Static<typeof ApiToken>

export const listTokens = endpoint({
  method: 'GET',
  url: '/api/tokens',
  config: { permission: 'token.manage' },
  schema: { summary: 'One’s own API tokens', tags: ['identity'], response: { 200: Type.Object({ items: Type.Array(ApiToken) }) } },
})

export const createToken = endpoint({
  method: 'POST',
  url: '/api/tokens',
  config: { permission: 'token.manage' },
  schema: {
    summary: 'Makes a token; its text is shown once and stored hashed',
    tags: ['identity'],
    body: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 100 }),
      scopes: Type.Optional(Type.Array(PermissionSchema, { description: 'Never wider than the person’s own permissions' })),
      expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365, default: 90 })),
    }),
    response: { 201: Type.Object({ ...ApiToken.properties, token: Type.String() }) },
  },
})

export const revokeToken = endpoint({
  method: 'DELETE',
  url: '/api/tokens/:tokenId',
  config: { permission: 'token.manage' },
  schema: { summary: 'Revokes at once', tags: ['identity'], params: Type.Object({ tokenId: Id }), response: { 200: ApiToken } },
})

export const Unit = Type.Object({
  unitId: Id,
  parentId: Nullable(Id),
  name: Type.String(),
  slug: Type.String(),
})
export type Unit = Static<typeof Unit>

export const listUnits = endpoint({
  method: 'GET',
  url: '/api/units',
  config: { permission: 'unit.read' },
  schema: { summary: 'The tree of units, parents first', tags: ['identity'], response: { 200: Type.Object({ items: Type.Array(Unit) }) } },
})

export const createUnit = endpoint({
  method: 'POST',
  url: '/api/units',
  config: { permission: 'unit.manage' },
  schema: {
    summary: 'Enters a unit below a parent',
    tags: ['identity'],
    body: Type.Object({
      parentId: Id,
      name: Type.String({ minLength: 1, maxLength: 200 }),
      slug: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,60}$' }),
    }),
    response: { 201: Unit },
  },
})

export const User = Type.Object({
  userId: Id,
  displayName: Type.String(),
  email: Nullable(Type.String()),
  active: Type.Boolean(),
  unitId: Id,
  roles: Type.Array(Type.Object({ role: RoleSchema, unitId: Id })),
})
export type User = Static<typeof User>

export const listUsers = endpoint({
  method: 'GET',
  url: '/api/users',
  config: { permission: 'user.read' },
  schema: {
    summary: 'The people in the reader’s scope',
    tags: ['identity'],
    querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 200 })) }),
    response: { 200: Type.Object({ items: Type.Array(User) }) },
  },
})
