import { listedStreams } from './stream-directory.ts'
import type { StreamSpan } from './entry-layout.ts'

/** One counted stream of a seal: `kind id`, its first number there, and how many follow without a gap. */
export type StreamCount = readonly [key: string, first: number, count: number]

interface Counted {
  readonly listed: number
  readonly id: Uint8Array
  readonly first: number
  count: number
}

const smallest = 256

/**
 * Counts the entries of each listed stream from the bytes of their ids: a text made for each entry, to look it up, would
 * cost more than everything else about it.
 */
export class StreamCounts {
  readonly #streams: Counted[] = []
  /** Open addressing: place in `#streams` + 1; 0 is free. */
  #slots = new Int32Array(smallest)

  /** Counts one entry's stream; false when its number does not follow the last one. */
  take(bytes: Uint8Array, stream: Pick<StreamSpan, 'listed' | 'from' | 'to' | 'number'>): boolean {
    const { listed, from, to, number } = stream
    let slot = startOf(listed, bytes, from, to) & (this.#slots.length - 1)
    for (let place = this.#slots[slot]!; place !== 0; place = this.#slots[slot]!) {
      const known = this.#streams[place - 1]!
      if (known.listed === listed && equals(known.id, bytes, from, to)) return number === known.first + known.count++
      slot = (slot + 1) & (this.#slots.length - 1)
    }
    this.#slots[slot] = this.#streams.push({
      listed,
      id: Uint8Array.prototype.slice.call(bytes, from, to),
      first: number,
      count: 1,
    })
    if (2 * this.#streams.length > this.#slots.length) this.#widen()
    return true
  }

  list(): StreamCount[] {
    return this.#streams.map(({ listed, id, first, count }) => [
      `${listedStreams[listed]} ${Buffer.from(id).toString('latin1')}`,
      first,
      count,
    ])
  }

  #widen(): void {
    this.#slots = new Int32Array(2 * this.#slots.length)
    this.#streams.forEach(({ listed, id }, at) => {
      let slot = startOf(listed, id, 0, id.length) & (this.#slots.length - 1)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1)
      this.#slots[slot] = at + 1
    })
  }
}

/** Where the search for a stream begins (FNV-1a; of an id's end, where ids differ). */
function startOf(listed: number, bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5 ^ listed
  for (let at = Math.max(from, to - 16); at < to; at++) value = Math.imul(value ^ bytes[at]!, 0x01000193)
  return value ^ (value >>> 15)
}

function equals(id: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (id.length !== to - from) return false
  for (let at = 0; at < id.length; at++) if (id[at] !== bytes[from + at]) return false
  return true
}
