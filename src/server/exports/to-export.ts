import type { Export } from '#shared/api/exports.ts'
import type { ExportRow } from './queries.ts'

/** An export as the API shows it. */
export function toExport(row: ExportRow): Export {
  return {
    exportId: row.exportId,
    status: row.status,
    requestedBy: { userId: row.requestedBy, displayName: row.requestedByName },
    requestedAt: row.requestedAt,
    keepUntil: row.keepUntil,
    reason: row.reason,
    recipient: row.recipient,
    timeZone: row.timeZone,
    filter: row.query,
    formats: row.formats,
    progress: { done: row.done, total: row.total, phase: row.phase },
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    size: row.size,
    sha256: row.sha256,
    recordCount: row.recordCount,
    failure: row.failure,
  }
}
