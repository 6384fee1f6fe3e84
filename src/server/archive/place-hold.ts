import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { BodyOf } from '#shared/api/endpoint.ts'
import type { Hold, placeHold as contract } from '#shared/api/holds.ts'
import { appendRecord } from './append-record.ts'
import { findHold, insertHold } from './hold-queries.ts'
import { readScope } from './search-scope.ts'

/** Holds what a filter finds, now and later, against disposition. Several holds may cover one record. */
export async function placeHold(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  asked: BodyOf<typeof contract>,
): Promise<Hold> {
  return inTransaction(deps.db, async (tx) => {
    const scope = await readScope(tx, actor, 'hold.place')
    if (scope !== 'everything' && (asked.scope.unit === undefined || !scope.includes(asked.scope.unit))) {
      throw new AppError(
        'forbidden',
        'Name a unit that you keep records for: you may not hold records of the whole firm.',
      )
    }
    const at = deps.clock.now()
    const id = newId(at)
    await insertHold(tx, { id, ...asked, placedBy: actor.userId, placedAt: at })
    await appendRecord(tx, actor, {
      type: 'hold.placed',
      at,
      streams: { user: actor.userId, unit: asked.scope.unit ?? actor.unitId },
      body: { holdId: id, name: asked.name, reason: asked.reason, scope: { ...asked.scope } },
      searchText: `${asked.name} ${asked.reason}`,
    })
    return (await findHold(tx, id, 'everything'))!
  })
}
