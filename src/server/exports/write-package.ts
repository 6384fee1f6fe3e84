import type { FileHandle } from 'node:fs/promises'
import { headerMatcher, leavesPerNode, manifestNote, packageFiles, type Header, type Manifest } from './manifest.ts'
import type { CheckpointSigner } from '#server/platform/checkpoint-signer.ts'
import { toHex, utf8 } from '#shared/tlog/bytes.ts'
import { formatSignature, parseVerifierKey } from '#shared/tlog/note.ts'
import type { NodeReader } from '#shared/tlog/prove.ts'
import type { Content } from './content-blocks.ts'
import { HiddenRuns } from './hidden-runs.ts'
import { packageReadme } from './package-readme.ts'
import type { MediaFiles } from './media-files.ts'
import type { ProofFile } from './prove-anchors.ts'
import { batchCharacters, readAhead } from './read-ahead.ts'
import { streamEntries } from './stream-entries.ts'
import type { StreamBatch } from './stream-source.ts'
import { proveRange, type LogRange } from './tree-range.ts'
import { ZipWriter, type PackedFile } from './write-zip.ts'

/** Where a package's content comes from. Everything is asked for in log order, a batch at a time. */
export interface PackageSource {
  /** Entries `first` ≤ n < `end`, verbatim, in batches. */
  entries(first: number, end: number): AsyncIterable<EntryBatch>
  /** The lines of `records.jsonl` for ascending log indexes; those that the words do not choose are left out. */
  records(indexes: readonly number[]): Promise<RecordBatch>
  /** The entries of the streams that alone are shown, where the plan names streams; else everything is read. */
  readonly streams?: (() => AsyncIterable<StreamBatch>) | undefined
  /** Roots of perfect subtrees of the log. */
  readonly readNode: NodeReader
}

/** Consecutive lines with newlines between them: a batch is one text, because a million little ones cost more than the rest. */
export interface EntryBatch {
  readonly first: number
  readonly count: number
  readonly text: string
}

export interface RecordBatch {
  readonly count: number
  readonly disposed: number
  readonly text: string
}

/** A reading of the records for people or other programs: fed every delivered record, then asked for its files. */
export interface Rendering {
  take(lines: readonly string[]): Promise<void>
  files(): AsyncIterable<{ readonly name: string; readonly content: AsyncIterable<Uint8Array> }>
  /** Frees what it holds, whether the package was finished or not. */
  close(): Promise<void>
}

/** What is known of a package before its records are read. */
export type PackagePlan = Omit<
  Manifest,
  'format' | 'version' | 'endedAt' | 'counts' | 'media' | 'coverageGaps' | 'files'
>

/** Told after each batch; throwing stops the package. */
export type Progress = (phase: 'headers' | 'records' | 'files', done: number, total: number) => Promise<void>

export interface PackageWish {
  readonly file: FileHandle
  readonly plan: PackagePlan
  readonly checkpointNote: string
  readonly source: PackageSource
  readonly renderings: readonly Rendering[]
  /** Further proofs, put beside those of the log. */
  readonly proofs?: readonly ProofFile[] | undefined
  /** Media of the delivered records; without it a package holds none and does not speak of them. */
  readonly media?: MediaFiles | undefined
  readonly signer: PackageSigner
  readonly progress: Progress
  /** The time, how many posts the renderings told, and gaps of capture; asked last. */
  readonly afterwards: () => Promise<{
    endedAt?: string
    posts: number | null
    coverageGaps: Manifest['coverageGaps']
  }>
}

/** Whose log a package is of. Without `sign`, which a holder of the public key lacks, the manifest stays unsigned. */
export type PackageSigner = Pick<CheckpointSigner, 'name' | 'verifierKey'> & Partial<Pick<CheckpointSigner, 'sign'>>

/** Records of one query: a large batch shares the cost of planning, and a batch of long ones must fit into memory. */
const mostRecords = 2_000
const fewestRecords = 20
const newline = '\n'

/** A finished package: what it says of itself, its bytes and their hash. */
export interface WrittenPackage {
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly size: number
  readonly sha256: string
}

/** Streams a whole package into an empty file: memory stays flat whatever the size. Nothing is durable until synced. */
export async function writePackage(wish: PackageWish): Promise<WrittenPackage> {
  const zip = new ZipWriter(wish.file, wish.plan.startedAt)
  const { log } = wish.plan
  const files: PackedFile[] = []
  const add = async (name: string, content: Content) => {
    files.push(await zip.add(name, content))
  }
  const text = (content: string) => [utf8(content)]

  await add('README.md', text(packageReadme))
  await add(packageFiles.checkpoint, text(wish.checkpointNote))
  await add(packageFiles.edges, text(await edgesJson(wish.source.readNode, log)))
  await add(packageFiles.nodes, nodesOf(wish.source.readNode, log))
  for (const { name, content } of wish.proofs ?? []) await add(name, [content])
  const matching = new IndexSet(log.first, log.end)
  await add(
    packageFiles.entries,
    wish.source.streams === undefined ? entriesOf(wish, matching) : streamsOf(wish, matching),
  )
  const counts = {
    entries: log.end - log.first - matching.withheld,
    withheld: matching.withheld,
    matching: matching.count,
    delivered: 0,
    disposed: 0,
  }
  await add(packageFiles.records, recordsOf(wish, matching, counts))
  for (const rendering of wish.renderings)
    for await (const file of rendering.files()) await add(file.name, file.content)
  if (wish.media !== undefined) for await (const { name, content } of wish.media.files()) await add(name, content)

  const manifest = await manifestOf(wish, counts, files)
  const bytes = utf8(`${JSON.stringify(manifest, null, 2)}\n`)
  await zip.add(packageFiles.manifest, [bytes], false)
  await zip.add(
    packageFiles.signature,
    text(await sign(wish.signer, manifestNote(log.origin, wish.plan.exportId, bytes))),
    false,
  )
  return { manifest, manifestBytes: bytes, ...(await zip.end()) }
}

