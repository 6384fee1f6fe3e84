import { hash } from 'node:crypto'
import { equalBytes } from '#shared/tlog/bytes.ts'
import type { Checkpoint } from '#shared/tlog/checkpoint.ts'
import {
  headerMatcher,
  leavesPerNode,
  longestWaitMilliseconds,
  mayBeDisposed,
  packageFiles,
  type Header,
  type Manifest,
} from './manifest.ts'
import { DisposalClaims } from './disposal-claims.ts'
import { readHiddenRun } from './hidden-runs.ts'
import { EntryReader, type Entry } from './entry-reader.ts'
import { LeafBlock } from './leaf-block.ts'
import type { LineBatch } from './line-batch.ts'
import { LineReader } from './line-reader.ts'
import { findMedia } from './media-files.ts'
import { ZipError } from './read-zip.ts'
import { readIndex, readRecordLine } from './record-line.ts'
import type { Directory } from './verify-directory.ts'
import { TreeBuilder, type RangeEdges } from './tree-range.ts'

/** What was counted while verifying. */
export interface RecordTally {
  entries: number
  withheld: number
  /** Entries before this index are proven to be all of the streams that the directory lists; null where it lists none. */
  provenUntil: number | null
  /** Streams that the directory does not list: they show nothing, and that they have nothing is not proven. */
  unlisted: string[]
  matching: number
  delivered: number
  disposed: number
  rootHash: string
}

export interface RecordsToVerify {
  readonly manifest: Manifest
  readonly checkpoint: Checkpoint
  /** How long the streams of the package are, where it says so. */
  readonly directory?: Directory | undefined
  /** Told of each media file that a delivered record speaks of. */
  readonly media?: ((sha256: string, index: number) => void) | undefined
  readonly edges: RangeEdges
  /** The roots of all complete, aligned stretches of 256 leaves in the range. */
  readonly nodes: Buffer
  readonly entries: AsyncIterable<LineBatch>
  readonly records: AsyncIterable<LineBatch>
  readonly report: (file: string, sentence: string, logIndex: number | null) => void
}

const newline = 0x0a
const { entries: entriesFile, records: recordsFile } = packageFiles

/**
 * Walks headers and bodies side by side: every leaf goes into the tree, whose root must be the signed one; every header
 * that matches must have its body, and every body must be the one that its header commits to.
 */
export async function verifyRecords(given: RecordsToVerify): Promise<RecordTally> {
  const walk = new Walk(given)
  try {
    await walk.run()
  } catch (error) {
    if (error instanceof ZipError) given.report(error.place, error.message, walk.index)
    else if (error instanceof RangeError) given.report(walk.file, error.message, walk.index)
    else throw error
  } finally {
    await walk.close()
  }
  return walk.tally
}

class Walk {
  readonly tally: RecordTally = {
    entries: 0,
    withheld: 0,
    provenUntil: null,
    unlisted: [],
    matching: 0,
    delivered: 0,
    disposed: 0,
    rootHash: '',
  }
  /** Where the walk stands, for a fault that ends it. */
  index: number
  file: string = entriesFile
  readonly #given: RecordsToVerify
  readonly #tree = new TreeBuilder()
  readonly #matches: (header: Header) => boolean
  readonly #lines: LineReader
  readonly #reader = new EntryReader()
  readonly #block = new LeafBlock()
  #nodesSeen = 0
  /** The last number seen of each stream, and how many of its entries the directory counts. */
  readonly #numbers = new Map<string, number>()
  readonly #counted = new Map<string, number>()
  #lastAt = ''
  /** Undefined where nothing is called disposed of, or where certificates may be among what is not shown. */
  readonly #claims: DisposalClaims | undefined

  constructor(given: RecordsToVerify) {
    this.#given = given
    this.index = given.manifest.log.first
    this.#matches = headerMatcher(given.manifest.filter)
    this.#lines = new LineReader(given.records)
    const { counts, log } = given.manifest
    const showsAll = !log.withheld && log.end === log.size
    this.#claims = counts.disposed > 0 && showsAll ? new DisposalClaims() : undefined
  }

