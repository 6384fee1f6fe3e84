import { zstdDecompressSync } from 'node:zlib'
import type { Instant } from '#server/platform/clock.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { equalBytes, fromUtf8 } from '#shared/tlog/bytes.ts'
import type { Checkpoint } from '#shared/tlog/checkpoint.ts'
import {
  copyFrontier,
  emptyFrontier,
  frontierRoot,
  perfectRoot,
  tileWidth,
  type Frontier,
  type FullTile,
} from '#shared/tlog/frontier.ts'
import type { VerifierKey } from '#shared/tlog/note.ts'
import { splitHashes, tilePath, type TileReader } from '#shared/tlog/tiles.ts'
import { advance } from './advance-walk.ts'
import { listBucket, type BucketSeal, type Source } from './bucket-listing.ts'
import { tileKey } from './object-keys.ts'
import type { Problem } from './problem.ts'
import { readSeals, type ReadSeal } from './read-seals.ts'
import { summariseSeal, type SealBytes } from './summarise-seal.ts'
import type { Summariser } from './summarise-seals.ts'
import { readCheckpoint, readSealedEntries, walkSeal, type SealedEntry, type Walk } from './verify-seal.ts'

/** A seal whose entries were walked; `firstAt` is when its first entry was numbered, '' where that could not be read. */
export interface WalkedSeal extends BucketSeal {
  readonly firstAt: string
}

/** The log as the bucket alone proves it, up to the newest checkpoint that holds. */
export interface BucketLog {
  readonly source: Source
  /** Seals up to `size`, in log order. */
  readonly seals: readonly WalkedSeal[]
  /** Entries that the newest believable checkpoint proves; 0 when none does. */
  readonly size: number
  /** Entries of the newest checkpoint that the bucket lists, believable or not. */
  readonly listedSize: number
  /** The signed note of `size`. */
  readonly note: string
  readonly checkpoint: Checkpoint | undefined
  readonly readTile: TileReader
  /** Stretches whose entries cannot be read or are not those that were sealed. */
  readonly damaged: readonly { readonly firstIndex: number; readonly treeSize: number }[]
  /** Log indexes of the records that say what became of retention (destroyed months, lengthened classes), as far as a checkpoint proves them. */
  readonly retentionRecords: readonly number[]
  /** Further such records may be among entries that cannot be read, numbered up to this instant; '' where all could be. */
  readonly retentionUnreadUntil: Instant
  /** Everything that is not as it should be, also where it hinders nothing. */
  readonly problems: readonly Problem[]
}

/**
 * Walks everything in the bucket by its listing, with nothing but the public key: each checkpoint's signature, each entry's
 * place in the tree, each root. A damaged file is named; where later tiles and a checkpoint allow it, the walk goes on
 * behind it. Memory: the tiles above the lowest (an eighth of a byte an entry) and one line a seal. Throws
 * `ObjectStoreError` when the bucket cannot be read.
 */
export async function readBucketLog(store: ObjectStore, key: VerifierKey): Promise<BucketLog> {
  const source = await listBucket(store)
  const walk = new BucketWalk(source, key)
  for await (const go of readSeals({ ...source, bodyKeys: new Map() }, walk.summariser))
    for (const read of go) await walk.take(read)
  return walk.end()
}

/** The index of the first entry that was numbered at an instant or later; the log's size when none was. */
export async function firstIndexAt(log: BucketLog, at: Instant): Promise<number> {
  // `firstAt` never decreases: the entry lies in the last seal that begins before the instant, or begins the next one.
  const seal = log.seals.findLast(({ firstAt }) => firstAt !== '' && firstAt < at)
  if (seal === undefined) return 0
  const entries = await readSealedEntries(log.source.read, seal)
  return entries.find(({ sealedAt }) => sealedAt >= at)?.index ?? seal.treeSize
}

const retentionTypes = ['record.disposed', 'retention.extended']
const marks = retentionTypes.map((type) => Buffer.from(`"type":"${type}"`))
/** Later than every time. */
const endOfTime = '9999-12-31T23:59:59.999Z'

