/**
 * The lexicon's words in flat tables: whole words and prefixes, each twice, as folded and as skeleton.
 *
 * A skeleton is a word without its repeated letters and with the letters that one sign can stand for made one
 * (i and l; a digit and the letter that it imitates). It only finds candidates inside tokens that look odd: each is then
 * compared with the text, letter by letter (`view-words.ts`).
 */

export const HASH_SEED = 0x811c9dc5 | 0
export const HASH_PRIME = 0x01000193
/** Prefixes are indexed by their first letters; shorter ones cannot be written. */
export const PREFIX_MIN = 3
/** Longer prefixes are found by their first letters and then compared whole. */
export const PREFIX_MAX = PREFIX_MIN + 31

/** Open addressing, pairs of hash and value + 1; a load of at most one half. */
export interface PairTable {
  pairs: Int32Array
  mask: number
}

export interface WordTable {
  count: number
  hasPrefixes: boolean
  offsets: Int32Array
  units: Uint16Array
  isPrefix: Uint8Array
  whole: PairTable
  prefix: PairTable
  /** Hash of the first three letters → bits of the prefix lengths that exist after it. */
  prefixLengths: PairTable
  /** One bit for each low 16 bits of that hash: rejects most tokens at once. */
  prefixFilter: Uint8Array
  wholeSkeleton: PairTable
  prefixSkeleton: PairTable
  prefixSkeletonLengths: PairTable
  /** First three letters of any skeleton. */
  skeletonFilter: Uint8Array
  maxSkeleton: number
  /** Other word with the same hash, or -1; a word that has one is stored negatively in `whole`. */
  twins: Int32Array
}

/** Letters as their skeleton class: i for l, a letter for a digit. Identity elsewhere. */
export const COARSE: Uint8Array = Uint8Array.from({ length: 128 }, (_, unit) => {
  const pairs: Record<string, string> = {
    l: 'i',
    '0': 'o',
    '1': 'i',
    '2': 'z',
    '3': 'e',
    '4': 'a',
    '5': 's',
    '6': 'g',
    '7': 't',
    '8': 'b',
    '9': 'g',
  }
  const letter = pairs[String.fromCharCode(unit)]
  return letter === undefined ? unit : letter.charCodeAt(0)
})

export function coarseOf(unit: number): number {
  return unit < 128 ? (COARSE[unit] as number) : unit
}

export function slotOf(hash: number, mask: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 7) & mask
}

export function makePairTable(entries: number): PairTable {
  let size = 8
  while (size < entries * 2) size *= 2
  return { pairs: new Int32Array(size * 2), mask: size - 1 }
}

/** Adds without looking for an equal hash: several values may share one. */
export function addPair(table: PairTable, hash: number, value: number): void {
  const { pairs, mask } = table
  let slot = slotOf(hash, mask)
  while (pairs[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
  pairs[slot * 2] = hash
  pairs[slot * 2 + 1] = value + 1
}

function orBits(table: PairTable, hash: number, bits: number): void {
  const { pairs, mask } = table
  let slot = slotOf(hash, mask)
  while (pairs[slot * 2 + 1] !== 0) {
    if (pairs[slot * 2] === hash) {
      pairs[slot * 2 + 1] = (pairs[slot * 2 + 1] as number) | bits
      return
    }
    slot = (slot + 1) & mask
  }
  pairs[slot * 2] = hash
  pairs[slot * 2 + 1] = bits
}

/** Bits stored under a hash by `orBits`, or 0. */
export function bitsOf(table: PairTable, hash: number): number {
  const { pairs, mask } = table
  let slot = slotOf(hash, mask)
  for (;;) {
    const bits = pairs[slot * 2 + 1] as number
    if (bits === 0 || pairs[slot * 2] === hash) return bits
    slot = (slot + 1) & mask
  }
}

export function hashUnits(text: string): number {
  let hash = HASH_SEED
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), HASH_PRIME)
  return hash
}

