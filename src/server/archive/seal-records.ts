import { sql } from 'kysely'
import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { fromHex, utf8 } from '#shared/tlog/bytes.ts'
import { formatCheckpoint } from '#shared/tlog/checkpoint.ts'
import type { Frontier } from '#shared/tlog/frontier.ts'
import { formatSignature, parseVerifierKey } from '#shared/tlog/note.ts'
import { appendRecord } from './append-record.ts'
import { checkBucket, compareLastSeal, type Refusal } from './check-bucket.ts'
import { indexRecords } from './index-records.ts'
import { integrateRecords } from './integrate-records.ts'
import {
  ensureLog,
  insertCheckpoint,
  insertSeal,
  readCandidate,
  readPending,
  readSealed,
  readUnfinishedSeal,
  type Seal,
  type SealRow,
} from './seal-queries.ts'
import { makeSealObjects, putSealObjects } from './seal-objects.ts'

type SealerDeps = Pick<Deps, 'db' | 'clock' | 'objectStore' | 'checkpointSigner'>

/** What one call did. */
export interface SealResult {
  /** `elsewhere`: another node holds the lock. `refused`: bucket and database disagree, `refusal` says how. */
  readonly state: 'sealed' | 'idle' | 'waiting' | 'elsewhere' | 'unreachable' | 'refused'
  readonly integrated: number
  readonly treeSize: number
  readonly sealedSize: number
  readonly refusal?: Refusal
  readonly cause?: unknown
}

export interface SealOptions {
  /** Write to the bucket whatever is pending, without waiting for company. */
  readonly force?: boolean
  /** False: somebody else calls `indexRecords`, beside the sealing and not after it. */
  readonly index?: boolean
}

/** Thrown where a seal would be put upon a bucket that is no longer the one of the seal before. */
class BucketExchanged extends Error {
  override readonly name = 'BucketExchanged'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.sentence)
    this.refusal = refusal
  }
}

/** What a sealing process remembers. All of it is checked against the database or made anew. */
interface Memory {
  frontier: Frontier | undefined
  /** What was numbered here and is not sealed yet, in log order without a gap; a seal of anything else reads the database. */
  rows: readonly SealRow[]
  bucketChecked: boolean
  awaited: boolean
  readonly reported: Set<string>
}

const memories = new WeakMap<Db, Memory>()
// Any two fixed numbers: they name the sealer among the advisory locks of one database.
const lockSpace = 4_716_021
const lockNumber = 2
/** Entries that one seal holds at most, unless one round of numbering was larger. */
const sealReach = 20_000
/** Without anybody waiting: this many entries, or this long after the oldest. */
const restEntries = 256
const restMilliseconds = 60_000

/**
 * Numbers what was committed, and writes it to the bucket when somebody waits, when 256 entries are together or after
 * 60 s. One node at a time, by advisory lock. A crash at any instruction is repaired by the next call, which does
 * the same things: a seal that was decided is written again, line for line. Never throws for the bucket's sake.
 */
export async function sealOnce(deps: SealerDeps, options: SealOptions = {}): Promise<SealResult> {
  return deps.db.connection().execute(async (connection) => {
    if (!(await tryLock(connection))) return { state: 'elsewhere', integrated: 0, ...(await readSizes(deps.db)) }
    try {
      const result = await sealLocked(deps, connection, options)
      if (options.index !== false) await indexRecords(connection)
      return result
    } finally {
      await sql`select pg_advisory_unlock(${lockSpace}, ${lockNumber})`.execute(connection)
    }
  })
}

