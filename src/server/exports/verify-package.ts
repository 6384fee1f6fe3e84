import { createHash } from 'node:crypto'
import { Value } from 'typebox/value'
import { mediaKey } from '#server/archive/object-keys.ts'
import { fromHex, fromUtf8, toHex } from '#shared/tlog/bytes.ts'
import { openCheckpoint, type Checkpoint } from '#shared/tlog/checkpoint.ts'
import { openNote, parseVerifierKey, type VerifierKey } from '#shared/tlog/note.ts'
import { longestEntry } from './leaf-block.ts'
import { cutLines, type LineBatch } from './line-batch.ts'
import { Manifest, manifestNote, packageFiles } from './manifest.ts'
import { readLines, type FileHashes } from './read-lines.ts'
import { ZipError, ZipReader } from './read-zip.ts'
import type { RangeEdges } from './tree-range.ts'
import { openDirectory, type Directory } from './verify-directory.ts'
import { verifyAnchors, type AnchorFinding, type TrustedAnchors } from './verify-package-anchors.ts'
import { verifyRecords, type RecordTally } from './verify-records.ts'
import type { ZipEntry } from './zip-format.ts'

/** One thing that is not as it should be, in words for an auditor. */
export interface PackageProblem {
  readonly file: string
  readonly logIndex: number | null
  readonly sentence: string
}

export interface PackageReport {
  readonly ok: boolean
  /** The first are the most exact: those that name a log index come first. At most fifty. */
  readonly problems: readonly PackageProblem[]
  readonly manifest: Manifest | undefined
  /** Hex, of the manifest as it stands in the package. */
  readonly manifestSha256: string | undefined
  readonly tally: RecordTally | undefined
  /** What outside parties said of the log, the oldest first; none where the firm has no anchors. */
  readonly anchors: readonly AnchorFinding[]
  /** The key that signatures were checked with, and whether the caller gave it. */
  readonly key: { readonly verifierKey: string; readonly given: boolean } | undefined
  /** False where the package was made with the public key alone, so that its manifest is only its maker's word. */
  readonly signed: boolean
}

/** Whom and what the reader of a package believes. */
export interface Trust extends TrustedAnchors {
  /** A manifest that nobody signed is taken for its maker's word, and is no problem. */
  readonly unsigned?: boolean | undefined
}

const mostProblems = 50
const largestManifest = 16 * 1024 * 1024
const longestRecord = 256 * 1024 * 1024
/** Below so many bytes of entries or records, starting a thread takes longer than it saves. */
const worthThread = 32 * 1024 * 1024

/**
 * Verifies a package from its bytes alone: no network, no database, no configuration, constant memory. Without a key
 * the one in the manifest is used, which proves that the package hangs together but not who made it. Outside parties
 * that `trust` names must have signed the log. Entries and records of `threadFrom` bytes and more are each read by a
 * thread. Throws `RangeError` when one of the outside parties' keys is none.
 */
export async function verifyPackage(
  path: string,
  givenKey?: string,
  trust: Trust = {},
  threadFrom = worthThread,
): Promise<PackageReport> {
  const verification = new Verification(trust, threadFrom)
  try {
    await verification.run(path, givenKey)
  } catch (error) {
    if (error instanceof ZipError) verification.report(error.place, error.message)
    else if (!(error instanceof Stop)) throw error
  }
  return verification.result()
}

/** Thrown after a problem that leaves nothing more to look at. */
class Stop extends Error {}

class Verification {
  readonly #problems: PackageProblem[] = []
  #manifest: Manifest | undefined
  #manifestSha256: string | undefined
  #tally: RecordTally | undefined
  #anchors: readonly AnchorFinding[] = []
  #key: PackageReport['key']
  #signed = true
  readonly #trust: Trust
  readonly #threadFrom: number
  #path = ''

  constructor(trust: Trust, threadFrom: number) {
    this.#trust = trust
    this.#threadFrom = threadFrom
  }