  async run(): Promise<void> {
    const { manifest, edges } = this.#given
    const { first, end, size } = manifest.log
    if (first > end || end > size) throw new RangeError('The range of the manifest is none.')
    this.#tree.addAll(0, first, edges.left)
    for await (const batch of this.#given.entries) await this.#takeBatch(batch)
    this.#flushLeaves()
    if (this.index !== end) throw new RangeError(`The log's entries ${this.index} to ${end - 1} are missing.`)
    this.#checkRangeEnd()
    this.#checkStreamEnds()
    this.#tree.addAll(end, size, edges.right)
    this.#checkRoot()
    await this.#checkRest()
    this.#checkCounts()
    this.#checkCertificates()
  }

  /** Nobody reads on. */
  async close(): Promise<void> {
    await this.#lines.close()
  }

  async #takeBatch(batch: LineBatch): Promise<void> {
    const { bytes, hashed } = batch
    for (let start = 1, number = 0; start < bytes.length; number += 1) {
      const end = hashed === undefined ? bytes.indexOf(newline, start) : hashed.ends[number]!
      const hidden = bytes[start + 2] === 0x66
      const pending = hidden ? this.#takeHidden(bytes.subarray(start, end)) : this.#takeEntry(batch, number, start, end)
      // Almost always the next record is at hand, and a million awaits are saved.
      if (pending !== undefined) await pending
      start = end + 1
    }
  }

  #takeEntry(batch: LineBatch, number: number, start: number, end: number): Promise<void> | undefined {
    const n = this.index
    const entry = this.#reader.read(batch.bytes, start, end)
    if (entry?.n !== n) this.#refuse(entry)
    if (n >= this.#given.manifest.log.end) throw new RangeError(`Entry ${n} stands beyond the end of the range.`)
    this.#checkTime(entry)
    if (n === this.#given.manifest.log.first) this.#checkRangeStart(entry)
    if (this.#given.manifest.log.withheld) this.#checkNumber(entry)
    this.#block.add(batch, number, start, end)
    this.#closeBlock()
    this.tally.entries += 1
    this.#claims?.see(entry.h)
    const pending = this.#takeRecord(entry, this.#matches(entry.h))
    if (pending === undefined) this.index += 1
    return pending?.then(() => void (this.index += 1))
  }

  #checkTime({ n, at }: Entry): void {
    // Entries that were numbered together say the same.
    if (at === this.#lastAt) return
    if (at < this.#lastAt) this.#report(entriesFile, `The log's time goes back at entry ${n}.`)
    this.#lastAt = at
  }

  #refuse(entry: Entry | undefined): never {
    const n = this.index
    if (entry === undefined) this.#report(entriesFile, `The log's entry ${n} was altered: it is not an entry any more.`)
    else
      this.#report(
        entriesFile,
        entry.n > n
          ? `The log's entry ${n} is missing: entry ${entry.n} stands in its place.`
          : `Entry ${entry.n} stands again or out of order where entry ${n} belongs.`,
      )
    throw new RangeError(`The entries cannot be followed beyond log index ${n}.`)
  }

  /** Entries that the requester may not see: their hashes keep the tree whole. */
  #takeHidden(line: Buffer): undefined {
    const run = readHiddenRun(line)
    const { log } = this.#given.manifest
    const sound = run !== undefined && run.from === this.index && run.to > run.from && run.to <= log.end
    if (!sound || !log.withheld) throw new RangeError(`Hashes stand where the log's entry ${this.index} belongs.`)
    this.#flushLeaves()
    this.#tree.addAll(run.from, run.to, run.nodes)
    this.tally.withheld += run.to - run.from
    this.index = run.to
    return undefined
  }

