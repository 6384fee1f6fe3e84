import { IGNORE, SURROGATE, WORD } from './char-class.ts'
import { classOf, unfold } from './fold-table.ts'
import {
  addPair,
  HASH_PRIME,
  HASH_SEED,
  hashUnits,
  inFilter,
  makePairTable,
  setFilter,
  slotOf,
  type PairTable,
} from './word-table.ts'

/** Terms of `match: contains`: folded text with single spaces, found anywhere, inside words too. */
export interface ContainsTable {
  texts: string[]
  rules: number[]
  /** First three units → terms. */
  starts: PairTable
  filter: Uint8Array
}

const START = 3
const SPACE = 32

export function makeContains(terms: readonly [string, number][]): ContainsTable {
  const starts = makePairTable(terms.length)
  const filter = new Uint8Array(8192)
  terms.forEach(([text], index) => {
    const hash = hashUnits(text.slice(0, START))
    addPair(starts, hash, index)
    setFilter(filter, hash)
  })
  return { texts: terms.map(([text]) => text), rules: terms.map(([, rule]) => rule), starts, filter }
}

/** A text folded, runs of anything but letters and digits as one space, each unit with its place. */
function foldWithPlaces(text: string): { units: Uint16Array; start: Int32Array; end: Int32Array; length: number } {
  const units = new Uint16Array(text.length * 4 + 4)
  const start = new Int32Array(units.length)
  const end = new Int32Array(units.length)
  let length = 0
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) as number
    const next = at + (codePoint > 0xffff ? 2 : 1)
    const entry = classOf(codePoint)
    if ((entry & IGNORE) !== 0) {
      if (length > 0 && units[length - 1] !== SPACE) end[length - 1] = next
    } else {
      const folded = (entry & WORD) === 0 ? ' ' : (entry & SURROGATE) === 0 ? unfold(entry) : text.slice(at, next)
      for (const unit of folded === ' ' && units[length - 1] === SPACE ? '' : folded.split('')) {
        units[length] = unit.charCodeAt(0)
        start[length] = at
        end[length++] = next
      }
    }
    at = next
  }
  return { units, start, end, length }
}

/** Reports every place where a contained term stands. */
export function findContained(
  table: ContainsTable,
  text: string,
  report: (rule: number, start: number, end: number) => void,
): void {
  const folded = foldWithPlaces(text)
  const { pairs, mask } = table.starts
  for (let at = 0; at + START <= folded.length; at++) {
    let hash = HASH_SEED
    for (let k = 0; k < START; k++) hash = Math.imul(hash ^ (folded.units[at + k] as number), HASH_PRIME)
    if (!inFilter(table.filter, hash)) continue
    for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      const term = (pairs[slot * 2 + 1] as number) - 1
      const wanted = table.texts[term] as string
      if (pairs[slot * 2] !== hash || at + wanted.length > folded.length) continue
      let k = 0
      while (k < wanted.length && wanted.charCodeAt(k) === folded.units[at + k]) k++
      if (k === wanted.length)
        report(table.rules[term] as number, folded.start[at] as number, folded.end[at + k - 1] as number)
    }
  }
}
