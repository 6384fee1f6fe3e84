import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { isSamePerson } from '#server/identity/same-person.ts'
import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Stop } from '#shared/api/publishing.ts'
import { unitPathOfScope } from './engage-stop.ts'
import { findStop, lockStop, requestLift, setLifted } from './stop-rows.ts'

/** The first person asks, a second person lifts. What was held goes through the gate again by itself. */
export async function liftStop(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  stopId: string,
  reason: string | undefined,
): Promise<Stop> {
  return inTransaction(deps.db, async (tx) => {
    const stop = await lockStop(tx, stopId)
    if (stop === undefined) throw new AppError('not_found', 'No such stop.')
    await refuseScope(tx, actor, stop)
    if (stop.liftedAt !== null) throw new AppError('wrong_status', 'This stop is already lifted.')
    const at = deps.clock.now()
    const body = { stopId, reason: reason ?? null }
    if (stop.liftRequestedBy === null) {
      await requestLift(tx, stopId, actor.userId, at)
      await appendRecord(tx, actor, { type: 'stop.lift_requested', at, streams: {}, body })
    } else {
      if (await isSamePerson(tx, actor.userId, stop.liftRequestedBy.userId))
        throw new AppError('second_person_required', 'You asked for the lift; a second person must confirm it.')
      await setLifted(tx, stopId, actor.userId, at)
      await appendRecord(tx, actor, {
        type: 'stop.lifted',
        at,
        streams: {},
        body: { ...body, requestedBy: stop.liftRequestedBy.userId },
      })
      await sql`select pg_notify('gateway_publication', '')`.execute(tx)
    }
    return (await findStop(tx, stopId))!
  })
}

/** Anybody on call may stop the firm; letting it go on is for those who answer for all that it held back. */
async function refuseScope(tx: Tx, actor: Actor, stop: Stop): Promise<void> {
  const path = await unitPathOfScope(tx, { scope: stop.scope, scopeId: stop.scopeId ?? undefined })
  if (path !== undefined && !mayOnUnit(actor, 'stop.lift', path)) throw new AppError('not_found', 'No such stop.')
  if (path !== undefined) return
  const firm = await tx.selectFrom('unit').select('path').where('parent_id', 'is', null).executeTakeFirstOrThrow()
  if (!mayOnUnit(actor, 'stop.lift', firm.path))
    throw new AppError(
      'forbidden',
      'This stop holds the whole firm. It is lifted by somebody whose role is held on the firm.',
    )
}
