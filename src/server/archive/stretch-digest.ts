import { hash } from 'node:crypto'
import { columnKinds, type EntryLayout } from './entry-layout.ts'

/** What the database must answer about a stretch of entries; see `holdsStretch`. */
export interface Stretch {
  readonly firstIndex: number
  readonly endIndex: number
  /** The stretch's earliest and latest `recordedAt`. */
  readonly from: string
  readonly to: string
  /** One digest of all that the database keeps of these entries, column by column. */
  readonly digest: string
}

/** Entries of one comparison with the database: more make its sorts and texts outgrow the caches. */
const stretchLength = 5_000
const hashSize = 32
const uuidLength = 36
const newline = 0x0a
/** Microseconds from 1970 to 2000, where Postgres begins to count. */
const postgresEpoch = 946_684_800_000_000
const fields = ['id', 'header', 'numbers', 'class', 'type', ...columnKinds] as const
const fieldCount = 2 * fields.length

/** Column after column of one stretch is put here; one for all readers of a thread. */
let scratch = Buffer.allocUnsafeSlow(4 * 1024 * 1024)

/**
 * Remembers where the parts of a seal's entries stand, and makes of each stretch the digest that Postgres makes of its rows:
 * the hash of the hashes of its columns, in the order of `recordedAt` and id. In texts one line feed stands between two rows;
 * none is inside a value that the log holds, so that no value can be moved from one row into the next.
 */
export class StretchDigests {
  readonly #bytes: Buffer
  readonly #firstIndex: number
  readonly #spans: Int32Array
  readonly #sealedAt: Float64Array
  readonly #recordedAt: Float64Array
  #count = 0

  constructor(bytes: Buffer, firstIndex: number, count: number) {
    this.#bytes = bytes
    this.#firstIndex = firstIndex
    this.#spans = new Int32Array(fieldCount * count)
    this.#sealedAt = new Float64Array(count)
    this.#recordedAt = new Float64Array(count)
  }

  /** Notes the next entry. `sealedAt` and `recordedAt` in milliseconds. */
  note(entry: EntryLayout, sealedAt: number, recordedAt: number): void {
    const spans = this.#spans
    const at = fieldCount * this.#count
    spans[at] = entry.id
    spans[at + 1] = entry.id + uuidLength
    spans[at + 2] = entry.header.from
    spans[at + 3] = entry.header.to
    spans[at + 4] = entry.numbers.from
    spans[at + 5] = entry.numbers.to
    spans[at + 6] = entry.retentionClass.from
    spans[at + 7] = entry.retentionClass.to
    spans[at + 8] = entry.type.from
    spans[at + 9] = entry.type.to
    for (let place = 0; place < entry.streamCount; place++) {
      const stream = entry.streams[place]!
      if (stream.column < 0) continue
      spans[at + 10 + 2 * stream.column] = stream.from
      spans[at + 11 + 2 * stream.column] = stream.to
    }
    this.#sealedAt[this.#count] = sealedAt
    this.#recordedAt[this.#count++] = recordedAt
  }

  /** The digests of all stretches. `leaves` and `bodies` are hashes in log order; a body that is not there has only zeros. */
  digest(leaves: Uint8Array, bodies: Uint8Array): Stretch[] {
    const stretches: Stretch[] = []
    for (let start = 0; start < this.#count; start += stretchLength) {
      const end = Math.min(this.#count, start + stretchLength)
      const order = this.#sort(start, end)
      const hashes = [
        this.#numbers(order, (at) => this.#firstIndex + at),
        this.#numbers(order, (at) => 1_000 * this.#sealedAt[at]! - postgresEpoch),
        this.#numbers(order, (at) => 1_000 * this.#recordedAt[at]! - postgresEpoch),
        hashesOf(order, leaves),
        hashesOf(order, bodies),
        ...fields.map((_, field) => this.#texts(order, 2 * field)),
      ]
      // The searchable copy has the type once more.
      hashes.push(hashes[hashes.length - fields.length + fields.indexOf('type')]!)
      stretches.push({
        firstIndex: this.#firstIndex + start,
        endIndex: this.#firstIndex + end,
        from: new Date(this.#recordedAt[order[0]!]!).toISOString(),
        to: new Date(this.#recordedAt[order.at(-1)!]!).toISOString(),
        digest: hash('sha256', Buffer.from(hashes.join(''), 'latin1'), 'hex'),
      })
    }
    return stretches
  }

  /** The places of a stretch by `recordedAt` and id; mostly they stand so. */
  #sort(start: number, end: number): Uint32Array {
    const order = new Uint32Array(end - start)
    let sorted = true
    for (let at = start; at < end; at++) {
      order[at - start] = at
      if (at > start && this.#compare(at - 1, at) > 0) sorted = false
    }
    return sorted ? order : order.sort((one, other) => this.#compare(one, other))
  }

  #compare(one: number, other: number): number {
    const later = this.#recordedAt[one]! - this.#recordedAt[other]!
    if (later !== 0) return later
    const [first, second] = [this.#spans[fieldCount * one]!, this.#spans[fieldCount * other]!]
    for (let at = 0; at < uuidLength; at++) {
      const difference = this.#bytes[first + at]! - this.#bytes[second + at]!
      if (difference !== 0) return difference
    }
    return 0
  }

  /** Whole numbers of eight bytes, as Postgres sends them. */
  #numbers(order: Uint32Array, valueOf: (at: number) => number): string {
    reserve(8 * order.length)
    for (let at = 0; at < order.length; at++) {
      const value = valueOf(order[at]!)
      scratch.writeInt32BE(Math.floor(value / 2 ** 32), 8 * at)
      scratch.writeInt32BE(value | 0, 8 * at + 4)
    }
    return hash('sha256', scratch.subarray(0, 8 * order.length), 'binary')
  }

  #texts(order: Uint32Array, field: number): string {
    const [bytes, spans] = [this.#bytes, this.#spans]
    let size = order.length
    for (let at = 0; at < order.length; at++) {
      const place = fieldCount * order[at]! + field
      size += spans[place + 1]! - spans[place]!
    }
    reserve(size)
    const target = scratch
    let length = 0
    for (let at = 0; at < order.length; at++) {
      const place = fieldCount * order[at]! + field
      const [from, to] = [spans[place]!, spans[place + 1]!]
      if (at > 0) target[length++] = newline
      // A call costs more than some bytes.
      if (to - from > 100) length += bytes.copy(target, length, from, to)
      else for (let byte = from; byte < to; byte++) target[length++] = bytes[byte]!
    }
    return hash('sha256', target.subarray(0, length), 'binary')
  }
}

function hashesOf(order: Uint32Array, hashes: Uint8Array): string {
  const [first, last] = [order[0]!, order.at(-1)!]
  if (isDense(order)) return hash('sha256', hashes.subarray(hashSize * first, hashSize * (last + 1)), 'binary')
  reserve(hashSize * order.length)
  order.forEach((at, place) => {
    scratch.set(hashes.subarray(hashSize * at, hashSize * (at + 1)), hashSize * place)
  })
  return hash('sha256', scratch.subarray(0, hashSize * order.length), 'binary')
}

function isDense(order: Uint32Array): boolean {
  return order.every((at, place) => at === order[0]! + place)
}

function reserve(length: number): void {
  if (length > scratch.length) scratch = Buffer.allocUnsafeSlow(length)
}
