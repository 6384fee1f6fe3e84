import { appendRecord } from '#server/archive/append-record.ts'
import { readScope } from '#server/archive/search-scope.ts'
import { loadActor, reloadActor } from '#server/identity/load-actor.ts'
import { holdsPermission, type Actor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { findExport, type ExportRow } from './queries.ts'

/** May whoever asked for an export still have all of it? Roles end and people leave while it is made. */
export async function mayStillMake(
  db: Db | Tx,
  { requestedBy, units, wholeLog }: Pick<ExportRow, 'requestedBy' | 'units' | 'wholeLog'>,
  now: Instant,
): Promise<boolean> {
  const actor = await loadActor(db, requestedBy, now)
  if (actor === undefined || !holdsPermission(actor, 'export.create')) return false
  const scope = await readScope(db, actor, 'export.create')
  if (scope === 'everything') return true
  return !wholeLog && units !== null && units.every((unit) => scope.includes(unit))
}

/**
 * May somebody who is downloading an export still read it, and is it still kept? That they may not any more, because a right, a
 * role, their session or their token ended, is a record.
 */
export async function mayStillRead(deps: Pick<Deps, 'db' | 'clock'>, actor: Actor, exportId: string): Promise<boolean> {
  const now = deps.clock.now()
  const reader = await reloadActor(deps.db, actor, now)
  const row =
    reader === undefined
      ? undefined
      : await findExport(deps.db, exportId, await readScope(deps.db, reader, 'export.read'))
  if (row !== undefined) return row.status === 'completed' && row.keepUntil > now
  const code = reader === undefined ? 'unauthenticated' : 'not_found'
  await inTransaction(deps.db, (tx) =>
    appendRecord(tx, actor, {
      type: 'permission.denied',
      at: now,
      streams: { export: exportId, user: actor.userId, unit: actor.unitId },
      body: { code, permission: 'export.read', exportId, duringDownload: true },
    }),
  )
  return false
}
