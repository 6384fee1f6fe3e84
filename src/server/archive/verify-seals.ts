import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { equalBytes, toHex } from '#shared/tlog/bytes.ts'
import type { Checkpoint } from '#shared/tlog/checkpoint.ts'
import { emptyFrontier } from '#shared/tlog/frontier.ts'
import { parseVerifierKey, type VerifierKey } from '#shared/tlog/note.ts'
import { advance } from './advance-walk.ts'
import { listBucket, listRecent, type BucketSeal, type Source } from './bucket-listing.ts'
import { holdsStretch } from './compare-stretch.ts'
import { restoreFrontier } from './log-queries.ts'
import { bodiesMonth, checkpointKey } from './object-keys.ts'
import { problem, type Problem } from './problem.ts'
import { readSeals, type ReadSeal } from './read-seals.ts'
import type { Stretch } from './stretch-digest.ts'
import { openSummariser } from './summarise-seals.ts'
import { verifyBodies } from './verify-bodies.ts'
import { compareRange, compareWhole, countsAgree, findDisposed, readSealedSize } from './verify-database.ts'
import { compareDirectory, readDirectories, type KnownDirectory } from './verify-directories.ts'
import { compareTiles, readCheckpoint, readSealedEntries, walkSeal, type Walk } from './verify-seal.ts'

type VerifyDeps = Pick<Deps, 'db' | 'objectStore' | 'checkpointSigner'>

export interface Found {
  readonly treeSize: number
  readonly recordsChecked: number
  readonly problems: Problem[]
}

/** Comparisons with the database that run while the next seals are read; each is one connection. */
const comparisons = 2

/**
 * Walks the seals from a size on: the bucket against its signed checkpoints, the database against the bucket. A seal is
 * recomputed in one pass over its bytes; where anything does not agree, it is walked again slowly, entry by entry, to say
 * what. Throws `ObjectStoreError` when the bucket cannot be read.
 */
export async function verifySeals(deps: VerifyDeps, start: number): Promise<Found> {
  // Read before the bucket is: what is sealed while the bucket is read is no reproach to it.
  const sealedBefore = await readSealedSize(deps.db)
  // Meanwhile threads start and Postgres counts.
  const summariser = openSummariser(sealedBefore - start)
  const counting = start === 0 ? countsAgree(deps.db) : Promise.resolve(false)
  counting.catch(() => {}) // met where it is awaited
  try {
    const source = start === 0 ? await listBucket(deps.objectStore) : await listRecent(deps.db, deps.objectStore, start)
    const walk = beginWalk(start, source)
    const treeSize = source.seals.at(-1)?.treeSize ?? start
    const recordsChecked = await new Verification(deps, source, walk).run(start, readSeals(source, summariser))
    const complete = (await counting) && walk.problems.length === 0
    walk.problems.push(...(await compareWhole(deps.db, treeSize, { start, sealedBefore, complete })))
    return { treeSize, recordsChecked, problems: walk.problems }
  } finally {
    await summariser.close()
  }
}

function beginWalk(start: number, source: Source): Walk {
  return {
    frontier: emptyFrontier(),
    lastAt: '',
    lastCheckpointAt: '',
    sequences: start === 0 ? new Map() : undefined,
    problems: [...source.problems],
  }
}

class Verification {
  readonly #deps: VerifyDeps
  readonly #source: Source
  readonly #walk: Walk
  readonly #key: VerifierKey
  readonly #comparing: Promise<Problem[]>[] = []
  #directories: ReadonlyMap<number, KnownDirectory> = new Map()
  /** False once nothing can be built upon what was read. */
  #going = true

  constructor(deps: VerifyDeps, source: Source, walk: Walk) {
    this.#deps = deps
    this.#source = source
    this.#walk = walk
    this.#key = parseVerifierKey(deps.checkpointSigner.verifierKey)
  }

