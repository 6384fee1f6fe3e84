import { Type, type Static } from 'typebox'
import { At, Id, Language, Nullable, Page, PageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { permissions, roles, type Permission } from '#shared/permissions.ts'

export const RoleSchema = Type.Enum(roles)
export const PermissionSchema = Type.Enum(Object.keys(permissions) as Permission[])

export const Me = Type.Object({
  userId: Id,
  displayName: Type.String(),
  email: Nullable(Type.String()),
  locale: Language,
  unit: Type.Object({ unitId: Id, name: Type.String() }),
  roles: Type.Array(Type.Object({ role: RoleSchema, unitId: Id, unitName: Type.String() })),
  permissions: Type.Array(PermissionSchema),
  qualifications: Type.Array(Type.Object({ qualification: Type.String(), validFrom: At, validUntil: Nullable(At) })),
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
  schema: {
    summary: 'One’s own API tokens',
    tags: ['identity'],
    response: { 200: Type.Object({ items: Type.Array(ApiToken) }) },
  },
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
      scopes: Type.Optional(
        Type.Array(PermissionSchema, { description: 'Never wider than the person’s own permissions' }),
      ),
      expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365, default: 90 })),
    }),
    response: { 201: Type.Object({ ...ApiToken.properties, token: Type.String() }) },
  },
})

export const revokeToken = endpoint({
  method: 'DELETE',
  url: '/api/tokens/:tokenId',
  config: { permission: 'token.manage' },
  schema: {
    summary: 'Revokes at once',
    tags: ['identity'],
    params: Type.Object({ tokenId: Id }),
    response: { 200: ApiToken },
  },
})

export const Unit = Type.Object({
  unitId: Id,
  parentId: Nullable(Id),
  name: Type.String(),
  slug: Type.String(),
})
export type Unit = Static<typeof Unit>

export const ListedUnit = Type.Object({
  ...Unit.properties,
  people: Type.Integer({ description: 'Active people of the firm in this very unit' }),
})
export type ListedUnit = Static<typeof ListedUnit>

export const listUnits = endpoint({
  method: 'GET',
  url: '/api/units',
  config: { permission: 'unit.read' },
  schema: {
    summary: 'The tree of units, parents first',
    tags: ['identity'],
    response: {
      200: Type.Object({
        items: Type.Array(ListedUnit),
      }),
    },
  },
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
    summary: 'The people in the reader’s scope, by name',
    tags: ['identity'],
    querystring: Type.Object({
      q: Type.Optional(
        Type.String({ maxLength: 200, description: 'Part of a name or an address, accents and case aside' }),
      ),
      ids: Type.Optional(
        Type.String({
          maxLength: 3_700,
          pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(,[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})*$',
          description: 'These alone, by comma',
        }),
      ),
      role: Type.Optional(RoleSchema),
      unit: Type.Optional(
        Type.String({ format: 'uuid', description: 'Only active people who hold `role` on this unit or above it' }),
      ),
      ...PageQuery,
    }),
    response: { 200: Type.Object({ ...Page(User).properties, total: Type.Integer() }) },
  },
})

export const signIn = endpoint({
  method: 'GET',
  url: '/auth/login',
  config: { permission: 'public' },
  schema: {
    summary: 'Begins OpenID Connect sign-in: 302 to the provider',
    tags: ['signing in'],
    querystring: Type.Object({
      returnTo: Type.Optional(
        Type.String({ maxLength: 2000, description: 'A path of this origin; anything else is `/`' }),
      ),
      maxAge: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 86_400,
          description: 'Sign in again unless it was this recent, in seconds',
        }),
      ),
      locale: Type.Optional(Language),
    }),
  },
})

export const finishSignIn = endpoint({
  method: 'GET',
  url: '/auth/callback',
  config: { permission: 'public' },
  schema: {
    summary: 'The provider sends the browser back here: 302 into the console',
    tags: ['signing in'],
    querystring: Type.Object({
      code: Type.Optional(Type.String()),
      state: Type.Optional(Type.String()),
      iss: Type.Optional(Type.String()),
      error: Type.Optional(Type.String()),
    }),
  },
})

export const SignedOut = Type.Object({
  redirectTo: Type.String({ description: 'Where the browser goes to sign out at the provider too' }),
})

export const signOut = endpoint({
  method: 'POST',
  url: '/auth/logout',
  config: { permission: 'public' },
  schema: {
    summary: 'Ends the session at once; names the provider’s own sign-out',
    tags: ['signing in'],
    response: { 200: SignedOut },
  },
})

export const backchannelLogout = endpoint({
  method: 'POST',
  url: '/auth/backchannel-logout',
  config: { permission: 'public' },
  schema: {
    summary: 'The provider ends sessions with a signed logout token',
    tags: ['signing in'],
    body: Type.Object({ logout_token: Type.String({ maxLength: 50_000 }) }),
  },
})

export const Session = Type.Object({
  sessionId: Id,
  startedAt: At,
  lastSeenAt: At,
  expiresAt: At,
  current: Type.Boolean(),
})

export const listSessions = endpoint({
  method: 'GET',
  url: '/api/sessions',
  config: { permission: 'session.read' },
  schema: {
    summary: 'One’s own live sessions',
    tags: ['identity'],
    response: { 200: Type.Object({ items: Type.Array(Session) }) },
  },
})

export const endSession = endpoint({
  method: 'DELETE',
  url: '/api/sessions/:sessionId',
  config: { permission: 'session.read' },
  schema: {
    summary: 'Ends one of one’s own sessions at once',
    tags: ['identity'],
    params: Type.Object({ sessionId: Id }),
    response: { 200: Type.Object({ sessionId: Id, endedAt: At }) },
  },
})
