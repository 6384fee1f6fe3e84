import { appendRecord } from '#server/archive/append-record.ts'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { HttpError } from '#server/platform/http.ts'
import { NetworkError } from '#server/platform/network.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { connectProfile as contract } from '#shared/api/profiles.ts'
import { findProfile, lockProfile, updateProfile, type ProfileRow } from './queries.ts'

/** Tries a credential at the network, then keeps it sealed. A credential that does not work changes nothing. */
export async function connectProfile(
  deps: Pick<Deps, 'db' | 'clock' | 'networks' | 'secretBox'>,
  actor: Actor,
  profileId: string,
  wish: BodyOf<typeof contract>,
): Promise<ProfileRow> {
  const profile = await findProfile(deps.db, profileId)
  if (profile === undefined || !mayManage(actor, profile)) throw new AppError('not_found', 'No such profile.')
  const settings = { ...profile.settings, ...wish.settings }
  const account = await tryCredential(deps, profile, settings, wish.credential)

  return inTransaction(deps.db, async (tx) => {
    const locked = await lockProfile(tx, profileId)
    if (locked === undefined) throw new AppError('not_found', 'No such profile.')
    if (locked.remoteAccountId !== null && !isSameAccount(locked, account)) {
      throw new AppError(
        'conflict',
        'This credential belongs to another account. Register that account as a profile of its own.',
      )
    }
    const at = deps.clock.now()
    await updateProfile(tx, profileId, at, {
      status: 'connected',
      credential: deps.secretBox.seal(wish.credential, profileId),
      remoteAccountId: account.remoteAccountId,
      settings: account.settings,
    })
    await appendRecord(tx, actor, {
      type: 'profile.connected',
      at,
      streams: { profile: profileId, unit: locked.unitId, network: locked.network },
      body: { handle: locked.handle, remoteAccountId: account.remoteAccountId },
    })
    return (await findProfile(tx, profileId))!
  })
}

/** An account's number means something on its server only. A Bluesky account has one identity wherever it moves. */
function isSameAccount(
  { remoteAccountId, settings }: ProfileRow,
  account: { readonly remoteAccountId: string; readonly settings: Record<string, unknown> },
): boolean {
  return remoteAccountId === account.remoteAccountId && settings['server'] === account.settings['server']
}

function mayManage(actor: Actor, profile: ProfileRow): boolean {
  return actor.kind === 'system' || mayOnUnit(actor, 'profile.manage', profile.unitPath)
}

/** Tomorrow the same address is refused in the same way, so that trying again is no advice. */
const neverCalled = new Set(['bad_url', 'refused_address'])

async function tryCredential(
  deps: Pick<Deps, 'networks'>,
  profile: ProfileRow,
  settings: Record<string, unknown>,
  credential: string,
): Promise<{ remoteAccountId: string; settings: Record<string, unknown> }> {
  const network = deps.networks.get(profile.network)
  if (network === undefined)
    throw new AppError('unprocessable', `This gateway runs without the network “${profile.network}”.`)
  try {
    return await network.connect({ profileId: profile.profileId, handle: profile.handle, settings, credential })
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    if (error.cause instanceof HttpError && neverCalled.has(error.cause.failure))
      throw new AppError(
        'unprocessable',
        'This gateway may not call the server’s address: it calls https addresses outside private networks only. Check the address; for a server in the firm’s own network, whoever runs the gateway sets GATEWAY_ALLOW_PRIVATE_ADDRESSES=true.',
        { cause: error },
      )
    const code =
      error.nextStep === 'reauthorise' || error.nextStep === 'rejected' ? 'unprocessable' : 'network_unavailable'
    throw new AppError(code, `${profile.network} did not accept the connection: ${error.message}`, { cause: error })
  }
}