async function tryLock(connection: Db): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(${lockSpace}, ${lockNumber}) as locked`.execute(connection)
  return rows[0]!.locked
}

async function sealLocked(deps: SealerDeps, connection: Db, options: SealOptions): Promise<SealResult> {
  const memory = memoryOf(deps.db)
  let integrated = 0
  try {
    const refusal = await checkOnce(deps, connection, memory)
    if (refusal !== undefined) return await refuse(deps, memory, refusal)
    integrated = await integrateAll(deps, connection, memory)
    const wrote = await sealAll(deps, connection, memory, options)
    const sizes = await readSizes(connection)
    const state = sizes.sealedSize < sizes.treeSize ? 'waiting' : wrote ? 'sealed' : 'idle'
    return { state, integrated, ...sizes }
  } catch (cause) {
    if (cause instanceof BucketExchanged) {
      memory.bucketChecked = false
      return await refuse(deps, memory, cause.refusal)
    }
    if (!(cause instanceof ObjectStoreError)) throw cause
    if (cause.retryable) return { state: 'unreachable', integrated, ...(await readSizes(connection)), cause }
    memory.bucketChecked = false
    return await refuse(
      deps,
      memory,
      { kind: 'bucket_differs', sentence: `The object store refused a seal: ${cause.message}` },
      cause,
    )
  }
}

function memoryOf(db: Db): Memory {
  const known = memories.get(db)
  if (known !== undefined) return known
  const fresh: Memory = { frontier: undefined, rows: [], bucketChecked: false, awaited: true, reported: new Set() }
  memories.set(db, fresh)
  return fresh
}

/** The bucket is read before anything is numbered: until it answered once, records are only accepted. */
async function checkOnce(deps: SealerDeps, connection: Db, memory: Memory): Promise<Refusal | undefined> {
  if (memory.bucketChecked) return undefined
  const { name, verifierKey } = deps.checkpointSigner
  const log = await ensureLog(connection, name, verifierKey)
  if (log.origin !== name || log.verifierKey !== verifierKey) {
    return {
      kind: 'bucket_differs',
      sentence:
        log.origin === name
          ? `This database belongs to the log "${log.origin}" under another key than the one configured.`
          : `This database belongs to the log "${log.origin}", and the log is called "${name}" here. Set GATEWAY_ORIGIN to the name that the records carry.`,
    }
  }
  const refusal = await checkBucket(connection, deps.objectStore)
  memory.bucketChecked = refusal === undefined
  return refusal
}

async function integrateAll(deps: SealerDeps, connection: Db, memory: Memory): Promise<number> {
  let count = 0
  for (;;) {
    const round = await integrateRecords(connection, memory.frontier, deps.clock.now())
    memory.frontier = round.frontier
    keepRows(memory, round.rows)
    count += round.count
    for (const index of round.mismatched) {
      await report(deps, memory, 'body_mismatch', `The body of entry ${index} was changed before it was first sealed.`)
    }
    if (!round.more) return count
  }
}

/** Keeps what the next seal needs, as far as it follows what is kept and as many as one seal takes. */
function keepRows(memory: Memory, rows: readonly SealRow[]): void {
  const [first] = rows
  if (first === undefined) return
  const follows = memory.rows.at(-1)?.index === first.index - 1
  const kept = follows ? [...memory.rows, ...rows] : rows
  memory.rows = kept.length <= sealReach ? kept : []
}

/** The rows of a seal, if all of them are kept. */
function keptRows(memory: Memory, seal: Seal): readonly SealRow[] | undefined {
  const start = seal.firstIndex - (memory.rows[0]?.index ?? Infinity)
  const rows = start < 0 ? [] : memory.rows.slice(start, start + seal.treeSize - seal.firstIndex)
  return rows.length === seal.treeSize - seal.firstIndex ? rows : undefined
}

async function sealAll(deps: SealerDeps, connection: Db, memory: Memory, options: SealOptions): Promise<boolean> {
  let wrote = false
  for (;;) {
    const seal = (await readUnfinishedSeal(connection)) ?? (await decideSeal(deps, connection, options))
    if (seal === undefined) return wrote
    const refusal = await compareLastSeal(connection, deps.objectStore)
    if (refusal !== undefined) throw new BucketExchanged(refusal)
    await writeSeal(deps, connection, seal, keptRows(memory, seal))
    memory.rows = memory.rows.filter((row) => row.index >= seal.treeSize)
    wrote = true
  }
}

/** Fixes the next seal before the bucket is touched; `undefined` when it is better to wait for company. */
async function decideSeal(deps: SealerDeps, connection: Db, options: SealOptions): Promise<Seal | undefined> {
  const sealed = await readSealed(connection)
  const candidate = await readCandidate(connection, sealed.treeSize, sealReach)
  if (candidate === undefined) return undefined
  const now = deps.clock.now()
  if (options.force !== true && !(await isDue(connection, sealed.treeSize, candidate.treeSize, now))) return undefined
  // The time in a checkpoint never goes back, whatever the clock does: it is the time of its newest entry.
  const plannedAt = candidate.integratedAt
  const { name, verifierKey } = deps.checkpointSigner
  const text = formatCheckpoint({
    origin: name,
    size: candidate.treeSize,
    root: fromHex(candidate.rootHash),
    at: plannedAt,
  })
  const signature = await deps.checkpointSigner.sign(utf8(text))
  const note = `${text}\n${formatSignature(name, parseVerifierKey(verifierKey).publicKey, signature)}`
  const seal = { treeSize: candidate.treeSize, firstIndex: sealed.treeSize, plannedAt, note }
  await insertSeal(connection, seal)
  return seal
}

async function isDue(connection: Db, sealedSize: number, treeSize: number, now: Instant): Promise<boolean> {
  if (treeSize - sealedSize >= restEntries) return true
  const pending = await readPending(connection, sealedSize)
  if (pending === undefined) return false
  // A record from a time to come was written before the clock was set back: it does not wait until then.
  return pending.awaited || Math.abs(Date.parse(now) - Date.parse(pending.oldestAt)) >= restMilliseconds
}

async function writeSeal(
  deps: SealerDeps,
  connection: Db,
  seal: Seal,
  rows: readonly SealRow[] | undefined,
): Promise<void> {
  const objects = await putSealObjects(deps.objectStore, await makeSealObjects(connection, seal, rows))
  await inTransaction(connection, (tx) => insertCheckpoint(tx, seal, objects, deps.clock.now()))
}

async function refuse(deps: SealerDeps, memory: Memory, refusal: Refusal, cause?: unknown): Promise<SealResult> {
  await report(deps, memory, refusal.kind, refusal.sentence)
  return { state: 'refused', integrated: 0, ...(await readSizes(deps.db)), refusal, cause }
}

/** An incident is a record; the same sentence is written once a process. */
async function report(deps: SealerDeps, memory: Memory, kind: string, sentence: string): Promise<void> {
  if (memory.reported.has(sentence)) return
  memory.reported.add(sentence)
  const at = deps.clock.now()
  await inTransaction(deps.db, (tx) =>
    appendRecord(tx, systemActor, {
      type: 'archive.incident',
      at,
      streams: {},
      body: { kind, sentence },
      searchText: sentence,
      language: 'en',
    }),
  )
}

async function readSizes(db: Db): Promise<{ treeSize: number; sealedSize: number }> {
  const { rows } = await sql<{ treeSize: number; sealedSize: number }>`
    select coalesce((select max(tree_size) from archive.integration), 0) as "treeSize",
      coalesce((select max(tree_size) from archive.checkpoint), 0) as "sealedSize"`.execute(db)
  return rows[0]!
}