  /** Entries of one stream are numbered without gaps: one that was hidden among the hashes is missed here. */
  #checkNumber(entry: Entry): void {
    const kind = this.#given.manifest.log.streams?.kind ?? 'unit'
    const id = entry.h.streams[kind] ?? ''
    const expected = (this.#numbers.get(id) ?? -1) + 1
    const found = entry.sq[kind] ?? -1
    this.#numbers.set(id, found)
    if (entry.n < (this.#given.directory?.treeSize ?? 0)) this.#counted.set(id, (this.#counted.get(id) ?? 0) + 1)
    if (found === expected) return
    this.#report(
      entriesFile,
      `Entry ${entry.n} is number ${found} of its ${kind}, where number ${expected} belongs: entries of the ${kind} were withheld.`,
    )
  }

  /** The directory in the log says how many entries each stream has: those at a stream's end cannot be hidden either. */
  #checkStreamEnds(): void {
    const { directory, manifest, report } = this.#given
    if (directory === undefined) return
    const listed = new Map(directory.heads.map((head) => [head.id, head.next]))
    const kind = manifest.log.streams?.kind ?? 'unit'
    for (const id of new Set([...listed.keys(), ...this.#counted.keys()])) {
      const [expected, found] = [listed.get(id) ?? 0, this.#counted.get(id) ?? 0]
      if (expected === found) continue
      const sentence = `The ${kind} ${id} has ${expected} entries before log index ${directory.treeSize} by the log's directory, and ${found} are shown: its last ones were withheld.`
      report(packageFiles.directory, sentence, null)
    }
    this.tally.unlisted = (manifest.log.streams?.ids ?? []).filter((id) => !listed.has(id))
    this.tally.provenUntil = listed.size === 0 ? null : directory.treeSize
  }

  /** Complete, aligned stretches are compared one by one, so that an alteration is narrowed down to 256 entries. */
  #closeBlock(): void {
    const start = this.index - (this.index % leavesPerNode)
    const { first, end } = this.#given.manifest.log
    const aligned = start >= first && start + leavesPerNode <= end && !this.#given.manifest.log.withheld
    if (!aligned) return this.#flushLeaves()
    if (!this.#block.isFull) return
    const root = this.#block.takeRoot()
    this.#tree.add(8, root)
    const expected = this.#given.nodes.subarray(32 * this.#nodesSeen, 32 * this.#nodesSeen + 32)
    this.#nodesSeen += 1
    if (equalBytes(root, expected)) return
    const sentence = `An entry between log index ${start} and ${start + leavesPerNode - 1} was altered: their hash is not the one in ${packageFiles.nodes}.`
    this.#given.report(entriesFile, sentence, start)
  }

  #flushLeaves(): void {
    for (const leaf of this.#block.takeLeaves()) this.#tree.add(0, leaf)
  }

  #takeRecord(entry: Entry, matches: boolean): Promise<void> | undefined {
    const { n } = entry
    let line: { n: number; bytes: Buffer } | undefined
    for (;;) {
      if (this.#lines.isDry) return this.#fill().then(() => this.#takeRecord(entry, matches))
      line = this.#recordHere()
      if (this.#lines.current === undefined || (line !== undefined && line.n >= n)) break
      if (line !== undefined) this.#strayRecord(line.n)
      this.#lines.take()
    }
    const here = line?.n === n ? line.bytes : undefined
    if (here !== undefined) this.#lines.take()
    if (matches) this.tally.matching += 1
    if (matches && here === undefined && this.#given.manifest.selection === null)
      this.#report(
        recordsFile,
        `The record at log index ${n} (${entry.h.type}, ${entry.h.recordedAt}) matches the query and is missing.`,
      )
    if (here === undefined) return undefined
    if (!matches) this.#report(recordsFile, `The record at log index ${n} does not match the query and was added.`)
    this.#checkRecord(entry, here)
    return undefined
  }

  #checkRecord({ n, h: parsed, header }: Entry, bytes: Buffer): void {
    const line = readRecordLine(bytes, header)
    if (line === undefined) {
      this.#report(
        recordsFile,
        `The record at log index ${n} was altered: its header is not the one in the log, or its form is broken.`,
      )
      return
    }
    this.tally.delivered += 1
    if (line.body === undefined || line.salt === undefined) {
      this.tally.disposed += 1
      this.#checkDisposal(n, parsed)
      this.#claims?.claim(n, line.disposed!)
      return
    }
    if (hash('sha256', Buffer.concat([Buffer.of(2), line.salt, line.body]), 'hex') === parsed.bodyHash)
      return this.#tellMedia(n, line.body)
    this.#report(
      recordsFile,
      `The body of the record at log index ${n} (${parsed.type}) was altered or exchanged: it is not the one that its header commits to.`,
    )
  }

  #tellMedia(n: number, body: Buffer): void {
    if (this.#given.media === undefined || !body.includes('"mimeType":"')) return
    for (const sha256 of findMedia(body.toString('latin1'))) this.#given.media(sha256, n)
  }

  /** Nobody may call a body disposed of before its retention has ended. */
  #checkDisposal(n: number, header: Header): void {
    if (mayBeDisposed(header, this.#given.manifest)) return
    this.#report(
      recordsFile,
      `The body of the record at log index ${n} (${header.type}, ${header.recordedAt}) is called disposed of, but the class ${header.retentionClass} keeps it longer.`,
    )
  }

  /** A destruction is a record: what is called disposed of names one that the log holds. */
  #checkCertificates(): void {
    const { endedAt, startedAt } = this.#given.manifest
    for (const [certificate, n] of this.#claims?.unfounded(this.#lastAt, endedAt ?? startedAt) ?? [])
      this.#given.report(
        recordsFile,
        `The body of the record at log index ${n} is called disposed of, and the log holds no certificate “${certificate}” of it.`,
        n,
      )
  }

