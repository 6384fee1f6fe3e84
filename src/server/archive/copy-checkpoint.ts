import { hash } from 'node:crypto'
import { sql } from 'kysely'
import { copyName } from '#server/platform/anchors.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { insertAnchor, readAnchor } from './anchor-queries.ts'
import { AnchorError } from './anchor-error.ts'

interface Sealed {
  readonly key: string
  readonly versionId: string
  readonly sha256: string
  readonly retainUntil: Instant
}

/**
 * Copies what was sealed since the last copy into a bucket in other hands: entries and tiles, then the checkpoint, seal
 * by seal, so that a checkpoint there promises the log below it too. Bodies stay: no content leaves the first bucket.
 * A second bucket that holds another checkpoint of one size refuses ours, which shows the fork.
 */
export async function copyCheckpoint(
  deps: Pick<Deps, 'db' | 'clock' | 'objectStore'>,
  second: ObjectStore,
  sealed: { readonly treeSize: number },
): Promise<void> {
  const from = (await readAnchor(deps.db, copyName))?.treeSize ?? 0
  if (from >= sealed.treeSize) return
  await checkSecond(second)
  for (const treeSize of await readSealSizes(deps.db, from, sealed.treeSize)) {
    const objects = await readSealedLog(deps.db, treeSize)
    for (const object of objects) await copyObject(deps.objectStore, second, object)
    const anchoredAt = deps.clock.now()
    await insertAnchor(deps.db, { kind: 'bucket', name: copyName, treeSize, anchoredAt, evidence: null })
  }
}

/** A bucket that cannot be used is the operator's mistake, and contradicts nothing. */
async function checkSecond(second: ObjectStore): Promise<void> {
  try {
    await second.check()
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || error.retryable) throw error
    throw new AnchorError(error.message, { cause: error })
  }
}

async function copyObject(first: ObjectStore, second: ObjectStore, object: Sealed): Promise<void> {
  const bytes = await first.get(object.key, object.versionId)
  if (bytes === undefined)
    throw new AnchorError(`"${object.key}" is missing from the first bucket.`, { isContradiction: true })
  // Looked at before it is locked in the other account for years, where nothing else could ever take its key.
  if (hash('sha256', bytes) !== object.sha256)
    throw new AnchorError(`"${object.key}" is not what was sealed.`, { isContradiction: true })
  await second.put(object.key, bytes, object.retainUntil)
}

async function readSealSizes(db: Db, from: number, to: number): Promise<number[]> {
  const { rows } = await sql<{ size: number }>`
    select tree_size as size from archive.checkpoint where tree_size > ${from} and tree_size <= ${to} order by tree_size`.execute(
    db,
  )
  return rows.map((row) => row.size)
}

/** The log's objects of one seal, the checkpoint last. */
async function readSealedLog(db: Db, treeSize: number): Promise<Sealed[]> {
  const { rows } = await sql<Sealed>`
    select key, version_id as "versionId", sha256, to_char(retain_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "retainUntil"
      from archive.object where tree_size = ${treeSize} and kind in ('entries', 'tile', 'checkpoint')
      order by kind = 'checkpoint', key`.execute(db)
  return rows
}