class BucketWalk {
  readonly #source: Source
  readonly #key: VerifierKey
  readonly #walk: Walk
  readonly #seals: WalkedSeal[] = []
  readonly #tiles = new Map<string, Uint8Array>()
  readonly #retentionRecords: number[] = []
  /** The same in seals that were recomputed, by their sizes, and in those that no checkpoint has proven yet. */
  readonly #marked = new Map<number, readonly number[]>()
  #unproven: number[] = []
  #unreadUntil = ''
  readonly #damaged: BucketSeal[] = []
  /** Where the last damage ends, while the walk is behind it without footing. */
  #damagedUntil: number | undefined
  /** Stretches from damage to footing: their entries are nobody's word, also where they can be read. */
  readonly #unwalked: { readonly first: number; end: number }[] = []
  #proven: { readonly note: string; readonly checkpoint: Checkpoint; readonly frontier: Frontier } | undefined

  constructor(source: Source, key: VerifierKey) {
    this.#source = source
    this.#key = key
    this.#walk = {
      frontier: emptyFrontier(),
      lastAt: '',
      lastCheckpointAt: '',
      sequences: new Map(),
      problems: [...source.problems],
    }
  }

  readonly summariser: Summariser = {
    lanes: 1,
    summarise: async (seals) =>
      seals.map((seal) => {
        this.#marked.set(seal.treeSize, markedIn(seal))
        return summariseSeal(seal)
      }),
    close: async () => {},
  }

  async take(read: ReadSeal): Promise<void> {
    const { seal, note } = read
    const checkpoint = await readCheckpoint(async () => note, seal, this.#key, this.#walk)
    const stands =
      this.#damagedUntil === undefined
        ? await this.#walkOn(read, checkpoint)
        : await this.#bridge(read, checkpoint, this.#damagedUntil)
    this.#marked.delete(seal.treeSize)
    if (!stands || checkpoint === undefined) return
    this.#proven = { note: fromUtf8(note!), checkpoint, frontier: copyFrontier(this.#walk.frontier) }
    this.#retentionRecords.push(...this.#unproven)
    this.#unproven = []
  }

  /** One seal further; false where it is damaged and the next cannot be built upon it. */
  async #walkOn({ seal, summary }: ReadSeal, checkpoint: Checkpoint | undefined): Promise<boolean> {
    const walk = this.#walk
    const tiles = summary === undefined ? undefined : advance(walk, seal, checkpoint, summary)
    const slow = tiles === undefined ? await walkSeal(this.#source.read, seal, checkpoint, walk) : undefined
    if (slow?.whole === false) {
      this.#seals.push({ ...seal, firstAt: '' })
      this.#damagedUntil = seal.treeSize
      this.#damaged.push(seal)
      this.#unwalked.push({ first: seal.firstIndex, end: Infinity })
      this.#unproven = []
      this.#unreadUntil = endOfTime
      walk.sequences = undefined
      return false
    }
    const firstAt = summary?.firstAt ?? slow?.entries[0]?.sealedAt ?? ''
    this.#seals.push({ ...seal, firstAt })
    this.#keep(tiles ?? slow!.tiles)
    this.#unproven.push(...(slow === undefined ? (this.#marked.get(seal.treeSize) ?? []) : retentionOf(slow.entries)))
    // Entries are numbered in order of time: what could not be read is older than this.
    if (this.#unreadUntil === endOfTime) this.#unreadUntil = firstAt
    return true
  }

  /** Looks for footing behind damage. */
  async #bridge({ seal, summary }: ReadSeal, checkpoint: Checkpoint | undefined, from: number): Promise<boolean> {
    this.#seals.push({ ...seal, firstAt: summary?.firstAt ?? '' })
    const edge = await this.#restoreEdge(seal, checkpoint, from)
    if (edge === undefined) return false
    this.#walk.frontier = edge
    this.#damagedUntil = undefined
    this.#unwalked.at(-1)!.end = seal.treeSize
    return true
  }

  end(): BucketLog {
    const { frontier, checkpoint, note } = this.#proven ?? {
      frontier: emptyFrontier(),
      note: '',
      checkpoint: undefined,
    }
    const size = frontier.size
    const listedSize = this.#source.seals.at(-1)?.treeSize ?? 0
    return {
      source: this.#source,
      seals: this.#seals.filter(({ treeSize }) => treeSize <= size),
      size,
      listedSize,
      note,
      checkpoint,
      readTile: async ({ level, index, width }) => {
        if (level === 0) return this.#leaves(index * tileWidth, width)
        if (width < tileWidth) return Buffer.concat((frontier.edges[level] ?? []).slice(0, width))
        return this.#tiles.get(tilePath({ level, index, width })) ?? this.#storedTile(level, index)
      },
      damaged: this.#damaged,
      retentionRecords: this.#retentionRecords,
      retentionUnreadUntil: size === listedSize ? this.#unreadUntil : endOfTime,
      problems: this.#walk.problems,
    }
  }

  /** Tiles of leaves are as large as the log; what is needed of them is read from the entries again. */
  #keep(tiles: readonly FullTile[]): void {
    for (const { level, index, hashes } of tiles)
      if (level > 0) this.#tiles.set(tilePath({ level, index, width: tileWidth }), hashes)
  }

  /** Leaf hashes from the entries; where those cannot be read or are not proven, from the stored tile. */
  async #leaves(start: number, width: number): Promise<Uint8Array> {
    const isWalked = !this.#unwalked.some(({ first, end }) => first < start + width && end > start)
    if (!isWalked && width === tileWidth) return this.#storedTile(0, start / tileWidth)
    const hashes: Uint8Array[] = []
    for (const seal of this.#source.seals.filter((one) => one.firstIndex < start + width && one.treeSize > start)) {
      const entries = await readSealedEntries(this.#source.read, seal).catch(() => [])
      hashes.push(...entries.filter(({ index }) => index >= start && index < start + width).map(({ leaf }) => leaf))
    }
    if (hashes.length === width || width < tileWidth) return Buffer.concat(hashes)
    return this.#storedTile(0, start / tileWidth)
  }

  async #storedTile(level: number, index: number): Promise<Uint8Array> {
    return (await this.#source.read(tileKey(level, index))) ?? new Uint8Array(0)
  }

  /** The tree's right edge at a checkpoint behind damage, from stored tiles and the entries behind the last of them. */
  async #restoreEdge(
    { treeSize }: BucketSeal,
    checkpoint: Checkpoint | undefined,
    damagedUntil: number,
  ): Promise<Frontier | undefined> {
    if (checkpoint === undefined || treeSize - (treeSize % tileWidth) < damagedUntil) return undefined
    const frontier: Frontier = { size: treeSize, edges: [] }
    for (let level = 0; tileWidth ** level <= treeSize; level++) {
      const nodes = Math.floor(treeSize / tileWidth ** level)
      const start = nodes - (nodes % tileWidth)
      if (level === 0) frontier.edges.push(splitHashes(await this.#leaves(start, nodes - start)))
      else frontier.edges.push(await this.#rootsOf(level - 1, start, nodes))
    }
    const whole = frontier.edges.every(
      (edge, level) => edge.length === Math.floor(treeSize / tileWidth ** level) % tileWidth,
    )
    return whole && equalBytes(frontierRoot(frontier), checkpoint.root) ? frontier : undefined
  }

  async #rootsOf(level: number, start: number, end: number): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = []
    for (let index = start; index < end; index++) {
      const hashes = await this.#storedTile(level, index)
      if (hashes.length === 32 * tileWidth) roots.push(perfectRoot(splitHashes(hashes)))
    }
    return roots
  }
}

function retentionOf(entries: readonly SealedEntry[]): number[] {
  return entries.filter(({ type }) => retentionTypes.includes(type)).map(({ index }) => index)
}

/** The same from the bytes, without parsing what has none. */
function markedIn({ firstIndex, entries }: SealBytes): number[] {
  const bytes = unpackIf(entries)
  if (bytes === undefined || !marks.some((mark) => bytes.includes(mark))) return []
  const lines = bytes.toString('utf8').split('\n')
  return lines.flatMap((line, at) => (marks.some((mark) => line.includes(mark.toString())) ? [firstIndex + at] : []))
}

function unpackIf(packed: Uint8Array): Buffer | undefined {
  try {
    return zstdDecompressSync(packed)
  } catch {
    return undefined // the walk names what does not unpack
  }
}
