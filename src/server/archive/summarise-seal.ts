import { hash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { perfectRoots } from './perfect-roots.ts'
import { listedStreams } from './stream-directory.ts'

/** The stored bytes of one seal. */
export interface SealBytes {
  readonly firstIndex: number
  readonly treeSize: number
  readonly entries: Uint8Array
  readonly bodies: readonly Uint8Array[]
}

/** What the database must answer about a stretch of entries, as digests; see `compareStretch`. */
export interface Stretch {
  readonly firstIndex: number
  readonly endIndex: number
  /** The stretch's earliest and latest `recordedAt`. */
  readonly from: string
  readonly to: string
  readonly leaves: string
  readonly bodies: string
  readonly columns: string
}

/** What a seal without fault says; the tree and the neighbours have still to agree. */
export interface SealSummary {
  /** Leaf hashes, 32 bytes each. */
  readonly leaves: Uint8Array
  /** Roots of the complete tiles of level 0 that lie inside the seal, 32 bytes each. */
  readonly roots: Uint8Array
  readonly firstAt: string
  readonly lastAt: string
  /** Each counted stream (`kind id`): its first number in the seal, and how many follow without a gap. */
  readonly streams: readonly (readonly [key: string, first: number, count: number])[]
  /** Log indexes whose body is not in the seal's files. */
  readonly missing: readonly number[]
  readonly stretches: readonly Stretch[]
}

/** Entries of one comparison with the database: more make its sorts and texts outgrow the caches. */
const stretchLength = 5_000
const idLength = 36
/** What the columns of one stretch say, as text; one for all readers of a thread. */
const columns = Buffer.alloc(stretchLength * 1_024)
const newline = 0x0a
const closingBrace = 0x7d

// The one form in which `append_record` and the sealer write an entry. Another form is no fault: it is looked at slowly.
const shape =
  /^\{"at":"([\dT:.Z-]{24})","h":\{"actor":"([^"\\]*)","bodyHash":"([0-9a-f]{64})","id":"([0-9a-f-]{36})","recordedAt":"([\dT:.Z-]{24})","retentionClass":"([^"\\]*)","streams":\{([^{}\\]*)\},"type":"([^"\\]*)","v":1(?:,"verdict":"[^"\\]*")?\},"n":(\d{1,16}),"sq":\{([^{}\\]*)\}\}$/

