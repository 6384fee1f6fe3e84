import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import * as contract from '#shared/api/profiles.ts'
import { changeProfileStatus } from './change-profile-status.ts'
import { connectProfile } from './connect-profile.ts'
import { findProfilesInScope, type ProfileRow } from './queries.ts'
import { registerProfile } from './register-profile.ts'

export function registerProfileRoutes(app: App, deps: Pick<Deps, 'db' | 'clock' | 'networks' | 'secretBox'>): void {
  app.route({
    ...contract.listProfiles,
    handler: async (request) => ({
      items: (await findProfilesInScope(deps.db, request.actor)).map(toProfile),
      networks: [...deps.networks.keys()],
    }),
  })
  app.route({
    ...contract.createProfile,
    handler: async (request, reply) =>
      reply.code(201).send(toProfile(await registerProfile(deps, request.actor, request.body))),
  })
  app.route({
    ...contract.connectProfile,
    handler: async (request) =>
      toProfile(await connectProfile(deps, request.actor, request.params.profileId, request.body)),
  })
  app.route({
    ...contract.pauseProfile,
    handler: async (request) =>
      toProfile(await changeProfileStatus(deps, request.actor, request.params.profileId, 'paused')),
  })
  app.route({
    ...contract.disconnectProfile,
    handler: async (request) =>
      toProfile(await changeProfileStatus(deps, request.actor, request.params.profileId, 'disconnected')),
  })
}

function toProfile(row: ProfileRow): contract.Profile {
  const { settings: _settings, credential: _credential, unitPath: _unitPath, ...profile } = row
  return profile
}