  report(file: string, sentence: string, logIndex: number | null = null): void {
    if (this.#problems.length < mostProblems) this.#problems.push({ file, logIndex, sentence })
  }

  result(): PackageReport {
    const problems = this.#problems.toSorted((a, b) => (a.logIndex ?? Infinity) - (b.logIndex ?? Infinity) || 0)
    const [tally, anchors, key, signed] = [this.#tally, this.#anchors, this.#key, this.#signed]
    const [manifest, manifestSha256] = [this.#manifest, this.#manifestSha256]
    return { ok: problems.length === 0, problems, manifest, manifestSha256, tally, anchors, key, signed }
  }

  async run(path: string, givenKey: string | undefined): Promise<void> {
    this.#path = path
    const zip = await ZipReader.open(path)
    try {
      const bytes = await this.#readWhole(zip, packageFiles.manifest)
      const manifest = this.#readManifest(bytes)
      this.#manifest = manifest
      this.#manifestSha256 = createHash('sha256').update(bytes).digest('hex')
      await this.#checkStructure(zip, manifest)
      const key = this.#chooseKey(manifest, givenKey)
      await this.#checkSignature(zip, manifest, bytes, key)
      this.#checkFileList(zip, manifest)
      await this.#checkRendered(zip, manifest)
      await this.#checkLog(zip, manifest, key)
    } finally {
      await zip.close()
    }
  }

  #readManifest(bytes: Buffer): Manifest {
    try {
      const value: unknown = JSON.parse(fromUtf8(bytes))
      if (Value.Check(Manifest, value)) return value
    } catch {
      // Said below: it is no manifest either way.
    }
    this.report(
      packageFiles.manifest,
      'The manifest cannot be read: it was altered, or this is not a package of the gateway.',
    )
    throw new Stop()
  }

  async #checkStructure(zip: ZipReader, manifest: Manifest): Promise<void> {
    try {
      await zip.checkStructure(manifest.startedAt)
    } catch (error) {
      if (!(error instanceof ZipError)) throw error
      this.report(error.place, error.message)
    }
  }

  #chooseKey(manifest: Manifest, givenKey: string | undefined): VerifierKey {
    const text = givenKey ?? manifest.log.verifierKey
    this.#key = { verifierKey: text, given: givenKey !== undefined }
    if (text !== manifest.log.verifierKey)
      this.report(
        packageFiles.manifest,
        `The package names the key ${manifest.log.verifierKey}, not the one that you gave.`,
      )
    try {
      return parseVerifierKey(text)
    } catch (error) {
      const whose = givenKey === undefined ? 'The key in the manifest' : 'The key that you gave'
      this.report(packageFiles.manifest, `${whose} is not a verifier key: ${sentenceOf(error)}`)
      throw new Stop()
    }
  }

  async #checkSignature(zip: ZipReader, manifest: Manifest, bytes: Buffer, key: VerifierKey): Promise<void> {
    const note = await this.#readWhole(zip, packageFiles.signature)
    const text = await openIf(() => openNote(fromUtf8(note), key))
    if (note.equals(Buffer.from(`${manifestNote(manifest.log.origin, manifest.exportId, bytes)}\n`))) {
      this.#signed = false
      if (this.#trust.unsigned !== true)
        this.report(
          packageFiles.signature,
          'Nobody signed the manifest: the package was made with the public key alone, or the signature was taken away. With --unsigned its records are verified all the same.',
        )
    } else if (typeof text !== 'string')
      this.report(
        packageFiles.signature,
        `The signature of the manifest is not one of the key ${key.name}: the signature or the manifest is forged.`,
      )
    else if (text !== manifestNote(manifest.log.origin, manifest.exportId, bytes))
      this.report(packageFiles.manifest, 'The manifest was altered after the gateway signed it.')
    if (manifest.log.origin !== key.name)
      this.report(
        packageFiles.manifest,
        `The package speaks for the log ${manifest.log.origin}, the key for ${key.name}.`,
      )
  }

