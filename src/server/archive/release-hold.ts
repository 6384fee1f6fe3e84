import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Hold } from '#shared/api/holds.ts'
import { appendRecord } from './append-record.ts'
import { findHold, lockHold, requestRelease, settleRelease } from './hold-queries.ts'
import { readScope } from './search-scope.ts'

/** The first person asks for a release, a second one releases. Nobody does both. */
export async function releaseHold(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  holdId: string,
  reason: string,
): Promise<Hold> {
  return inTransaction(deps.db, async (tx) => {
    const scope = await readScope(tx, actor, 'hold.release')
    await lockHold(tx, holdId)
    const hold = await findHold(tx, holdId, scope)
    if (hold === undefined) throw new AppError('not_found', 'No such hold.')
    if (hold.status === 'released') throw new AppError('wrong_status', 'This hold is released already.')
    const first = hold.releaseRequestedBy === null
    if (hold.releaseRequestedBy !== null && (await isSameHuman(tx, actor.userId, hold.releaseRequestedBy.userId))) {
      throw new AppError('second_person_required', 'You asked for this release. A second person must release the hold.')
    }
    const at = deps.clock.now()
    if (first) await requestRelease(tx, holdId, actor.userId, at)
    else await settleRelease(tx, holdId, actor.userId, at)
    await appendRecord(tx, actor, {
      type: first ? 'hold.release_requested' : 'hold.released',
      at,
      streams: { user: actor.userId, unit: hold.scope.unit ?? actor.unitId },
      body: { holdId, name: hold.name, reason },
      searchText: `${hold.name} ${reason}`,
    })
    return (await findHold(tx, holdId, 'everything'))!
  })
}

/** The same account, or another one of the same human being; identity's `isSamePerson`, which stands to the right of this room. */
async function isSameHuman(tx: Tx, one: string, other: string): Promise<boolean> {
  const { rows } = await sql<{ same: boolean | null }>`select same_person(${one}, ${other}) as same`.execute(tx)
  return rows[0]?.same === true
}
