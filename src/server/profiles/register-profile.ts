import { appendRecord } from '#server/archive/append-record.ts'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { createProfile } from '#shared/api/profiles.ts'
import { findProfile, insertProfile, type ProfileRow } from './queries.ts'

/** Enters a profile in the register of accounts. It publishes only after it is connected (FIN-7). */
export async function registerProfile(
  deps: Pick<Deps, 'db' | 'clock' | 'networks'>,
  actor: Actor,
  wish: BodyOf<typeof createProfile>,
): Promise<ProfileRow> {
  if (!deps.networks.has(wish.network)) {
    throw new AppError(
      'unprocessable',
      `The network “${wish.network}” is not one of: ${[...deps.networks.keys()].join(', ')}.`,
    )
  }
  return inTransaction(deps.db, async (tx) => {
    const unit = await tx
      .selectFrom('unit')
      .select(['id', 'path'])
      .where('id', '=', wish.unitId ?? actor.unitId)
      .executeTakeFirst()
    if (unit === undefined) throw new AppError('unprocessable', 'No such unit. GET /api/units lists them.')
    if (actor.kind !== 'system' && !mayOnUnit(actor, 'profile.manage', unit.path))
      throw new AppError('forbidden', 'You do not manage the profiles of this unit.')

    const at = deps.clock.now()
    const id = newId(at)
    const inserted = await insertProfile(tx, {
      id,
      network: wish.network,
      handle: wish.handle,
      displayName: wish.displayName,
      unitId: unit.id,
      settings: wish.settings ?? {},
      at,
    })
    if (!inserted) throw new AppError('conflict', `${wish.handle} on ${wish.network} is already registered.`)
    await appendRecord(tx, actor, {
      type: 'profile.registered',
      at,
      streams: { profile: id, unit: unit.id, network: wish.network },
      body: { network: wish.network, handle: wish.handle, displayName: wish.displayName },
    })
    return (await findProfile(tx, id))!
  })
}
