import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from '#server/archive/append-record.ts'
import type { Unit } from '#shared/api/identity.ts'
import { refuseConflictAfterMove } from './find-duty-conflict.ts'
import { findUnit, lockUnits, moveUnit, renameUnit } from './people-queries.ts'

export interface UnitChange {
  readonly name?: string | undefined
  readonly parentId?: string | undefined
}

/**
 * Renames or moves a unit. Roles held on it stay held on it; moving takes it out of the reach of roles above its old
 * place and into that of roles above the new one, so the actor must manage both places.
 */
export async function updateUnit(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  unitId: string,
  change: UnitChange,
): Promise<Unit> {
  return inTransaction(deps.db, async (tx) => {
    await lockUnits(tx)
    const unit = await findUnit(tx, unitId)
    if (unit === undefined || !mayOnUnit(actor, 'unit.manage', unit.path))
      throw new AppError('not_found', 'No such unit among those that you manage.')
    const now = deps.clock.now()
    const name = change.name ?? unit.name
    if (name !== unit.name) await renameUnit(tx, unitId, name, now)
    const parentId = change.parentId ?? unit.parent_id
    if (parentId !== unit.parent_id && parentId !== null) {
      const parent = await findUnit(tx, parentId)
      if (parent === undefined || !mayOnUnit(actor, 'unit.manage', parent.path))
        throw new AppError('not_found', 'No such unit among those that you manage.')
      if (unit.parent_id === null || parent.path.includes(unitId))
        throw new AppError('conflict', 'A unit cannot be moved below itself, and the firm has nothing above it.')
      await moveUnit(tx, unit, parent, now)
      await refuseConflictAfterMove(tx, now)
    }
    await appendRecord(tx, actor, {
      type: 'unit.updated',
      at: now,
      streams: { unit: unitId },
      body: { unitId, name, parentId, before: { name: unit.name, parentId: unit.parent_id } },
      searchText: name,
    })
    return { unitId, parentId, name, slug: unit.slug }
  })
}
