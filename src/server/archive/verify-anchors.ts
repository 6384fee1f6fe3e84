import { sql } from 'kysely'
import { copyName, type Anchors, type TimestampAuthority } from '#server/platform/anchors.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { equalBytes, fromUtf8 } from '#shared/tlog/bytes.ts'
import { openCosignature, parseWitnessKey } from '#shared/tlog/cosignature.ts'
import { readAnchor, readAnchors } from './anchor-queries.ts'
import {
  checkpointFolder,
  checkpointKey,
  checkpointSize,
  cosignatureFolder,
  timestampFolder,
  timestampKey,
  timestampSize,
} from './object-keys.ts'
import { problem, type Problem } from './problem.ts'

type AnchorDeps = Pick<Deps, 'db' | 'objectStore' | 'anchors'>

/**
 * Compares the log with what outside parties saw of it: the second bucket's copy, timestamps, cosignatures. Whoever has
 * the key, the database and the first bucket can rebuild a log that agrees with itself, but not with them. `recent` looks
 * at the newest of each, `full` at all. Throws `ObjectStoreError` when the first bucket cannot be read.
 */
export async function verifyAnchors(deps: AnchorDeps, scope: 'recent' | 'full'): Promise<Problem[]> {
  const { store, timestamp, witnesses = [] } = deps.anchors ?? {}
  return [
    ...(store === undefined ? [] : await verifyCopy(deps, store, scope)),
    ...(scope === 'full' || timestamp !== undefined ? await verifyTimestamps(deps, timestamp, scope) : []),
    ...(await verifyCosignatures(deps.db, witnesses, scope)),
    ...(scope === 'full' ? await findLostCosignatures(deps) : []),
  ]
}

async function verifyCopy(deps: AnchorDeps, second: ObjectStore, scope: 'recent' | 'full'): Promise<Problem[]> {
  const copied = (await readAnchor(deps.db, copyName))?.treeSize ?? 0
  const problems: Problem[] = []
  let newest = 0
  for await (const { key, deleteMarker } of second.list(scope === 'full' ? 'checkpoint/' : newestFolder(copied))) {
    const size = deleteMarker ? undefined : checkpointSize(key)
    if (size === undefined) continue
    newest = Math.max(newest, size)
    if (scope === 'full' || size >= copied) problems.push(...(await compareCheckpoint(deps.objectStore, second, size)))
  }
  if (newest < copied)
    problems.push(
      problem(
        'copy_lost',
        `The second bucket was given a checkpoint of ${copied} entries and holds only ${newest}: it lost objects, or is another bucket.`,
        newest,
      ),
    )
  if (scope === 'full') {
    problems.push(...(await compareLog(deps.objectStore, second)))
    if (newest > 0) problems.push(...(await findLostCopies(deps.db, second, copied)))
  }
  return problems
}

/** Of the newest checkpoints only the folder of their million is listed. */
function newestFolder(size: number): string {
  return checkpointFolder(Math.floor(size / 1e6))
}

async function compareCheckpoint(first: ObjectStore, second: ObjectStore, size: number): Promise<Problem[]> {
  const key = checkpointKey(size)
  const [ours, theirs] = await Promise.all([first.get(key), second.get(key)])
  if (ours === undefined)
    return [
      problem(
        'copy_ahead',
        `The second bucket holds a checkpoint of ${size} entries that the first does not: the first was rolled back or lost it.`,
        size - 1,
      ),
    ]
  if (theirs !== undefined && equalBytes(ours, theirs)) return []
  return [
    problem('forked', `The two buckets hold different checkpoints of ${size} entries: the log was forked.`, size - 1),
  ]
}

/** Entries and tiles: what the second bucket holds must be what the first holds, by the buckets' own hashes. */
async function compareLog(first: ObjectStore, second: ObjectStore): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const prefix of ['entries/', 'tile/']) {
    let last = ''
    for await (const { key, deleteMarker } of second.list(prefix)) {
      if (deleteMarker || key === last) continue
      last = key
      const [ours, theirs] = await Promise.all([first.head(key), second.head(key)])
      if (ours?.sha256 === theirs?.sha256) continue
      const what = ours === undefined ? 'is missing from the first bucket' : 'differs between the two buckets'
      problems.push(problem('copy_differs', `"${key}" ${what}.`))
    }
  }
  return problems
}

/** What was copied and is not there any more. Both lists are walked side by side, so that memory stays flat. */
async function findLostCopies(db: Db, second: ObjectStore, copied: number): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const prefix of ['checkpoint/', 'entries/', 'tile/']) {
    const there = second.list(prefix)[Symbol.asyncIterator]()
    let next = await there.next()
    for await (const key of readCopied(db, prefix, copied)) {
      while (next.done !== true && (next.value.key < key || next.value.deleteMarker)) next = await there.next()
      if (next.done === true || next.value.key !== key)
        problems.push(problem('copy_lost', `"${key}" is missing from the second bucket.`))
    }
    await there.return?.()
  }
  return problems
}

