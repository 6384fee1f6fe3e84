import { EXTEND, IGNORE } from './char-class.ts'
import { classOf } from './fold-table.ts'

/** A text as the eye sees it where overrides turn it round, with the place of each unit in the original. */
export interface VisualText {
  text: string
  /** Offset in the original of each unit; one more at the end. */
  places: Int32Array
}

const RLO = 0x202e
const LRO = 0x202d
const OPENERS = new Set([0x202a, 0x202b, 0x2066, 0x2067, 0x2068])
const CLOSERS = new Set([0x202c, 0x2069])
const DEEPEST = 8

/** True when a text has a right-to-left override, which turns Latin letters round. */
export function hasOverride(text: string): boolean {
  return text.includes('\u202e')
}

/** Turns the clusters in `order` from `from` to `to` (exclusive) round. */
function reverse(order: Int32Array, from: number, to: number): void {
  order.subarray(from, to).reverse()
}

/** Clusters of one line as they are seen: their indexes in `order`, highest level first (L2). */
function orderLine(order: Int32Array, levels: Uint8Array, count: number): void {
  let highest = 0
  for (let at = 0; at < count; at++) {
    order[at] = at
    highest = Math.max(highest, levels[at] as number)
  }
  for (let level = highest; level >= 1; level--) {
    for (let at = 0; at < count;) {
      if ((levels[at] as number) < level) {
        at++
        continue
      }
      const from = at
      while (at < count && (levels[at] as number) >= level) at++
      reverse(order, from, at)
    }
  }
}

function isControl(unit: number): boolean {
  return (unit >= 0x202a && unit <= 0x202e) || (unit >= 0x2066 && unit <= 0x2069)
}

/**
 * Applies right-to-left overrides, line by line, as the bidirectional algorithm does for the explicit ones (UAX #9, X4, X5
 * and L2; nesting beyond eight levels stays at the eighth). Control characters are left out; marks stay with their letter.
 */
export function reorderBidi(text: string): VisualText {
  const starts = new Int32Array(text.length + 1)
  const levels = new Uint8Array(text.length + 1)
  const order = new Int32Array(text.length + 1)
  const units = Buffer.alloc(text.length * 2)
  const places = new Int32Array(text.length + 1)
  let length = 0
  let count = 0
  let stack = [0]
  const put = (at: number): void => {
    units.writeUInt16LE(text.charCodeAt(at), length * 2)
    places[length++] = at
  }
  const flush = (): void => {
    orderLine(order, levels, count)
    for (let place = 0; place < count; place++) {
      const cluster = order[place] as number
      const to = starts[cluster + 1] as number
      for (let at = starts[cluster] as number; at < to && !isControl(text.charCodeAt(at)); at++) put(at)
    }
    count = 0
  }
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) as number
    const width = codePoint > 0xffff ? 2 : 1
    const level = stack.at(-1) ?? 0
    if (codePoint === 10) {
      starts[count] = at
      flush()
      put(at)
      stack = [0]
    } else if (codePoint === RLO || codePoint === LRO) {
      const wanted = codePoint === RLO ? level + 1 + (level & 1) : level + 2 - (level & 1)
      stack.push(wanted > DEEPEST ? level : wanted)
    } else if (OPENERS.has(codePoint)) stack.push(level)
    else if (CLOSERS.has(codePoint)) {
      if (stack.length > 1) stack.pop()
    } else {
      const entry = classOf(codePoint)
      if (count === 0 || (entry & (IGNORE | EXTEND)) === 0 || levels[count - 1] !== level) {
        starts[count] = at
        levels[count++] = level
      }
      starts[count] = at + width
    }
    at += width
  }
  starts[count] = text.length
  flush()
  places[length] = text.length
  return { text: units.toString('utf16le', 0, length * 2), places: places.subarray(0, length + 1) }
}
