import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Unit } from '#shared/api/identity.ts'
import { insertUnit } from './queries.ts'
import { unitPathOf } from './unit-path.ts'

/** Enters a unit below a parent that the actor manages. Throws `not_found`, `forbidden`, or `conflict` for a slug in use. */
export async function createUnit(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  unit: { readonly parentId: string; readonly name: string; readonly slug: string },
): Promise<Unit> {
  return inTransaction(deps.db, async (tx) => {
    const parentPath = await unitPathOf(tx, unit.parentId)
    if (!mayOnUnit(actor, 'unit.manage', parentPath))
      throw new AppError('forbidden', 'You do not manage the unit above. Ask its administrator.')
    const now = deps.clock.now()
    const unitId = newId(now)
    const { parentId, name, slug } = unit
    if (
      !(await insertUnit(tx, {
        id: unitId,
        parent_id: parentId,
        name,
        slug,
        path: [...parentPath, unitId],
        created_at: now,
      }))
    ) {
      throw new AppError('conflict', `The slug “${slug}” is in use. Choose another.`)
    }
    await appendRecord(tx, actor, {
      type: 'unit.created',
      at: now,
      streams: { unit: unitId },
      body: { unitId, parentId, name, slug },
      searchText: name,
    })
    return { unitId, parentId, name, slug }
  })
}