const pageSize = 1_000

/** The log's objects up to a size, in key order. */
async function* readCopied(db: Db, prefix: string, copied: number): AsyncIterable<string> {
  for (let after = prefix; ;) {
    const { rows } = await sql<{ key: string }>`
      select key from archive.object
        where key collate "C" > ${after} and starts_with(key, ${prefix}) and tree_size <= ${copied}
        order by key collate "C" limit ${pageSize}`.execute(db)
    yield* rows.map(({ key }) => key)
    if (rows.length < pageSize) return
    after = rows.at(-1)!.key
  }
}

async function verifyTimestamps(
  deps: AnchorDeps,
  authority: TimestampAuthority | undefined,
  scope: 'recent' | 'full',
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const size of await timestampSizes(deps, scope)) {
    const [answer, note] = await Promise.all([
      deps.objectStore.get(timestampKey(size)),
      deps.objectStore.get(checkpointKey(size)),
    ])
    if (answer === undefined || note === undefined) {
      const what = answer === undefined ? 'The timestamp' : 'The checkpoint below the timestamp'
      problems.push(problem('timestamp_lost', `${what} of ${size} entries is missing from the object store.`, size - 1))
      continue
    }
    try {
      const { openTimestamp } = await import('./timestamp-token.ts')
      // Without a configured authority the tokens are still held to the checkpoints, not to a certificate.
      await openTimestamp(answer, note, { certificates: authority?.certificates })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      problems.push(
        problem(
          'bad_timestamp',
          `The timestamp of the checkpoint of ${size} entries does not hold: ${error.message}`,
          size - 1,
        ),
      )
    }
  }
  return problems
}

/** Sizes that were stamped, by the bucket's and the database's word. */
async function timestampSizes(deps: AnchorDeps, scope: 'recent' | 'full'): Promise<number[]> {
  const known = await readAnchors(deps.db, 'timestamp', Number.MAX_SAFE_INTEGER, scope === 'full' ? 1_000_000 : 1)
  const sizes = new Set(known.map((row) => row.treeSize))
  if (scope === 'full')
    for await (const { key, deleteMarker } of deps.objectStore.list(timestampFolder)) {
      const size = deleteMarker ? undefined : timestampSize(key)
      if (size !== undefined) sizes.add(size)
    }
  return [...sizes].toSorted((one, other) => one - other)
}

/** Cosignatures kept in the database: each must hold for the checkpoint that it is kept with. */
async function verifyCosignatures(
  db: Db,
  witnesses: Anchors['witnesses'],
  scope: 'recent' | 'full',
): Promise<Problem[]> {
  const keys = new Map(
    witnesses.map(({ verifierKey }) => [parseWitnessKey(verifierKey).name, parseWitnessKey(verifierKey)]),
  )
  const problems: Problem[] = []
  let below = Number.MAX_SAFE_INTEGER
  for (;;) {
    const rows = await readAnchors(db, 'witness', below, 1_000)
    for (const { name, treeSize, note, evidence } of rows) {
      const key = keys.get(name)
      // A witness that is no longer configured has no key here to check with.
      if (key === undefined || evidence === null) continue
      if ((await openIf(`${note}${fromUtf8(evidence)}`, key)) !== undefined) continue
      problems.push(
        problem(
          'bad_cosignature',
          `The cosignature of ${name} is not one of the checkpoint of ${treeSize} entries: that checkpoint was replaced.`,
          treeSize - 1,
        ),
      )
    }
    if (scope === 'recent' || rows.length < 1_000) return problems
    below = rows.at(-1)!.treeSize
  }
}

/** Signatures that were put into the bucket and are not there, or not as long as they were. */
async function findLostCosignatures({ db, objectStore }: AnchorDeps): Promise<Problem[]> {
  const stored = new Map<string, number>()
  for await (const { key, size, deleteMarker } of objectStore.list(cosignatureFolder))
    if (!deleteMarker && !stored.has(key)) stored.set(key, size)
  const { rows } = await sql<{ key: string; size: number; treeSize: number }>`
    select key, size, tree_size as "treeSize" from archive.object where kind = 'cosignature' order by key`.execute(db)
  return rows.flatMap(({ key, size, treeSize }) => {
    if (stored.get(key) === size) return []
    const sentence = stored.has(key) ? `"${key}" is not what was sealed.` : `"${key}" is missing from the object store.`
    return [problem('cosignature_lost', sentence, treeSize - 1)]
  })
}

async function openIf(note: string, key: Parameters<typeof openCosignature>[1]) {
  try {
    return await openCosignature(note, key)
  } catch {
    return undefined
  }
}
