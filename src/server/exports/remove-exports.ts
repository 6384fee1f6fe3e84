import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds, toInstant, type Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { Export } from '#shared/api/exports.ts'
import { mostDays } from './create-export.ts'
import { findStatuses, lockEndedExport, markRemoved } from './queries.ts'

/** What is said of a package that was kept as long as asked. */
export const timeIsOver =
  'The time for which this package was kept is over, so it was removed. Ask for the export again.'

type RemoveDeps = Pick<Deps, 'db' | 'clock' | 'config' | 'log'>

const dayMilliseconds = 86_400_000

/**
 * Job: ends the exports whose time is over, or that hold bodies of a month which was destroyed since (GDPR-2), each with
 * its record, and takes away every file that no export needs any more. The record comes first: a file that outlives it by
 * a crash is gone after the next run. Answers how many exports ended.
 */
export async function removeExports(deps: RemoveDeps): Promise<number> {
  const now = deps.clock.now()
  let ended = 0
  while (await inTransaction(deps.db, (tx) => endOne(tx, now))) ended += 1
  await sweep(deps, now)
  return ended
}

async function endOne(tx: Tx, now: Instant): Promise<boolean> {
  const ended = await lockEndedExport(tx, now)
  if (ended === undefined) return false
  const { exportId, requestedBy, requesterUnitId, keepUntil, sha256, isDisposed } = ended
  const because = isDisposed
    ? 'The retention of records in this package ended, so it was removed. Ask for the export again: it will say which are gone.'
    : timeIsOver
  await markRemoved(tx, exportId, because)
  await appendRecord(tx, systemActor, {
    type: 'export.removed',
    at: now,
    streams: { export: exportId, user: requestedBy, unit: requesterUnitId },
    body: { exportId, sha256, keepUntil, because },
  })
  return true
}

const names = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:.+\.)?(zip|partial)$/

/** Of which exports a file may still be needed. What waits or runs clears away its own leftovers when it begins. */
const neededBy: Readonly<Record<string, readonly Export['status'][]>> = {
  zip: ['waiting', 'running', 'completed'],
  partial: ['waiting', 'running'],
}

/** Nobody knows of it: it is being entered, or its database was restored from an older backup. Then it goes with age. */
const unknownDays: Readonly<Record<string, number>> = { zip: mostDays, partial: 1 }

async function sweep(deps: RemoveDeps, now: Instant): Promise<void> {
  const folder = join(deps.config.dataDirectory, 'exports')
  const files = (await readdir(folder).catch(noneThere)).flatMap((name) => {
    const [, exportId, kind] = names.exec(name) ?? []
    return exportId === undefined || kind === undefined ? [] : [{ path: join(folder, name), exportId, kind }]
  })
  if (files.length === 0) return
  const statuses = await findStatuses(
    deps.db,
    files.map(({ exportId }) => exportId),
  )
  for (const { path, exportId, kind } of files) {
    const status = statuses.get(exportId)
    const isNeeded =
      status === undefined ? !(await isOlder(path, unknownDays[kind]!, now)) : neededBy[kind]!.includes(status)
    if (isNeeded) continue
    await rm(path, { force: true })
    deps.log.info({ export: exportId, file: kind, status }, 'a file of an export was removed')
  }
}

async function isOlder(path: string, days: number, now: Instant): Promise<boolean> {
  const oldest = addMilliseconds(now, -days * dayMilliseconds)
  return stat(path).then(
    ({ mtimeMs }) => toInstant(mtimeMs) < oldest,
    () => false, // gone meanwhile
  )
}

/** Before the first export there is no folder. */
function noneThere(error: NodeJS.ErrnoException): never[] {
  if (error.code !== 'ENOENT') throw error
  return []
}
