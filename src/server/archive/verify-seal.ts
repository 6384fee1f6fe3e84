import { hash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { appendLeaf, frontierRoot, type Frontier, type FullTile } from '#shared/tlog/frontier.ts'
import { equalBytes, fromUtf8 } from '#shared/tlog/bytes.ts'
import { openCheckpoint, type Checkpoint } from '#shared/tlog/checkpoint.ts'
import type { VerifierKey } from '#shared/tlog/note.ts'
import type { BucketSeal } from './bucket-listing.ts'
import { entriesKey, tileKey } from './object-keys.ts'
import { problem, type Problem } from './problem.ts'
import { listedStreams } from './stream-directory.ts'

/** What the bucket says of one entry, cut out of the stored bytes. */
export interface SealedEntry {
  readonly index: number
  readonly leaf: Uint8Array
  readonly sealedAt: string
  readonly id: string
  readonly type: string
  readonly bodyHash: string
  readonly retentionClass: string
  readonly streams: Readonly<Record<string, string>>
  readonly sequence: Readonly<Record<string, number>>
}

/** What a verification carries from seal to seal: constant memory, but for one number a person, unit and profile. */
export interface Walk {
  frontier: Frontier
  lastAt: string
  lastCheckpointAt: string
  /** Next dense number of each stream, `undefined` while the walk did not begin at the log's beginning. */
  sequences: Map<string, number> | undefined
  readonly problems: Problem[]
}

/** Reads the sealed version of a key; `undefined` when the bucket does not hold it. */
export type PinnedRead = (key: string) => Promise<Uint8Array | undefined>

/** The signed checkpoint of a seal; a problem and `undefined` when it cannot be believed. */
export async function readCheckpoint(
  read: PinnedRead,
  seal: BucketSeal,
  key: VerifierKey,
  walk: Walk,
): Promise<Checkpoint | undefined> {
  try {
    const checkpoint = await openCheckpoint(fromUtf8((await read(seal.checkpointKey)) ?? new Uint8Array(0)), key)
    if (checkpoint.size !== seal.treeSize) throw new RangeError(`It speaks of ${checkpoint.size} entries.`)
    if ((checkpoint.at ?? '') < walk.lastCheckpointAt) {
      walk.problems.push(
        problem(
          'time_goes_back',
          `The checkpoint of ${seal.treeSize} entries is dated before the one that it follows.`,
        ),
      )
    }
    walk.lastCheckpointAt = checkpoint.at ?? walk.lastCheckpointAt
    return checkpoint
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    walk.problems.push(
      problem(
        'bad_checkpoint',
        `The checkpoint of ${seal.treeSize} entries in the object store cannot be believed: ${why}`,
      ),
    )
    return undefined
  }
}

/** What a seal says, as far as it can be followed. */
interface WalkedEntries {
  readonly entries: SealedEntry[]
  /** The tiles that they complete. */
  readonly tiles: FullTile[]
  /** Can later seals be built upon them? */
  readonly whole: boolean
}

/**
 * Checks one seal from the bucket's bytes: its entries follow the ones before, give the signed root, and complete the
 * tiles that are stored. Problems go to the walk.
 */
export async function walkSeal(
  read: PinnedRead,
  seal: BucketSeal,
  checkpoint: Checkpoint | undefined,
  walk: Walk,
): Promise<WalkedEntries> {
  const followed = followEntries(await readLines(read, entriesKey(seal.firstIndex, seal.treeSize)), seal, walk)
  if (!followed.whole) return followed
  await compareTiles(read, followed.tiles, walk)
  if (checkpoint === undefined || equalBytes(frontierRoot(walk.frontier), checkpoint.root)) return followed
  walk.problems.push(
    problem(
      'root_differs',
      `The entries ${seal.firstIndex} to ${seal.treeSize - 1} in the object store do not give the signed root of ${seal.treeSize} entries.`,
      seal.firstIndex,
    ),
  )
  return { ...followed, whole: false }
}

/** Puts the entries of a seal to the tree one after another, up to the first that does not follow; as many as there must be. */
function followEntries(lines: readonly Buffer[] | undefined, seal: BucketSeal, walk: Walk): WalkedEntries {
  const { firstIndex, treeSize } = seal
  const key = entriesKey(firstIndex, treeSize)
  const entries: SealedEntry[] = []
  const tiles: FullTile[] = []
  const refuse = (kind: string, sentence: string): WalkedEntries => {
    walk.problems.push(problem(kind, sentence, firstIndex + entries.length))
    return { entries, tiles, whole: false }
  }
  if (lines === undefined)
    return refuse(
      'entries_missing',
      `"${key}" is missing from the object store or cannot be read: entries ${firstIndex} to ${treeSize - 1}.`,
    )
  for (const line of lines) {
    const entry = readEntryLine(line, firstIndex + entries.length, walk)
    if (entry === undefined) return { entries, tiles, whole: false }
    tiles.push(...appendLeaf(walk.frontier, entry.leaf))
    entries.push(entry)
  }
  if (entries.length === treeSize - firstIndex) return { entries, tiles, whole: true }
  return refuse('entries_truncated', `"${key}" holds ${entries.length} entries instead of ${treeSize - firstIndex}.`)
}

/** The entries of a seal that was verified already, to compare them with the database one by one. */
export async function readSealedEntries(read: PinnedRead, seal: BucketSeal): Promise<SealedEntry[]> {
  const lines = (await readLines(read, entriesKey(seal.firstIndex, seal.treeSize))) ?? []
  return lines.map((line, at) => parseEntryLine(line, seal.firstIndex + at))
}

/** The lines of a compressed file; `undefined` when it is not there or not whole. */
export async function readLines(read: PinnedRead, key: string): Promise<Buffer[] | undefined> {
  const bytes = await read(key)
  if (bytes === undefined) return undefined
  try {
    return splitLines(zstdDecompressSync(bytes))
  } catch {
    return undefined
  }
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at)
    if (end === -1) return [...lines, bytes.subarray(at)]
    lines.push(bytes.subarray(at, end))
    at = end + 1
  }
  return lines
}

