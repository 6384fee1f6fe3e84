import { appendRecord } from '#server/archive/append-record.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Export } from '#shared/api/exports.ts'
import { endExport, lockExport } from './queries.ts'
import { requireExport } from './read-export.ts'
import { toExport } from './to-export.ts'

/** Stops a waiting or running export; whoever is making it notices within a batch and throws its file away. */
export async function cancelExport(deps: Pick<Deps, 'db' | 'clock'>, actor: Actor, exportId: string): Promise<Export> {
  return inTransaction(deps.db, async (tx) => {
    const row = await requireExport(tx, actor, exportId)
    const locked = await lockExport(tx, exportId)
    if (locked?.status !== 'waiting' && locked?.status !== 'running')
      throw new AppError('wrong_status', 'The export has already ended.')

    const at = deps.clock.now()
    await endExport(tx, exportId, 'cancelled', at, null)
    await appendRecord(tx, actor, {
      type: 'export.failed',
      at,
      streams: { export: exportId, user: row.requestedBy, unit: actor.unitId },
      body: { exportId, cancelled: true },
    })
    return toExport(await requireExport(tx, actor, exportId))
  })
}
