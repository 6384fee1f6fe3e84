import { AppError } from '#server/platform/app-error.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { NetworkAccount } from '#server/platform/network.ts'
import { findMediaKey, type ProfileState } from './queries.ts'

/** Opens a profile's credential for one call. The plain text lives no longer than the call. */
export function openAccount(deps: Pick<Deps, 'secretBox'>, profileId: string, profile: ProfileState): NetworkAccount {
  if (profile.credential === null)
    throw new AppError('wrong_status', 'The profile has no credential; an administrator must connect it.')
  return {
    profileId,
    handle: profile.handle,
    remoteAccountId: profile.remoteAccountId ?? undefined,
    settings: profile.settings,
    credential: deps.secretBox.open(profile.credential, profileId),
  }
}

/** The bytes of an approved media file, from the sealed copy. */
export async function readMedia(deps: Pick<Deps, 'db' | 'objectStore'>, mediaId: string): Promise<Uint8Array> {
  const key = await findMediaKey(deps.db, mediaId)
  const bytes = key === undefined ? undefined : await deps.objectStore.get(key)
  if (bytes === undefined)
    throw new AppError('object_store_unavailable', `Media ${mediaId} is not in the object store.`)
  return bytes
}