const leafPrefix = Buffer.of(0)

function readEntryLine(line: Buffer, index: number, walk: Walk): SealedEntry | undefined {
  try {
    const entry = parseEntryLine(line, index)
    if (entry.sealedAt < walk.lastAt) throw new RangeError('It is dated before the entry that it follows.')
    walk.lastAt = entry.sealedAt
    checkSequence(walk, index, entry.streams, entry.sequence)
    return entry
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    walk.problems.push(problem('bad_entry', `Entry ${index} in the object store is not what was sealed: ${why}`, index))
    return undefined
  }
}

function parseEntryLine(line: Buffer, index: number): SealedEntry {
  const { at, h, n, sq } = JSON.parse(line.toString('utf8')) as EntryJson
  if (n !== index) throw new RangeError(`It calls itself ${n}.`)
  return {
    index,
    leaf: hash('sha256', Buffer.concat([leafPrefix, line]), 'buffer'),
    sealedAt: at,
    id: h.id,
    type: h.type,
    bodyHash: h.bodyHash,
    retentionClass: h.retentionClass,
    streams: h.streams,
    sequence: sq,
  }
}

interface EntryJson {
  readonly at: string
  readonly h: { id: string; type: string; bodyHash: string; retentionClass: string; streams: Record<string, string> }
  readonly n: number
  readonly sq: Record<string, number>
}

function checkSequence(
  walk: Walk,
  index: number,
  streams: Record<string, string>,
  sequence: Record<string, number>,
): void {
  if (walk.sequences === undefined) return
  for (const kind of listedStreams) {
    const id = streams[kind]
    if (id === undefined) continue
    const key = `${kind} ${id}`
    const expected = walk.sequences.get(key) ?? 0
    if (sequence[kind] !== expected) {
      walk.problems.push(
        problem(
          'stream_gap',
          `Entry ${index} is number ${sequence[kind] ?? 'none'} of its ${kind}, and ${expected} was due.`,
          index,
        ),
      )
    }
    walk.sequences.set(key, (sequence[kind] ?? expected) + 1)
  }
}

/** Compares completed tiles with those that are stored; problems go to the walk in the tiles' order. */
export async function compareTiles(read: PinnedRead, tiles: readonly FullTile[], walk: Walk): Promise<void> {
  for (let at = 0; at < tiles.length; at += tilesAtOnce) {
    const some = tiles.slice(at, at + tilesAtOnce)
    const problems = await Promise.all(some.map((tile) => compareTile(read, tile)))
    walk.problems.push(...problems.flat())
  }
}

const tilesAtOnce = 8

async function compareTile(read: PinnedRead, tile: FullTile): Promise<Problem[]> {
  const key = tileKey(tile.level, tile.index)
  const stored = await read(key)
  if (stored !== undefined && Buffer.compare(stored, tile.hashes) === 0) return []
  const first = tile.index * 256 ** (tile.level + 1)
  const what = stored === undefined ? 'is missing from the object store' : 'does not hold the hashes of its entries'
  return [problem('tile_differs', `"${key}" ${what}.`, first)]
}
