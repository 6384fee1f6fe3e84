import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { ArchiveRecord } from '#shared/api/archive.ts'
import type { TimelineEntry } from '#shared/api/posts.ts'
import { appendRecord } from './append-record.ts'
import { parseHeader } from './entry.ts'
import { findDisposition, findRecord, isPostInScope, type RecordRow } from './queries.ts'
import { readTimeline } from './read-timeline.ts'
import { readRecordScope } from './search-scope.ts'

/** One record as it is hashed; that somebody looked is a record too. Outside the actor's scope it does not exist. */
export async function readRecord(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  recordId: string,
): Promise<ArchiveRecord> {
  return inTransaction(deps.db, async (tx) => {
    const row = await findRecord(tx, recordId, await readRecordScope(tx, actor))
    if (row === undefined) throw new AppError('not_found', 'No such record.')
    await appendRecord(tx, actor, {
      type: 'archive.viewed',
      at: deps.clock.now(),
      streams: { user: actor.userId, unit: actor.unitId },
      body: { recordId },
    })
    return toArchiveRecord(row, row.body === null ? await findDisposition(tx, recordId) : null)
  })
}

/** Every stage of a post from records alone (MIF-4), for whoever may see the post's unit; the look is a record. */
export async function readPostTimeline(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  postId: string,
): Promise<{ postId: string; entries: TimelineEntry[] }> {
  return inTransaction(deps.db, async (tx) => {
    if (!(await isPostInScope(tx, postId, await readRecordScope(tx, actor))))
      throw new AppError('not_found', 'No such post.')
    const entries = (await readTimeline(tx, postId)).filter((entry) => isExamined(actor, entry.recordedAt))
    await appendRecord(tx, actor, {
      type: 'archive.viewed',
      at: deps.clock.now(),
      streams: { user: actor.userId, unit: actor.unitId },
      body: { postId },
    })
    return { postId, entries }
  })
}

function toArchiveRecord(row: RecordRow, disposed: ArchiveRecord['disposed']): ArchiveRecord {
  return {
    ...row,
    bodyHash: parseHeader(row.header).bodyHash,
    salt: row.salt?.toString('base64') ?? null,
    disposed,
  }
}

/** An examination of a period sees of a post what happened in that period. */
function isExamined({ examination }: Actor, at: string): boolean {
  const { from, to } = examination ?? {}
  return (from === undefined || at >= from) && (to === undefined || at < to)
}