  /** The entry before a range that begins at a date must be older than the date, so that nothing was cut off. */
  #checkRangeStart(entry: Entry): void {
    const { log, filter } = this.#given.manifest
    if (log.first > 0 && (filter.from === null || entry.at >= filter.from))
      this.#report(
        entriesFile,
        `The range begins at log index ${log.first}, too late to hold everything since ${filter.from ?? 'the beginning'}.`,
      )
  }

  #checkRangeEnd(): void {
    const { log, filter } = this.#given.manifest
    if (log.end === log.size) return
    const enough = filter.to !== null && Date.parse(this.#lastAt) >= Date.parse(filter.to) + longestWaitMilliseconds
    if (!enough)
      this.#report(
        entriesFile,
        `The range ends before log index ${log.end}, too early to hold everything before ${filter.to ?? 'the end'}.`,
      )
  }

  #checkRoot(): void {
    const root = this.#tree.root()
    this.tally.rootHash = Buffer.from(root).toString('hex')
    if (equalBytes(root, this.#given.checkpoint.root)) return
    this.#given.report(
      entriesFile,
      'The root that follows from the entries is not the signed one: an entry or the proof of the range was altered.',
      null,
    )
  }

  async #checkRest(): Promise<void> {
    for (;;) {
      if (this.#lines.isDry) await this.#fill()
      if (this.#lines.current === undefined) return
      const line = this.#recordHere()
      if (line !== undefined) this.#strayRecord(line.n)
      this.#lines.take()
    }
  }

  #strayRecord(n: number): void {
    this.#given.report(recordsFile, `Record ${n} stands again or out of order, or belongs to no entry of the range.`, n)
  }

  #checkCounts(): void {
    const { counts } = this.#given.manifest
    for (const name of ['entries', 'withheld', 'matching', 'delivered', 'disposed'] as const) {
      if (counts[name] !== this.tally[name])
        this.#given.report(
          packageFiles.manifest,
          `The manifest counts ${counts[name]} ${name}, the package holds ${this.tally[name]}.`,
          null,
        )
    }
  }

  async #fill(): Promise<void> {
    this.file = recordsFile
    await this.#lines.fill()
    this.file = entriesFile
  }

  /** The next record's line; a line that is none is reported and answered as undefined, as is the end. */
  #recordHere(): { n: number; bytes: Buffer } | undefined {
    const bytes = this.#lines.current
    const n = bytes === undefined ? undefined : readIndex(bytes)
    if (bytes !== undefined && n === undefined)
      this.#report(recordsFile, `A line after the record before log index ${this.index} is no record.`)
    return bytes === undefined || n === undefined ? undefined : { n, bytes }
  }

  #report(file: string, sentence: string): void {
    this.#given.report(file, sentence, this.index)
  }
}