  #checkFileList(zip: ZipReader, manifest: Manifest): void {
    const listed = [...manifest.files.map((file) => file.name), packageFiles.manifest, packageFiles.signature]
    const there = zip.entries.map((entry) => entry.name)
    for (const name of there.filter((name) => !listed.includes(name)))
      this.report(name, 'The file is in the package, but the manifest does not list it.')
    for (const name of listed.filter((name) => !there.includes(name)))
      this.report(name, 'The manifest lists the file, but it is not in the package.')
    if (listed.length === there.length && listed.some((name, at) => there[at] !== name))
      this.report('the zip directory', 'The files stand in another order than in the manifest.')
  }

  /** Files that nothing is proven from: their bytes must be those that were signed for. */
  async #checkRendered(zip: ZipReader, manifest: Manifest): Promise<void> {
    const proven: string[] = [packageFiles.entries, packageFiles.records]
    for (const { name } of manifest.files.filter((file) => !proven.includes(file.name))) {
      try {
        for await (const chunk of this.#read(zip, manifest, name)) void chunk
      } catch (error) {
        if (!(error instanceof ZipError)) throw error
        this.report(error.place, error.message)
      }
    }
  }

  async #checkLog(zip: ZipReader, manifest: Manifest, key: VerifierKey): Promise<void> {
    const note = await this.#readWhole(zip, packageFiles.checkpoint)
    const checkpoint = await openIf(() => openCheckpoint(fromUtf8(note), key))
    if (checkpoint === undefined || checkpoint instanceof Error) {
      const why = checkpoint instanceof Error ? checkpoint.message : 'It is no note.'
      this.report(packageFiles.checkpoint, `The checkpoint is not one of the log's: ${why}`)
      throw new Stop()
    }
    const { log } = manifest
    if (checkpoint.size !== log.size || toHex(checkpoint.root) !== log.rootHash)
      this.report(packageFiles.checkpoint, 'The signed checkpoint is not the one that the manifest names.')
    this.#anchors = await verifyAnchors({
      names: manifest.files.map((file) => file.name),
      read: (name) => this.#readWhole(zip, name),
      checkpoint,
      key,
      trust: this.#trust,
      report: (file, sentence) => this.report(file, sentence),
    })
    const edges = this.#readEdges(await this.#readWhole(zip, packageFiles.edges))
    const nodes = await this.#readWhole(zip, packageFiles.nodes)
    const media = this.#checkMedia(manifest)
    this.#tally = await verifyRecords({
      media,
      manifest,
      checkpoint,
      directory: await this.#readDirectory(zip, manifest, checkpoint),
      edges,
      nodes,
      entries: this.#readLines(zip, manifest, packageFiles.entries, longestEntry),
      records: this.#readLines(zip, manifest, packageFiles.records, longestRecord),
      report: (file, sentence, logIndex) => this.report(file, sentence, logIndex),
    })
  }

  /** A media file is called by its hash, and each that a delivered record speaks of is here or listed as missing. */
  #checkMedia(manifest: Manifest): ((sha256: string, index: number) => void) | undefined {
    if (manifest.media === undefined) return undefined
    const files = manifest.files.filter((file) => file.name.startsWith(mediaKey('')))
    for (const { name, sha256 } of files)
      if (name !== mediaKey(sha256)) this.report(name, 'The media file is not the one that its name says.')
    const known = new Set([...files.map((file) => file.sha256), ...manifest.media.missing])
    return (sha256, index) => {
      if (known.has(sha256)) return
      known.add(sha256)
      this.report(mediaKey(sha256), `The record at log index ${index} speaks of a media file that is missing.`, index)
    }
  }

  /** The lengths of the streams, where the package carries them. */
  async #readDirectory(zip: ZipReader, manifest: Manifest, checkpoint: Checkpoint): Promise<Directory | undefined> {
    if (!manifest.files.some((file) => file.name === packageFiles.directory)) return undefined
    try {
      return openDirectory(await this.#readWhole(zip, packageFiles.directory), checkpoint)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.report(packageFiles.directory, `The directory of the streams cannot be believed: ${error.message}.`)
      return undefined
    }
  }

  #readEdges(bytes: Buffer): RangeEdges {
    try {
      const value: unknown = JSON.parse(fromUtf8(bytes))
      const hashes = (side: string) => (Object(value)[side] as string[]).map((hex) => fromHex(hex))
      return { left: hashes('left'), right: hashes('right') }
    } catch {
      this.report(packageFiles.edges, 'The proof of the range cannot be read.')
      throw new Stop()
    }
  }

  /** A small file, whole. */
  async #readWhole(zip: ZipReader, name: string): Promise<Buffer> {
    const entry = zip.entries.find((candidate) => candidate.name === name)
    if (entry === undefined || entry.size > largestManifest) {
      this.report(
        name,
        entry === undefined
          ? 'The file is missing from the package.'
          : 'The file is too large to be what its name says.',
      )
      throw new Stop()
    }
    const chunks: Buffer[] = []
    for await (const chunk of zip.read(entry)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /** The content of a file, hashed on the way; differences from the manifest are reported when the end is reached. */
  async *#read(zip: ZipReader, manifest: Manifest, name: string): AsyncIterable<Buffer> {
    const entry: ZipEntry | undefined = zip.entries.find((candidate) => candidate.name === name)
    const listed = manifest.files.find((file) => file.name === name)
    if (entry === undefined || listed === undefined) {
      this.report(name, 'The file is missing from the package or from its manifest.')
      return
    }
    const [content, stored] = [createHash('sha256'), createHash('sha256')]
    try {
      for await (const chunk of zip.read(entry, (bytes) => stored.update(bytes))) {
        content.update(chunk)
        yield chunk
      }
    } finally {
      // A reader that stops early has reported why.
    }
    this.#compareHashes(listed, { sha256: content.digest('hex'), storedSha256: stored.digest('hex') })
  }

  /** A file's lines; a thread unpacks and hashes them where they are many. */
  #readLines(zip: ZipReader, manifest: Manifest, name: string, longest: number): AsyncIterable<LineBatch> {
    const entry = zip.entries.find((candidate) => candidate.name === name)
    const listed = manifest.files.find((file) => file.name === name)
    if (entry === undefined || listed === undefined || entry.size < this.#threadFrom)
      return cutLines(this.#read(zip, manifest, name), longest)
    const order = { path: this.#path, name, longest, leaves: name === packageFiles.entries }
    return readLines(order, (hashes) => this.#compareHashes(listed, hashes))
  }

  #compareHashes(listed: Manifest['files'][number], found: FileHashes): void {
    if (found.sha256 !== listed.sha256)
      this.report(listed.name, 'The content of the file was altered: its SHA-256 is not the one in the manifest.')
    else if (found.storedSha256 !== listed.storedSha256)
      this.report(listed.name, 'The compressed bytes of the file were altered, though they unpack to the same content.')
  }
}

async function openIf<T>(open: () => Promise<T>): Promise<T | Error> {
  try {
    return await open()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
