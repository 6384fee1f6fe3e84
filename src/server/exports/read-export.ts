import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { cutPage, readCursor } from '#server/platform/page-cursor.ts'
import type { Export } from '#shared/api/exports.ts'
import { findExport, findExports, type ExportRow } from './queries.ts'
import { toExport } from './to-export.ts'

/** Progress and result of one export. An export that may hold more than the actor may see does not exist. */
export async function readExport(db: Db, actor: Actor, exportId: string): Promise<Export> {
  return toExport(await requireExport(db, actor, exportId))
}

/** The row behind it, or `not_found`. */
export async function requireExport(db: Db | Tx, actor: Actor, exportId: string): Promise<ExportRow> {
  const row = await findExport(db, exportId, await readScope(db, actor, 'export.read'))
  if (row === undefined) throw new AppError('not_found', 'No such export.')
  return row
}

/** Exports, newest first. */
export async function readExports(
  db: Db,
  actor: Actor,
  page: { cursor?: string | undefined; limit?: number | undefined },
): Promise<{ items: Export[]; nextCursor: string | null }> {
  const limit = page.limit ?? 50
  const rows = await findExports(db, await readScope(db, actor, 'export.read'), readCursor(page.cursor), limit + 1)
  return cutPage(rows, limit, (row) => ({ at: row.requestedAt, id: row.exportId }), toExport)
}
