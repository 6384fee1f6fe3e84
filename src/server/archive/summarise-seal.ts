import { hash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { EntryLayout } from './entry-layout.ts'
import { perfectRoots } from './perfect-roots.ts'
import { StreamCounts, type StreamCount } from './stream-counts.ts'
import { StretchDigests, type Stretch } from './stretch-digest.ts'

/** The stored bytes of one seal. */
export interface SealBytes {
  readonly firstIndex: number
  readonly treeSize: number
  readonly entries: Uint8Array
  readonly bodies: readonly Uint8Array[]
}

/** What a seal without fault says; the tree and the neighbours have still to agree. */
export interface SealSummary {
  /** Leaf hashes, 32 bytes each. */
  readonly leaves: Uint8Array
  /** Roots of the complete tiles of level 0 that lie inside the seal, 32 bytes each. */
  readonly roots: Uint8Array
  readonly firstAt: string
  readonly lastAt: string
  readonly streams: readonly StreamCount[]
  /** Log indexes whose body is not in the seal's files. */
  readonly missing: readonly number[]
  readonly stretches: readonly Stretch[]
}

const hashSize = 32
const idLength = 36
const saltLength = 44
const newline = 0x0a
const closingBrace = 0x7d
const beforeIndex = Buffer.from('{"n":')
const beforeId = Buffer.from(',"id":"')
const beforeSalt = Buffer.from('","salt":"')
const beforeBody = Buffer.from('","body":')
/** Values of the digits of both alphabets; 255 is none. */
const hexValues = valuesOf('0123456789abcdef')
const base64Values = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

/**
 * Recomputes one seal from its stored bytes, in one pass and without parsing JSON or making texts: leaves, tile roots,
 * numbers, bodies. `undefined` when anything at all is unusual; the slow way (`walkSeal`, `verifyBodies`) then says what.
 * Pure: runs in threads.
 */
export function summariseSeal(seal: SealBytes): SealSummary | undefined {
  try {
    const reader = new SealReader(seal)
    reader.readEntries()
    for (const bodies of seal.bodies) reader.readBodies(bodies)
    return reader.summary()
  } catch (error) {
    if (error instanceof Unusual) return undefined
    // What does not decompress is as unusual.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

class Unusual extends Error {}

function insist(sound: boolean): asserts sound {
  if (!sound) throw new Unusual()
}

class SealReader {
  readonly #seal: SealBytes
  readonly #count: number
  readonly #entries: Buffer
  readonly #leaves: Buffer
  readonly #bodies: Buffer
  readonly #ids: Int32Array
  readonly #found: Uint8Array
  readonly #digests: StretchDigests
  readonly #streams = new StreamCounts()
  readonly #entry = new EntryLayout()
  readonly #days = new InstantReader()
  #firstAt = 0
  #lastAt = 0

  constructor(seal: SealBytes) {
    this.#seal = seal
    this.#count = seal.treeSize - seal.firstIndex
    this.#entries = unpack(seal.entries)
    this.#leaves = Buffer.allocUnsafeSlow(hashSize * this.#count)
    this.#bodies = Buffer.allocUnsafeSlow(hashSize * this.#count)
    this.#ids = new Int32Array(this.#count)
    this.#found = new Uint8Array(this.#count)
    this.#digests = new StretchDigests(this.#entries, seal.firstIndex, this.#count)
  }

  readEntries(): void {
    const bytes = this.#entries
    let at = 0
    for (let start = 0; start < bytes.length; at++) {
      const end = bytes.indexOf(newline, start)
      insist(end !== -1 && at < this.#count)
      this.#leaves.write(hash('sha256', prefixed(bytes, start, end), 'binary'), hashSize * at, 'latin1')
      this.#readEntry(start, end, at)
      start = end + 1
    }
    insist(at === this.#count)
  }

  #readEntry(start: number, end: number, at: number): void {
    const [entry, bytes] = [this.#entry, this.#entries]
    insist(entry.read(bytes, start, end) && entry.index === this.#seal.firstIndex + at)
    const sealedAt = this.#days.read(bytes, entry.at)
    const recordedAt = this.#days.read(bytes, entry.recordedAt)
    insist(sealedAt >= this.#lastAt && recordedAt >= 0)
    if (at === 0) this.#firstAt = sealedAt
    this.#lastAt = sealedAt
    this.#ids[at] = entry.id
    decodeHex(bytes, entry.bodyHash, this.#bodies, hashSize * at)
    for (let place = 0; place < entry.streamCount; place++) {
      const stream = entry.streams[place]!
      if (stream.listed >= 0) insist(this.#streams.take(bytes, stream))
    }
    this.#digests.note(entry, sealedAt, recordedAt)
  }

  readBodies(packed: Uint8Array): void {
    const bytes = unpack(packed)
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(newline, start)
      insist(end !== -1)
      this.#readBody(bytes, start, end)
      start = end + 1
    }
  }

  /** `{"n":…,"id":"…","salt":"<44>","body":…}`: the hash's prefix and the salt are put where the salt's text stands. */
  #readBody(bytes: Buffer, start: number, end: number): void {
    let index = 0
    let place = start + beforeIndex.length
    for (let digit = bytes[place]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[++place]! - 0x30)
      index = 10 * index + digit
    const digits = place - start - beforeIndex.length
    insist(digits > 0 && digits <= 15 && (digits === 1 || bytes[start + beforeIndex.length] !== 0x30))
    const at = index - this.#seal.firstIndex
    insist(at >= 0 && at < this.#count && this.#found[at] === 0)
    const idAt = place + beforeId.length
    const saltAt = idAt + idLength + beforeSalt.length
    const bodyAt = saltAt + saltLength + beforeBody.length
    insist(
      holds(bytes, start, beforeIndex) &&
        holds(bytes, place, beforeId) &&
        equals(bytes, idAt, this.#entries, this.#ids[at]!, idLength) &&
        holds(bytes, saltAt - beforeSalt.length, beforeSalt) &&
        holds(bytes, bodyAt - beforeBody.length, beforeBody) &&
        bytes[end - 1] === closingBrace &&
        bodyAt < end,
    )
    decodeSalt(bytes, saltAt, bodyAt - hashSize)
    bytes[bodyAt - hashSize - 1] = 2
    const found = hash('sha256', bytes.subarray(bodyAt - hashSize - 1, end - 1), 'binary')
    for (let byte = 0; byte < hashSize; byte++) insist(found.charCodeAt(byte) === this.#bodies[hashSize * at + byte])
    this.#found[at] = 1
  }

  summary(): SealSummary {
    const { firstIndex } = this.#seal
    const missing = [...this.#found.keys()].filter((at) => this.#found[at] === 0)
    for (const at of missing) this.#bodies.fill(0, hashSize * at, hashSize * (at + 1))
    return {
      leaves: this.#leaves,
      roots: perfectRoots(this.#leaves, firstIndex),
      firstAt: new Date(this.#firstAt).toISOString(),
      lastAt: new Date(this.#lastAt).toISOString(),
      streams: this.#streams.list(),
      missing: missing.map((at) => firstIndex + at),
      stretches: this.#digests.digest(this.#leaves, this.#bodies),
    }
  }
}

/** Reads instants `YYYY-MM-DDTHH:MM:SS.mmmZ` from bytes; most are of the day of the one before. */
class InstantReader {
  readonly #day = Buffer.alloc('YYYY-MM-DDT'.length)
  #startOfDay = 0

  /** Milliseconds since 1970; throws when it is no instant of that form. */
  read(bytes: Buffer, at: number): number {
    if (!holds(bytes, at, this.#day)) this.#readDay(bytes, at)
    const hour = twoDigits(bytes, at + 11)
    const minute = twoDigits(bytes, at + 14)
    const second = twoDigits(bytes, at + 17)
    const tenths = bytes[at + 20]! - 0x30
    const rest = twoDigits(bytes, at + 21)
    insist(hour < 24 && minute < 60 && second < 60 && tenths >= 0 && tenths <= 9 && rest < 100)
    insist(bytes[at + 13] === 0x3a && bytes[at + 16] === 0x3a && bytes[at + 19] === 0x2e && bytes[at + 23] === 0x5a)
    return this.#startOfDay + 3_600_000 * hour + 60_000 * minute + 1_000 * second + 100 * tenths + rest
  }

  #readDay(bytes: Buffer, at: number): void {
    const startOfDay = Date.parse(`${bytes.toString('latin1', at, at + 10)}T00:00:00.000Z`)
    // The day must be written as it is written back: there is no 30 February.
    insist(
      startOfDay >= 0 &&
        new Date(startOfDay).toISOString().startsWith(bytes.toString('latin1', at, at + this.#day.length)),
    )
    this.#startOfDay = startOfDay
    bytes.copy(this.#day, 0, at, at + this.#day.length)
  }
}

/** The value of two digits; more than any when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]! - 0x30, bytes[at + 1]! - 0x30]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : 1_000
}

function decodeHex(bytes: Uint8Array, from: number, target: Uint8Array, at: number): void {
  let all = 0
  for (let place = 0; place < hashSize; place++) {
    const [high, low] = [hexValues[bytes[from + 2 * place]!]!, hexValues[bytes[from + 2 * place + 1]!]!]
    all |= high | low
    target[at + place] = (high << 4) | low
  }
  insist(all < 16)
}

/** Decodes 32 bytes of base64 that end where their text may be overwritten: from behind, so that nothing unread is lost. */
function decodeSalt(bytes: Uint8Array, from: number, at: number): void {
  insist(bytes[from + saltLength - 1] === 0x3d)
  let all = 0
  for (let group = 10; group >= 0; group--) {
    const a = base64Values[bytes[from + 4 * group]!]!
    const b = base64Values[bytes[from + 4 * group + 1]!]!
    const c = base64Values[bytes[from + 4 * group + 2]!]!
    const d = group === 10 ? 0 : base64Values[bytes[from + 4 * group + 3]!]!
    all |= a | b | c | d
    // The last group is two bytes; the digits' spare bits must be zero, so that a salt has one text.
    if (group === 10) insist((c & 3) === 0)
    else bytes[at + 3 * group + 2] = (c << 6) | d
    bytes[at + 3 * group + 1] = (b << 4) | (c >> 2)
    bytes[at + 3 * group] = (a << 2) | (b >> 4)
  }
  insist(all < 64)
}

function valuesOf(digits: string): Uint8Array {
  const values = new Uint8Array(256).fill(255)
  for (let value = 0; value < digits.length; value++) values[digits.charCodeAt(value)] = value
  return values
}

function holds(bytes: Uint8Array, at: number, mark: Uint8Array): boolean {
  return equals(bytes, at, mark, 0, mark.length)
}

function equals(bytes: Uint8Array, at: number, others: Uint8Array, otherAt: number, length: number): boolean {
  for (let place = 0; place < length; place++) if (bytes[at + place] !== others[otherAt + place]) return false
  return true
}

/** A line with the leaf's prefix, where it lies: the line feed before it becomes the prefix. */
function prefixed(bytes: Buffer, start: number, end: number): Buffer {
  if (start === 0) return Buffer.concat([Buffer.of(0), bytes.subarray(0, end)])
  bytes[start - 1] = 0
  return bytes.subarray(start - 1, end)
}

/** Decompressed bytes, in one piece from the start: joining pieces costs as much as unpacking them. */
function unpack(packed: Uint8Array): Buffer {
  return zstdDecompressSync(packed, { chunkSize: Math.min(largestPiece, Math.max(64, contentSize(packed))) })
}

const largestPiece = 128 * 1024 * 1024
const defaultPiece = 1024 * 1024

/** What a zstd frame says of its content (RFC 8878 section 3.1.1.1), whether it is true or not. */
function contentSize(packed: Uint8Array): number {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  if (packed.length < 18 || view.getUint32(0, true) !== 0xfd2fb528) return defaultPiece
  const descriptor = view.getUint8(4)
  const [flag, single] = [descriptor >> 6, (descriptor >> 5) & 1]
  const at = 5 + (1 - single) + [0, 1, 2, 4][descriptor & 3]!
  if (flag === 0) return single === 1 ? view.getUint8(at) : defaultPiece
  if (flag === 1) return view.getUint16(at, true) + 256
  return flag === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}
