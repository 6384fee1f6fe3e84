import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ExportError } from './export-error.ts'
import { makePackage, type MadePackage } from './make-package.ts'
import {
  claimExport,
  completeExport,
  endExport,
  handBackExport,
  keepExport,
  lockExport,
  type ExportRow,
} from './queries.ts'
import { mayStillMake } from './still-may.ts'
import type { Progress } from './write-package.ts'

export type ExportDeps = Pick<Deps, 'db' | 'clock' | 'log' | 'config' | 'checkpointSigner' | 'objectStore'>

/** Without a sign of life for so long, the process that made an export is taken for dead. */
const leaseMilliseconds = 60_000
/** An export waits so long for its own request to be sealed, then goes without. */
const patienceMilliseconds = 120_000
const progressMilliseconds = 500

/** Thrown inside a package whose export is no longer this process's to make. */
class Stopped extends Error {}

const notAllowedAnyMore = () =>
  new ExportError('Whoever asked for this export may no longer have it. Somebody who may must ask for it.')

/** What goes on unless it is told otherwise. */
const unending = new AbortController().signal

/**
 * Job: makes the exports that wait, one after another; answers how many ended. Several nodes may run it at once. At
 * `stopping` the one under way is handed back whole, for the next process to begin anew.
 */
export async function runExports(deps: ExportDeps, stopping: AbortSignal = unending): Promise<number> {
  for (let count = 0; ; count += 1) {
    if (stopping.aborted) return count
    const now = deps.clock.now()
    const row = await inTransaction(deps.db, (tx) =>
      claimExport(tx, now, addMilliseconds(now, leaseMilliseconds), addMilliseconds(now, -patienceMilliseconds)),
    )
    if (row === undefined) return count
    await runExport(deps, row, stopping)
  }
}

/** Where the finished package of an export lies. A firm with several nodes gives them one directory. */
export function packagePath(config: Pick<Deps['config'], 'dataDirectory'>, exportId: string): string {
  return join(config.dataDirectory, 'exports', `${exportId}.zip`)
}

async function runExport(deps: ExportDeps, row: ExportRow, stopping: AbortSignal): Promise<void> {
  const path = packagePath(deps.config, row.exportId)
  const partial = `${path}.${row.attempt}.partial`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await removeLeftovers(dirname(path), row.exportId)
    const made = await writeFile(deps, row, partial, stopping)
    await settle(deps, row, made, partial, path)
  } catch (error) {
    if (error instanceof Stopped)
      return stopping.aborted ? handBackExport(deps.db, row.exportId, row.attempt) : undefined
    // The lease ends by itself, and whoever claims the export then starts it again.
    if (isDatabaseAway(error)) throw error
    deps.log.error({ err: error, export: row.exportId }, 'an export could not be made')
    await fail(deps, row, sentenceOf(error))
  } finally {
    await rm(partial, { force: true })
  }
}

/** What an attempt left behind whose process died: nobody else would ever remove it. */
async function removeLeftovers(folder: string, exportId: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(exportId) && name.endsWith('.partial')) await rm(join(folder, name), { force: true })
  }
}

/** Writes the package aside and makes it durable there. */
async function writeFile(
  deps: ExportDeps,
  row: ExportRow,
  partial: string,
  stopping: AbortSignal,
): Promise<MadePackage> {
  const file = await open(partial, 'w', 0o600)
  try {
    const made = await makePackage(deps, row, file, keepAlive(deps, row, stopping))
    await file.sync()
    return made
  } finally {
    await file.close()
  }
}

function keepAlive(deps: ExportDeps, row: ExportRow, stopping: AbortSignal): Progress {
  let last = -Infinity
  return async (phase, done, total) => {
    if (stopping.aborted) throw new Stopped()
    if (performance.now() - last < progressMilliseconds && done < total) return
    last = performance.now()
    const leaseUntil = addMilliseconds(deps.clock.now(), leaseMilliseconds)
    if (!(await keepExport(deps.db, row.exportId, row.attempt, { phase, done, total }, leaseUntil))) throw new Stopped()
    if (!(await mayStillMake(deps.db, row, deps.clock.now()))) throw notAllowedAnyMore()
  }
}

/**
 * The file gets its name before the export is called complete: a crash between the two makes it again, over the same name.
 * And it gets it under the row's lock, so that what was cancelled or given to another process meanwhile leaves no file.
 */
async function settle(
  deps: ExportDeps,
  row: ExportRow,
  made: MadePackage,
  partial: string,
  path: string,
): Promise<void> {
  const { manifest, size, sha256, bodyMonths } = made
  const manifestSha256 = createHash('sha256').update(made.manifestBytes).digest('hex')
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockExport(tx, row.exportId)
    if (locked?.status !== 'running' || locked.attempt !== row.attempt) return
    const at = deps.clock.now()
    if (!(await mayStillMake(tx, row, at))) throw notAllowedAnyMore()
    await rename(partial, path)
    await syncFolder(dirname(path))
    const recordCount = manifest.counts.delivered
    await completeExport(tx, row.exportId, at, { size, sha256, manifestSha256, recordCount, bodyMonths })
    await appendRecord(tx, systemActor, {
      type: 'export.completed',
      at,
      streams: { export: row.exportId, user: row.requestedBy, unit: row.requesterUnitId },
      body: {
        exportId: row.exportId,
        size,
        sha256,
        manifestSha256,
        log: manifest.log,
        filter: manifest.filter,
        counts: manifest.counts,
      },
    })
  })
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function fail(deps: ExportDeps, row: ExportRow, failure: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockExport(tx, row.exportId)
    if (locked?.status !== 'running' || locked.attempt !== row.attempt) return
    const at = deps.clock.now()
    await endExport(tx, row.exportId, 'failed', at, failure)
    await appendRecord(tx, systemActor, {
      type: 'export.failed',
      at,
      streams: { export: row.exportId, user: row.requestedBy, unit: row.requesterUnitId },
      body: { exportId: row.exportId, failure },
    })
  })
}

/** What the requester is told; the rest is in the log for the operator. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The export could not be made. Ask the operator.'
  if ('code' in error && error.code === 'ENOSPC')
    return 'The disk is full. Ask for the export again when there is space.'
  if (error instanceof ExportError) return error.message
  return 'The export could not be made; the operator has been told why. Ask again later.'
}