/**
 * Recomputes one seal from its stored bytes, in one pass and without parsing JSON: leaves, tile roots, numbers, bodies.
 * `undefined` when anything at all is unusual; the slow way (`walkSeal`, `verifyBodies`) then says what. Pure: runs in threads.
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

interface Counted {
  readonly first: number
  count: number
}

class Unusual extends Error {}

function insist(sound: boolean): asserts sound {
  if (!sound) throw new Unusual()
}

class SealReader {
  readonly #seal: SealBytes
  readonly #count: number
  readonly #leaves: Buffer
  // Bytes and not strings: what survives a line keeps the whole line, and collecting it costs more than hashing.
  readonly #bodies: Buffer
  readonly #ids: Buffer
  readonly #found: Uint8Array
  readonly #stretches: Omit<Stretch, 'bodies'>[] = []
  #columnsLength = 0
  #from = ''
  #to = ''
  readonly #streams = new Map<string, Map<string, Counted>>(listedStreams.map((kind) => [kind, new Map()]))
  #firstAt = ''
  #lastAt = ''

  constructor(seal: SealBytes) {
    this.#seal = seal
    this.#count = seal.treeSize - seal.firstIndex
    this.#leaves = Buffer.allocUnsafeSlow(32 * this.#count)
    this.#bodies = Buffer.alloc(32 * this.#count)
    this.#ids = Buffer.alloc(idLength * this.#count)
    this.#found = new Uint8Array(this.#count)
  }

  readEntries(): void {
    const bytes = unpack(this.#seal.entries)
    let at = 0
    for (let start = 0; start < bytes.length; at++) {
      const end = bytes.indexOf(newline, start)
      insist(end !== -1 && at < this.#count)
      this.#leaves.write(hash('sha256', prefixed(bytes, start, end), 'binary'), 32 * at, 'latin1')
      this.#readEntry(bytes.toString('latin1', start, end), at)
      start = end + 1
    }
    insist(at === this.#count)
  }

  #readEntry(line: string, at: number): void {
    const match = shape.exec(line)
    insist(match !== null && Number(match[9]) === this.#seal.firstIndex + at && match[1]! >= this.#lastAt)
    const [, sealedAt, , bodyHash, id, recordedAt, retentionClass, streams, type, , numbers] = match
    this.#lastAt = sealedAt!
    if (at === 0) this.#firstAt = sealedAt!
    this.#bodies.write(bodyHash!, 32 * at, 'hex')
    this.#ids.write(id!, idLength * at, 'latin1')
    const instant = Date.parse(recordedAt!)
    insist(!Number.isNaN(instant))
    const held = this.#readStreams(streams!, numbers!)
    this.#noteColumns(
      at,
      recordedAt!,
      `${id} ${instant} ${type} ${retentionClass} ${type} ${held.unit} ${held.author} ${held.post} ${held.profile}\n`,
    )
  }

  #noteColumns(at: number, recordedAt: string, text: string): void {
    if (this.#columnsLength === 0) [this.#from, this.#to] = [recordedAt, recordedAt]
    if (recordedAt < this.#from) this.#from = recordedAt
    if (recordedAt > this.#to) this.#to = recordedAt
    insist(this.#columnsLength + text.length <= columns.length)
    this.#columnsLength += columns.write(text, this.#columnsLength, 'latin1')
    if ((at + 1) % stretchLength !== 0 && at + 1 !== this.#count) return
    const start = at - (at % stretchLength)
    this.#stretches.push({
      firstIndex: this.#seal.firstIndex + start,
      endIndex: this.#seal.firstIndex + at + 1,
      // Copies: a slice would keep its line.
      from: Buffer.from(this.#from).toString(),
      to: Buffer.from(this.#to).toString(),
      leaves: hash('sha256', this.#leaves.subarray(32 * start, 32 * (at + 1)), 'hex'),
      columns: hash('sha256', columns.subarray(0, this.#columnsLength), 'hex'),
    })
    this.#columnsLength = 0
  }

  /** Streams and their numbers stand in the same order: canonical JSON sorts both. */
  #readStreams(streams: string, numbers: string): { unit: string; author: string; post: string; profile: string } {
    const held = { unit: '', author: '', post: '', profile: '' }
    let place = 0
    for (let at = 0; at < streams.length;) {
      const kindEnd = streams.indexOf('":"', at + 1)
      const end = streams.indexOf('"', kindEnd + 3)
      insist(kindEnd !== -1 && end !== -1)
      const kind = streams.slice(at + 1, kindEnd)
      const id = streams.slice(kindEnd + 3, end)
      const said = numbers.startsWith(`"${kind}":`, place)
      const numberEnd = numbers.indexOf(',', place)
      insist(said)
      const number = Number(numbers.slice(place + kind.length + 3, numberEnd === -1 ? numbers.length : numberEnd))
      place = numberEnd === -1 ? numbers.length : numberEnd + 1
      this.#countStream(kind, id, number)
      if (kind in held) held[kind as keyof typeof held] = id
      at = end + 2
    }
    insist(place === numbers.length)
    return held
  }

  #countStream(kind: string, id: string, number: number): void {
    const streams = this.#streams.get(kind)
    if (streams === undefined) return
    const known = streams.get(id)
    if (known !== undefined) {
      insist(number === known.first + known.count)
      known.count++
    } else {
      insist(Number.isSafeInteger(number))
      streams.set(id, { first: number, count: 1 })
    }
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
    const idMark = bytes.indexOf(',"id":"', start, 'latin1')
    insist(idMark !== -1 && idMark - start <= 21)
    const index = Number(bytes.toString('latin1', start + 5, idMark))
    const at = index - this.#seal.firstIndex
    insist(Number.isSafeInteger(at) && at >= 0 && at < this.#count && this.#found[at] === 0)
    const id = this.#ids.toString('latin1', idLength * at, idLength * (at + 1))
    const front = `{"n":${index},"id":"${id}","salt":"`
    const saltAt = start + front.length
    const bodyAt = saltAt + saltLength + bodyMark.length
    insist(bytes.toString('latin1', start, saltAt) === front && bytes[end - 1] === closingBrace && bodyAt < end)
    insist(bytes.toString('latin1', saltAt + saltLength, bodyAt) === bodyMark)
    const salt = bytes.toString('latin1', saltAt, saltAt + saltLength)
    insist(
      bytes.write(salt, bodyAt - 32, 32, 'base64') === 32 && bytes.toString('base64', bodyAt - 32, bodyAt) === salt,
    )
    bytes[bodyAt - 33] = 2
    const found = hash('sha256', bytes.subarray(bodyAt - 33, end - 1), 'binary')
    insist(found === this.#bodies.toString('latin1', 32 * at, 32 * (at + 1)))
    this.#found[at] = 1
  }

  summary(): SealSummary {
    const { firstIndex } = this.#seal
    return {
      leaves: this.#leaves,
      roots: perfectRoots(this.#leaves, firstIndex),
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      streams: [...this.#streams].flatMap(([kind, streams]) =>
        [...streams].map(([id, { first, count }]) => [`${kind} ${id}`, first, count] as const),
      ),
      missing: [...this.#found.keys()].filter((at) => this.#found[at] === 0).map((at) => firstIndex + at),
      stretches: this.#stretches.map((stretch) => ({ ...stretch, bodies: this.#hashBodies(stretch) })),
    }
  }

  /** One digest of the hashes of the bodies that are there. */
  #hashBodies({ firstIndex, endIndex }: Pick<Stretch, 'firstIndex' | 'endIndex'>): string {
    const [start, end] = [firstIndex - this.#seal.firstIndex, endIndex - this.#seal.firstIndex]
    const there: Buffer[] = []
    for (let at = start; at < end;) {
      const from = at
      while (at < end && this.#found[at] === 1) at++
      if (at > from) there.push(this.#bodies.subarray(32 * from, 32 * at))
      while (at < end && this.#found[at] === 0) at++
    }
    return hash('sha256', there.length === 1 ? there[0]! : Buffer.concat(there), 'hex')
  }
}

/** A line with the leaf's prefix, where it lies: the line feed before it becomes the prefix. */
function prefixed(bytes: Buffer, start: number, end: number): Buffer {
  if (start === 0) return Buffer.concat([Buffer.of(0), bytes.subarray(0, end)])
  bytes[start - 1] = 0
  return bytes.subarray(start - 1, end)
}

const saltLength = 44
const bodyMark = '","body":'

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
