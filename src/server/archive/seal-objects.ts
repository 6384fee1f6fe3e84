import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { bodiesKey, checkpointKey, entriesKey, tileKey } from './object-keys.ts'
import {
  readCompletedTiles,
  readRetentionYears,
  readSealRows,
  type Seal,
  type SealedObject,
  type SealRow,
} from './seal-queries.ts'
import { formatBodyLine } from './sealed-body.ts'

/** What one seal puts into the bucket. */
export interface SealObject {
  readonly key: string
  readonly bytes: Uint8Array
  readonly retainUntil: Instant
  readonly kind: SealedObject['kind']
}

/** For what is never destroyed: object stores want a date, and Ceph's counts seconds in 32 bits, which end in February 2106. */
export const neverEnds: Instant = '2105-12-31T00:00:00.000Z'

/**
 * The objects of a seal in the order in which they are put: bodies and entries, complete tiles, and the checkpoint last,
 * so that a checkpoint in the bucket promises everything before it. The same seal gives the same lines at every attempt.
 * `known` are the seal's rows where the caller still has them from numbering.
 */
export async function makeSealObjects(
  db: Db,
  seal: Seal,
  known?: readonly SealRow[],
): Promise<{ first: SealObject[]; last: SealObject }> {
  const rows = known ?? (await readSealRows(db, seal.firstIndex, seal.treeSize))
  if (rows.length !== seal.treeSize - seal.firstIndex) {
    throw new Error(`Entries ${seal.firstIndex} to ${seal.treeSize} are not all in the database.`)
  }
  const logUntil = logRetainUntil(await readRetentionYears(db), seal.plannedAt)
  const entries: SealObject = {
    key: entriesKey(seal.firstIndex, seal.treeSize),
    bytes: compressLines(rows.map((row) => row.entry)),
    retainUntil: logUntil,
    kind: 'entries',
  }
  const tiles = (await readCompletedTiles(db, seal.firstIndex, seal.treeSize)).map((tile): SealObject => ({
    key: tileKey(tile.level, tile.index),
    bytes: tile.hashes,
    retainUntil: logUntil,
    kind: 'tile',
  }))
  const last: SealObject = {
    key: checkpointKey(seal.treeSize),
    bytes: utf8(seal.note),
    retainUntil: logUntil,
    kind: 'checkpoint',
  }
  return { first: [...makeBodies(rows, seal), entries, ...tiles], last }
}

/** What expires together lies together: one file a retention class and month. */
function makeBodies(rows: readonly SealRow[], seal: Seal): SealObject[] {
  const groups = Map.groupBy(rows, (row) => `${row.retentionClass} ${row.disposeMonth}`)
  return [...groups.values()].map((group) => {
    const { retentionClass, disposeMonth } = group[0]!
    return {
      key: bodiesKey(retentionClass, disposeMonth, seal.treeSize),
      bytes: compressLines(group.flatMap(bodyLine)),
      retainUntil: bodyRetainUntil(disposeMonth),
      kind: 'bodies',
    }
  })
}

function bodyLine(row: SealRow): string[] {
  // A body that is gone before its first seal is tampering: the log still gets its header, and verification names it.
  if (row.salt === null || row.body === null) return []
  return [formatBodyLine({ index: row.index, id: row.recordId, salt: row.salt, body: row.body })]
}

function compressLines(lines: readonly string[]): Uint8Array {
  // A large chunk spares the compressor's output many small buffers; the bytes are the same.
  return zstdCompressSync(utf8(lines.map((line) => `${line}\n`).join('')), { chunkSize: 2 ** 18 })
}

function bodyRetainUntil(disposeMonth: string): Instant {
  return disposeMonth === '9999-12' ? neverEnds : `${disposeMonth}-01T00:00:00.000Z`
}

/** The log proves every record: it stays as long as the longest class. */
function logRetainUntil(years: ReadonlyMap<string, number | undefined>, plannedAt: Instant): Instant {
  const terms = [...years.values()]
  if (terms.includes(undefined)) return neverEnds
  const until = new Date(plannedAt)
  until.setUTCFullYear(until.getUTCFullYear() + Math.max(...terms.map((term) => term ?? 0)) + 1)
  return until.toISOString()
}

/** Puts what a seal consists of, the checkpoint only when everything else is locked and read back. */
export async function putSealObjects(
  store: ObjectStore,
  objects: { first: readonly SealObject[]; last: SealObject },
): Promise<SealedObject[]> {
  const stored: SealedObject[] = []
  // Tiles and bodies do not depend on one another; a handful at a time keeps a far bucket busy and memory bounded.
  for (let at = 0; at < objects.first.length; at += 8) {
    stored.push(...(await Promise.all(objects.first.slice(at, at + 8).map((object) => putObject(store, object)))))
  }
  stored.push(await putObject(store, objects.last))
  return stored
}

async function putObject(store: ObjectStore, object: SealObject): Promise<SealedObject> {
  const stored = await store.put(object.key, object.bytes, object.retainUntil).catch(async (error: unknown) => {
    const there = isPacked(object) ? await store.get(object.key) : undefined
    if (there === undefined || !holdsTheSame(there, object.bytes)) throw error
    return store.put(object.key, there, object.retainUntil)
  })
  return { ...stored, kind: object.kind }
}

function isPacked({ kind }: SealObject): boolean {
  return kind === 'bodies' || kind === 'entries'
}

/**
 * Do both pack the same lines? A seal that one process began may be finished by the next one under another release of the
 * compressor, whose bytes are others: what is locked already serves as well.
 */
function holdsTheSame(there: Uint8Array, bytes: Uint8Array): boolean {
  const lines = zstdDecompressSync(bytes)
  try {
    return zstdDecompressSync(there, { maxOutputLength: lines.length + 1 }).equals(lines)
  } catch {
    return false
  }
}