  /** Answers how many entries were checked. */
  async run(start: number, goes: AsyncIterable<readonly ReadSeal[]>): Promise<number> {
    if (start > 0) this.#going = await this.#resume(start)
    this.#directories = await readDirectories(this.#deps.db)
    let checked = 0
    for await (const go of goes) {
      const notes = await readNotes(this.#deps.db, go)
      for (const read of go) checked += await this.#take(read, notes.get(read.seal.treeSize))
    }
    await this.#settle(0)
    return checked
  }

  async #take(read: ReadSeal, known: string | undefined): Promise<number> {
    const { seal, note, summary } = read
    const checkpoint = await readCheckpoint(async () => note, seal, this.#key, this.#walk)
    compareNote(seal, note, known, this.#walk)
    if (!this.#going) return 0
    const tiles = summary === undefined ? undefined : advance(this.#walk, seal, checkpoint, summary)
    if (summary === undefined || tiles === undefined) return this.#takeSlowly(seal, checkpoint)
    await compareTiles(this.#source.read, tiles, this.#walk)
    await this.#compareDirectory(seal)
    await this.#judgeMissing(summary.missing)
    const months = this.#monthsOf(seal)
    for (const stretch of summary.stretches) await this.#compare(() => this.#compareStretch(seal, stretch, months))
    return seal.treeSize - seal.firstIndex
  }

  async #takeSlowly(seal: BucketSeal, checkpoint: Checkpoint | undefined): Promise<number> {
    const { entries, whole } = await walkSeal(this.#source.read, seal, checkpoint, this.#walk)
    if (whole) {
      await this.#compareDirectory(seal)
      const keys = this.#source.bodyKeys.get(seal.treeSize) ?? []
      const disposed = (indexes: readonly number[]) => findDisposed(this.#deps.db, indexes)
      this.#walk.problems.push(...(await verifyBodies(this.#source.read, keys, entries, disposed)))
    }
    await this.#compare(() => compareRange(this.#deps.db, entries))
    this.#going = whole || (await this.#jump(seal.treeSize, checkpoint))
    return entries.length
  }

  async #compareDirectory(seal: BucketSeal): Promise<void> {
    const directory = this.#directories.get(seal.treeSize)
    this.#walk.problems.push(...(await compareDirectory(directory, this.#walk.sequences)))
  }

  async #judgeMissing(missing: readonly number[]): Promise<void> {
    if (missing.length === 0) return
    const disposed = await findDisposed(this.#deps.db, missing)
    for (const index of missing) {
      if (!disposed.has(index)) this.#walk.problems.push(bodyMissing(index))
    }
  }

  #monthsOf(seal: BucketSeal): string[] {
    const keys = this.#source.bodyKeys.get(seal.treeSize) ?? []
    return [...new Set(keys.map((key) => bodiesMonth(key)!.month))]
  }

  async #compareStretch(seal: BucketSeal, stretch: Stretch, months: readonly string[]): Promise<Problem[]> {
    if (await holdsStretch(this.#deps.db, stretch, months)) return []
    const entries = await readSealedEntries(this.#source.read, seal)
    const { firstIndex, endIndex } = stretch
    return compareRange(
      this.#deps.db,
      entries.filter(({ index }) => index >= firstIndex && index < endIndex),
    )
  }

  /** Begins a comparison with the database as soon as fewer than `comparisons` are under way. */
  async #compare(begin: () => Promise<Problem[]>): Promise<void> {
    await this.#settle(comparisons - 1)
    const comparing = begin()
    comparing.catch(() => {}) // thrown where it is settled
    this.#comparing.push(comparing)
  }

  async #settle(leave: number): Promise<void> {
    while (this.#comparing.length > leave) this.#walk.problems.push(...(await this.#comparing.shift()!))
  }

  /** Begins in the middle: the database's edge of the tree is believed when it gives the root that the bucket signed. */
  async #resume(start: number): Promise<boolean> {
    const seal = { treeSize: start, firstIndex: start, checkpointKey: checkpointKey(start) }
    return this.#jump(start, await readCheckpoint(this.#source.read, seal, this.#key, this.#walk))
  }

  /** Goes on behind entries that could not be read, so that one damaged file does not hide what comes after it. */
  async #jump(treeSize: number, checkpoint: Checkpoint | undefined): Promise<boolean> {
    if (checkpoint === undefined) return false
    const walk = this.#walk
    try {
      walk.frontier = await restoreFrontier(this.#deps.db, { treeSize, rootHash: toHex(checkpoint.root) })
      walk.sequences = undefined
      return true
    } catch {
      walk.problems.push(
        problem(
          'tree_differs',
          `The database's tree of ${treeSize} entries is not the one that was signed.`,
          treeSize - 1,
        ),
      )
      return false
    }
  }
}

function bodyMissing(index: number): Problem {
  return problem('body_missing', `The body of entry ${index} is missing from the object store.`, index)
}

async function readNotes(db: Db, go: readonly ReadSeal[]): Promise<Map<number, string>> {
  const { rows } = await sql<{ size: number; note: string }>`
    select tree_size as size, note from archive.seal where tree_size = any(${go.map(({ seal }) => seal.treeSize)}::bigint[])`.execute(
    db,
  )
  return new Map(rows.map((row) => [row.size, row.note]))
}

/** One size has one checkpoint: two different ones mean that the log was forked. */
function compareNote(seal: BucketSeal, stored: Uint8Array | undefined, known: string | undefined, walk: Walk): void {
  if (known === undefined) {
    walk.problems.push(
      problem(
        'seal_missing',
        `The database does not know the sealed checkpoint of ${seal.treeSize} entries.`,
        seal.treeSize - 1,
      ),
    )
  } else if (stored !== undefined && !equalBytes(Buffer.from(known), stored)) {
    walk.problems.push(
      problem(
        'forked',
        `Database and object store hold two different checkpoints of ${seal.treeSize} entries.`,
        seal.treeSize - 1,
      ),
    )
  }
}