export function skeletonOf(word: string): string {
  let skeleton = ''
  let last = -1
  for (let k = 0; k < word.length; k++) {
    const unit = coarseOf(word.charCodeAt(k))
    if (unit !== last) skeleton += String.fromCharCode(unit)
    last = unit
  }
  return skeleton
}

export function setFilter(filter: Uint8Array, hash: number): void {
  const bit = (hash ^ (hash >>> 16)) & 0xffff
  filter[bit >>> 3] = (filter[bit >>> 3] as number) | (1 << (bit & 7))
}

export function inFilter(filter: Uint8Array, hash: number): boolean {
  const bit = (hash ^ (hash >>> 16)) & 0xffff
  return (((filter[bit >>> 3] as number) >>> (bit & 7)) & 1) !== 0
}

/** Bit of a prefix length in `prefixLengths`. */
export function lengthBit(length: number): number {
  return 1 << (Math.min(length, PREFIX_MAX) - PREFIX_MIN)
}

/** Builds the tables. `words` are folded and distinct per kind; `prefixes[k]` tells whether `words[k]` ends in a star. */
export function buildWordTable(words: readonly string[], prefixes: readonly boolean[]): WordTable {
  const offsets = new Int32Array(words.length + 1)
  let total = 0
  for (let k = 0; k < words.length; k++) {
    offsets[k] = total
    total += (words[k] as string).length
  }
  offsets[words.length] = total
  const starred = prefixes.reduce((sum, prefix) => sum + (prefix ? 1 : 0), 0)
  const table: WordTable = {
    count: words.length,
    hasPrefixes: starred > 0,
    offsets,
    units: new Uint16Array(total),
    isPrefix: Uint8Array.from(prefixes, (prefix) => (prefix ? 1 : 0)),
    whole: makePairTable(words.length - starred),
    prefix: makePairTable(starred),
    prefixLengths: makePairTable(starred),
    prefixFilter: new Uint8Array(8192),
    wholeSkeleton: makePairTable(words.length - starred),
    prefixSkeleton: makePairTable(starred),
    prefixSkeletonLengths: makePairTable(starred),
    skeletonFilter: new Uint8Array(8192),
    maxSkeleton: 0,
    twins: new Int32Array(words.length).fill(-1),
  }
  for (let id = 0; id < words.length; id++) addWord(table, id, words[id] as string, prefixes[id] as boolean)
  return table
}

function addWhole(table: WordTable, hash: number, id: number): void {
  const { pairs, mask } = table.whole
  let slot = slotOf(hash, mask)
  for (; pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    if (pairs[slot * 2] !== hash) continue
    table.twins[id] = Math.abs(pairs[slot * 2 + 1] as number) - 1
    pairs[slot * 2 + 1] = -(id + 1)
    return
  }
  pairs[slot * 2] = hash
  pairs[slot * 2 + 1] = id + 1
}

function addWord(table: WordTable, id: number, word: string, starred: boolean): void {
  const from = table.offsets[id] as number
  for (let k = 0; k < word.length; k++) table.units[from + k] = word.charCodeAt(k)
  const skeleton = skeletonOf(word)
  const start = hashUnits(skeleton.slice(0, PREFIX_MIN))
  if (starred) addPair(table.prefix, hashUnits(word.slice(0, PREFIX_MAX)), id)
  else addWhole(table, hashUnits(word), id)
  if (starred) {
    const first = hashUnits(word.slice(0, PREFIX_MIN))
    setFilter(table.prefixFilter, first)
    orBits(table.prefixLengths, first, lengthBit(word.length))
  }
  if (starred && skeleton.length < PREFIX_MIN) return
  addPair(
    starred ? table.prefixSkeleton : table.wholeSkeleton,
    hashUnits(starred ? skeleton.slice(0, PREFIX_MAX) : skeleton),
    id,
  )
  if (starred) orBits(table.prefixSkeletonLengths, start, lengthBit(skeleton.length))
  setFilter(table.skeletonFilter, start)
  table.maxSkeleton = Math.max(table.maxSkeleton, skeleton.length)
}
