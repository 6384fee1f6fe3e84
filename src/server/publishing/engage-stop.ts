import type { Actor } from '#server/platform/actor.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import { holdsPermission, mayOnUnit } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { isId, newId } from '#server/platform/new-id.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { engageStop as contract, Stop } from '#shared/api/publishing.ts'
import { raiseFence } from './queries.ts'
import { findStop, insertStop } from './stop-rows.ts'

/**
 * The kill switch. When this returns, no publication of its scope starts any more: the fence waits for attempts that were
 * being released and every later one sees the stop.
 */
export async function engageStop(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: BodyOf<typeof contract>,
): Promise<Stop> {
  return inTransaction(deps.db, async (tx) => {
    await refuseScope(tx, actor, wish)
    await raiseFence(tx)
    const at = deps.clock.now()
    const stopId = newId(at)
    const scopeId = wish.scopeId ?? null
    await insertStop(tx, { stopId, scope: wish.scope, scopeId, reason: wish.reason, engagedBy: actor.userId, at })
    await appendRecord(tx, actor, {
      type: 'stop.engaged',
      at,
      streams: {
        ...(wish.scope === 'unit' ? { unit: wish.scopeId } : {}),
        ...(wish.scope === 'profile' ? { profile: wish.scopeId } : {}),
        ...(wish.scope === 'network' ? { network: wish.scopeId } : {}),
      },
      body: { stopId, scope: wish.scope, scopeId, reason: wish.reason },
    })
    return (await findStop(tx, stopId))!
  })
}

async function refuseScope(tx: Tx, actor: Actor, wish: BodyOf<typeof contract>): Promise<void> {
  if ((wish.scope === 'everything') !== (wish.scopeId === undefined)) {
    throw new AppError(
      'unprocessable',
      wish.scope === 'everything' ? 'A stop of everything takes no scopeId.' : `Name the ${wish.scope} in scopeId.`,
    )
  }
  const path = await unitPathOfScope(tx, wish)
  const allowed = path === undefined ? holdsPermission(actor, 'stop.engage') : mayOnUnit(actor, 'stop.engage', path)
  if (!allowed) throw noSuchScope(wish.scope)
}

/** The unit path that a stop touches; undefined for the whole firm and for networks, which any officer may stop. */
export async function unitPathOfScope(
  tx: Tx,
  wish: { readonly scope: string; readonly scopeId?: string | undefined },
): Promise<readonly string[] | undefined> {
  if (wish.scope !== 'unit' && wish.scope !== 'profile') return undefined
  const id = wish.scopeId ?? ''
  if (!isId(id)) throw noSuchScope(wish.scope)
  const row =
    wish.scope === 'unit'
      ? await tx.selectFrom('unit').select('path').where('id', '=', id).executeTakeFirst()
      : await tx
          .selectFrom('profile')
          .innerJoin('unit', 'unit.id', 'profile.unit_id')
          .select('unit.path')
          .where('profile.id', '=', id)
          .executeTakeFirst()
  if (row === undefined) throw noSuchScope(wish.scope)
  return row.path
}

/** What lies elsewhere is answered as what does not exist, and both are denials. */
function noSuchScope(scope: string): AppError {
  return new AppError('forbidden', `There is no such ${scope} among those that you may stop.`)
}
