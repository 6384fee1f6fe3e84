import { Type, type Static } from 'typebox'
import { At, Id, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'

export const Profile = Type.Object({
  profileId: Id,
  network: Type.String(),
  handle: Type.String(),
  displayName: Type.String(),
  unitId: Id,
  unitName: Type.String(),
  status: Type.Union([
    Type.Literal('registered'),
    Type.Literal('connected'),
    Type.Literal('paused'),
    Type.Literal('disconnected'),
    Type.Literal('needs_reauthorisation'),
  ]),
  remoteAccountId: Nullable(Type.String()),
  createdAt: At,
})
export type Profile = Static<typeof Profile>

const profileParams = Type.Object({ profileId: Id })

export const listProfiles = endpoint({
  method: 'GET',
  url: '/api/profiles',
  config: { permission: 'profile.read' },
  schema: {
    summary: 'The profiles in the reader’s scope',
    tags: ['profiles'],
    response: { 200: Type.Object({ items: Type.Array(Profile), networks: Type.Array(Type.String()) }) },
  },
})

export const createProfile = endpoint({
  method: 'POST',
  url: '/api/profiles',
  config: { permission: 'profile.manage' },
  schema: {
    summary: 'Registers a profile; it publishes only after it is connected',
    tags: ['profiles'],
    body: Type.Object({
      network: Type.String({ minLength: 1, maxLength: 40 }),
      handle: Type.String({ minLength: 1, maxLength: 200 }),
      displayName: Type.String({ minLength: 1, maxLength: 200 }),
      unitId: Type.Optional(Id),
      settings: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
    response: { 201: Profile },
  },
})

export const connectProfile = endpoint({
  method: 'POST',
  url: '/api/profiles/:profileId/connect',
  config: { permission: 'profile.manage' },
  schema: {
    summary: 'Checks a credential at the network and keeps it sealed; it is never shown again',
    tags: ['profiles'],
    params: profileParams,
    body: Type.Object({
      credential: Type.String({ minLength: 1, maxLength: 10_000, description: 'Bluesky: an app password' }),
      settings: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), { description: 'Bluesky: { service: URL of the PDS }' }),
      ),
    }),
    response: { 200: Profile },
  },
})

export const pauseProfile = endpoint({
  method: 'POST',
  url: '/api/profiles/:profileId/pause',
  config: { permission: 'profile.manage' },
  schema: {
    summary: 'Nothing leaves through a paused profile',
    tags: ['profiles'],
    params: profileParams,
    response: { 200: Profile },
  },
})

export const disconnectProfile = endpoint({
  method: 'POST',
  url: '/api/profiles/:profileId/disconnect',
  config: { permission: 'profile.manage' },
  schema: {
    summary: 'Destroys the stored credential',
    tags: ['profiles'],
    params: profileParams,
    response: { 200: Profile },
  },
})
