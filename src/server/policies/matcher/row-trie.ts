import { addPair, makePairTable, slotOf, type PairTable } from './word-table.ts'

/** Rows of words as a trie over word numbers. Node 0 is no node. */
export interface RowTrie {
  /** First node of the rows that begin with a word. */
  roots: Int32Array
  parents: Int32Array
  labels: Int32Array
  depths: Uint8Array
  hasNext: Uint8Array
  /** First target of the rows that end here, or -1. */
  targets: Int32Array
  steps: PairTable
  /** One bit for each step: rejects most pairs of words that no row has. */
  filter: Int32Array
}

function stepHash(node: number, word: number): number {
  return Math.imul(Math.imul(node, 0x9e3779b1) ^ word, 0x85ebca6b)
}

function filterBit(trie: RowTrie, hash: number): number {
  return (hash ^ (hash >>> 13)) & (trie.filter.length * 32 - 1)
}

/** False when no row goes from `node` on to `word`; true when one may. */
export function mayStep(trie: RowTrie, node: number, word: number): boolean {
  const bit = filterBit(trie, stepHash(node, word))
  return (((trie.filter[bit >>> 5] as number) >>> (bit & 31)) & 1) !== 0
}

/** Node after `node` by `word`, or 0. */
export function stepFrom(trie: RowTrie, node: number, word: number): number {
  const { pairs, mask } = trie.steps
  const hash = stepHash(node, word)
  for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
    const child = (pairs[slot * 2 + 1] as number) - 1
    if (child < 0) return 0
    if (pairs[slot * 2] === hash && trie.parents[child] === node && trie.labels[child] === word) return child
  }
}

/** An empty trie for at most `rowWords` words of rows over `words` words. */
export function makeRowTrie(words: number, rowWords: number): RowTrie & { count: number } {
  const steps = makePairTable(rowWords)
  return {
    count: 1,
    roots: new Int32Array(words),
    parents: new Int32Array(rowWords + 1),
    labels: new Int32Array(rowWords + 1),
    depths: new Uint8Array(rowWords + 1),
    hasNext: new Uint8Array(rowWords + 1),
    targets: new Int32Array(rowWords + 1).fill(-1),
    steps,
    filter: new Int32Array((steps.mask + 1) >>> 2),
  }
}

function addStep(trie: RowTrie, hash: number, child: number): void {
  addPair(trie.steps, hash, child)
  const bit = filterBit(trie, hash)
  trie.filter[bit >>> 5] = (trie.filter[bit >>> 5] as number) | (1 << (bit & 31))
}

/** Adds a row and answers its last node. */
export function addRow(trie: RowTrie & { count: number }, words: ArrayLike<number>): number {
  let node = 0
  for (let k = 0; k < words.length; k++) {
    const word = words[k] as number
    const known: number = k === 0 ? (trie.roots[word] as number) : stepFrom(trie, node, word)
    if (known !== 0) {
      node = known
      continue
    }
    const fresh = trie.count++
    trie.parents[fresh] = node
    trie.labels[fresh] = word
    trie.depths[fresh] = Math.min(k + 1, 255)
    if (k === 0) trie.roots[word] = fresh
    else {
      addStep(trie, stepHash(node, word), fresh)
      trie.hasNext[node] = 1
    }
    node = fresh
  }
  return node
}

/** Adds the steps between nodes to fresh tables of the right size. */
function setSteps(trie: RowTrie, count: number): void {
  let steps = 0
  for (let node = 1; node < count; node++) if (trie.parents[node] !== 0) steps++
  trie.steps = makePairTable(steps)
  trie.filter = new Int32Array((trie.steps.mask + 1) >>> 2)
  for (let node = 1; node < count; node++) {
    const parent = trie.parents[node] as number
    if (parent !== 0) addStep(trie, stepHash(parent, trie.labels[node] as number), node)
  }
}

/** Gives back the room that shared beginnings saved. */
export function trimRowTrie(trie: RowTrie & { count: number }): RowTrie {
  const { count } = trie
  const trimmed: RowTrie = {
    roots: trie.roots,
    parents: trie.parents.slice(0, count),
    labels: trie.labels.slice(0, count),
    depths: trie.depths.slice(0, count),
    hasNext: trie.hasNext.slice(0, count),
    targets: trie.targets.slice(0, count),
    steps: trie.steps,
    filter: trie.filter,
  }
  setSteps(trimmed, count)
  return trimmed
}
