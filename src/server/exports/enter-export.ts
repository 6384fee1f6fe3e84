import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { appendRecord } from '#server/archive/append-record.ts'
import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import { parseCheckpoint } from '#shared/tlog/checkpoint.ts'
import { parseNote } from '#shared/tlog/note.ts'
import { endOf } from './create-export.ts'
import type { Manifest } from './manifest.ts'
import { completeExport, findBodyMonths, findSealNote, insertExport, lockExport } from './queries.ts'
import { packagePath } from './run-export.ts'
import { verifyPackage, type PackageReport } from './verify-package.ts'

type EnterDeps = Pick<Deps, 'db' | 'clock' | 'config' | 'checkpointSigner'>

/**
 * Records an export that was made from the object store while the database was away, in the name of the person who enters
 * it, and keeps its package with the others. What the verifier finds wrong with it is part of the record. Answers its id.
 * Throws `not_found` for what is no such package, `conflict` for one that is entered already.
 */
export async function enterExport(deps: EnterDeps, actor: Actor, path: string): Promise<string> {
  const report = await verifyPackage(path, deps.checkpointSigner.verifierKey, { unsigned: true })
  const { manifest } = report
  if (manifest?.madeFrom !== 'bucket')
    throw new AppError('invalid_request', `${path} is no export that was made from the object store alone.`)
  if (manifest.log.verifierKey !== deps.checkpointSigner.verifierKey)
    throw new AppError('invalid_request', `${path} is an export of another log: ${manifest.log.verifierKey}.`)
  const [size, sha256] = [(await stat(path)).size, await hashFile(path)]
  const kept = packagePath(deps.config, manifest.exportId)
  await mkdir(dirname(kept), { recursive: true, mode: 0o700 })
  const aside = `${kept}.entered.partial`
  try {
    await copyFile(path, aside)
    await syncFile(aside)
    await inTransaction(deps.db, async (tx) => {
      await refuseTwice(tx, manifest.exportId)
      await refuseUnknownLog(tx, manifest)
      if ((await readScope(tx, actor, 'export.create')) !== 'everything')
        throw new AppError(
          'forbidden',
          'Such an export may hold the records of the whole firm: an auditor of the firm must enter it.',
        )
      await record(tx, actor, { report, manifest, at: deps.clock.now(), size, sha256 })
      await rename(aside, kept)
    })
  } finally {
    await rm(aside, { force: true })
  }
  return manifest.exportId
}

interface Entered {
  readonly report: PackageReport
  readonly manifest: Manifest
  readonly at: string
  readonly size: number
  readonly sha256: string
}

/** The request, its row and the end of the export, as if it had been made here; each record says that it was not. */
async function record(tx: Tx, actor: Actor, entered: Entered): Promise<void> {
  const { manifest, at, size, sha256 } = entered
  const { exportId, filter, counts } = manifest
  const requestRecordId = await recordRequest(tx, actor, entered)
  await insertExport(tx, {
    exportId,
    requestedBy: actor.userId,
    requestedAt: manifest.requestedAt,
    keepUntil: endOf(undefined, at),
    requestRecordId,
    units: filter.units,
    wholeLog: true,
    ...askedIn(manifest),
  })
  const manifestSha256 = entered.report.manifestSha256!
  const bodyMonths = await findBodyMonths(tx, manifest)
  await completeExport(tx, exportId, at, { size, sha256, manifestSha256, recordCount: counts.delivered, bodyMonths })
  await recordCompletion(tx, actor, entered)
}

async function recordRequest(tx: Tx, actor: Actor, { manifest, at }: Entered): Promise<string> {
  const { exportId, filter, reason, recipient } = manifest
  const made = madeIn(manifest)
  return appendRecord(tx, actor, {
    type: 'export.requested',
    at,
    streams: { export: exportId, user: actor.userId, unit: actor.unitId },
    body: { exportId, ...askedIn(manifest), units: filter.units, ...made },
    searchText: [reason, recipient, made.saidToBe].filter((text) => text !== null).join('\n'),
  })
}

async function recordCompletion(tx: Tx, actor: Actor, { report, manifest, at, size, sha256 }: Entered): Promise<void> {
  const { exportId, filter, log, counts } = manifest
  await appendRecord(tx, actor, {
    type: 'export.completed',
    at,
    streams: { export: exportId, user: actor.userId, unit: actor.unitId },
    body: {
      exportId,
      size,
      sha256,
      manifestSha256: report.manifestSha256!,
      log,
      filter: { ...filter, actor: filter.actor ?? null },
      counts,
      ...madeIn(manifest),
      verified: report.ok,
      signed: report.signed,
      problems: report.problems.slice(0, 10).map(({ sentence }) => sentence),
    },
  })
}

function askedIn({ reason, recipient, timeZone, query }: Manifest) {
  return { reason, recipient, timeZone, query, formats: ['jsonl'] }
}

function madeIn({ startedAt, requestedBy }: Manifest) {
  return { madeFrom: 'bucket', madeAt: startedAt, saidToBe: requestedBy.displayName }
}

async function refuseTwice(tx: Tx, exportId: string): Promise<void> {
  if ((await lockExport(tx, exportId)) !== undefined)
    throw new AppError('conflict', `The export ${exportId} is entered already.`)
}

/** When its bodies go is known only where its log is: a database that was restored from an older state has to be rebuilt first. */
async function refuseUnknownLog(tx: Tx, { log: { size, rootHash } }: Manifest): Promise<void> {
  const note = await findSealNote(tx, size)
  if (note !== undefined && toHex(parseCheckpoint(parseNote(note).text).root) === rootHash) return
  throw new AppError(
    'conflict',
    `The database does not hold the log of ${size} entries that this export proves. Run "archive rebuild" first, then enter it.`,
  )
}

async function hashFile(path: string): Promise<string> {
  const whole = createHash('sha256')
  for await (const chunk of createReadStream(path)) whole.update(chunk as Buffer)
  return whole.digest('hex')
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