async function manifestOf(
  { plan, media, afterwards }: PackageWish,
  counts: Omit<Manifest['counts'], 'posts'>,
  files: Manifest['files'],
): Promise<Manifest> {
  const { endedAt, posts, coverageGaps } = await afterwards()
  return {
    format: 'containment-gateway-export',
    version: 1,
    ...plan,
    ...(endedAt === undefined ? {} : { endedAt }),
    counts: { ...counts, posts },
    ...(media === undefined ? {} : { media: { included: media.included, missing: media.missing } }),
    coverageGaps: [...coverageGaps],
    files,
  }
}

async function edgesJson(read: NodeReader, range: LogRange): Promise<string> {
  const { left, right } = await proveRange(read, range)
  return `${JSON.stringify({ left: left.map(toHex), right: right.map(toHex) }, null, 2)}\n`
}

async function* nodesOf(read: NodeReader, range: Manifest['log']): AsyncIterable<Uint8Array> {
  if (range.withheld) return
  const last = Math.floor(range.end / leavesPerNode)
  for (let index = Math.ceil(range.first / leavesPerNode); index < last; index += 1) yield read(8, index)
}

async function* entriesOf(wish: PackageWish, matching: IndexSet): AsyncIterable<Uint8Array | string> {
  const { log, filter } = wish.plan
  const matches = headerMatcher(filter)
  const hidden = log.withheld ? new HiddenRuns(wish.source.readNode, filter.units ?? []) : undefined
  const everything = Object.values(filter).every((value) => value === null)
  let expected = log.first
  for await (const { first, count, text } of wish.source.entries(log.first, log.end)) {
    if (first !== expected) throw new Error(`The log's entry ${expected} is not in the database.`)
    if (everything) matching.addAll(first, count)
    else
      text.split('\n').forEach((line, at) => {
        if (matches(headerOf(line))) matching.addAll(first + at, 1)
      })
    expected += count
    if (hidden === undefined) yield* [text, newline]
    else yield* hidden.replace(first, text)
    await wish.progress('headers', expected - log.first, log.end - log.first)
  }
  if (hidden !== undefined) yield* hidden.end(log.end)
  matching.withheld = hidden?.count ?? 0
  if (expected !== log.end) throw new Error(`The log's entry ${expected} is not in the database.`)
}

/** The same for a package of some streams, whose other entries are not even read. */
function streamsOf(wish: PackageWish, matching: IndexSet): AsyncIterable<Uint8Array> {
  const { log, filter } = wish.plan
  const matches = headerMatcher(filter)
  matching.withheld = log.end
  return streamEntries(wish.source.streams!(), log.end, wish.source.readNode, (index, text) => {
    matching.withheld -= 1
    if (matches(headerOf(text))) matching.addAll(index, 1)
  })
}

function headerOf(line: string): Header {
  const entry: { h: Header } = JSON.parse(line)
  return entry.h
}

async function* recordsOf(
  wish: PackageWish,
  matching: IndexSet,
  counts: { delivered: number; disposed: number },
): AsyncIterable<Uint8Array | string> {
  let done = 0
  let wanted = 250
  async function* read(): AsyncIterable<[number[], RecordBatch]> {
    for (const indexes of matching.batches(() => wanted)) {
      const batch = await wish.source.records(indexes)
      const fitting = Math.floor((batchCharacters * indexes.length) / Math.max(1, batch.text.length))
      wanted = Math.min(mostRecords, Math.max(fewestRecords, fitting))
      yield [indexes, batch]
    }
  }
  for await (const [indexes, batch] of readAhead(read())) {
    const { count, disposed, text } = batch
    if (wish.renderings.length > 0 && count > 0) {
      const lines = text.split('\n')
      for (const rendering of wish.renderings) await rendering.take(lines)
    }
    wish.media?.note(text)
    counts.delivered += count
    counts.disposed += disposed
    done += indexes.length
    if (count > 0) {
      yield text
      yield newline
    }
    await wish.progress('records', done, matching.count)
  }
}

async function sign(signer: PackageSigner, note: string): Promise<string> {
  if (signer.sign === undefined) return `${note}\n`
  const signature = await signer.sign(utf8(note))
  return `${note}\n${formatSignature(signer.name, parseVerifierKey(signer.verifierKey).publicKey, signature)}`
}

/** Log indexes of a range, a bit each, so that a hundred million headers cost twelve megabytes. */
class IndexSet {
  count = 0
  /** Entries of the range that the requester may not see. */
  withheld = 0
  readonly #first: number
  readonly #length: number
  readonly #bits: Uint8Array

  constructor(first: number, end: number) {
    this.#first = first
    this.#length = end - first
    this.#bits = new Uint8Array(Math.ceil(this.#length / 8))
  }

  addAll(index: number, count: number): void {
    for (let at = index - this.#first; at < index - this.#first + count; at += 1) this.#bits[at >> 3]! |= 1 << (at & 7)
    this.count += count
  }

  /** All of them in order, so many at once as `size` says when a batch begins. */
  *batches(size: () => number): Iterable<number[]> {
    let batch: number[] = []
    let full = size()
    for (let at = 0; at < this.#length; at += 1) {
      if ((this.#bits[at >> 3]! & (1 << (at & 7))) === 0) continue
      batch.push(this.#first + at)
      if (batch.length < full) continue
      yield batch
      batch = []
      full = size()
    }
    if (batch.length > 0) yield batch
  }
}
