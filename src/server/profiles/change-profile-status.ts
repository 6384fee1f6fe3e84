import { appendRecord } from '#server/archive/append-record.ts'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { lockProfile, updateProfile, type ProfileRow } from './queries.ts'

const recordTypes = { paused: 'profile.paused', disconnected: 'profile.disconnected' } as const

/** Pauses a profile, or disconnects it and destroys its credential. Nothing leaves through it from then on. */
export async function changeProfileStatus(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  profileId: string,
  status: keyof typeof recordTypes,
): Promise<ProfileRow> {
  return inTransaction(deps.db, async (tx) => {
    const profile = await lockProfile(tx, profileId)
    if (profile === undefined || !mayOnUnit(actor, 'profile.manage', profile.unitPath))
      throw new AppError('not_found', 'No such profile.')
    const at = deps.clock.now()
    await updateProfile(tx, profileId, at, status === 'disconnected' ? { status, credential: null } : { status })
    await appendRecord(tx, actor, {
      type: recordTypes[status],
      at,
      streams: { profile: profileId, unit: profile.unitId, network: profile.network },
      body: { handle: profile.handle },
    })
    return { ...profile, status }
  })
}
