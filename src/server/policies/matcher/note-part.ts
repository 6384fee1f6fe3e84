import { aligned, alignWord, isLetterItem } from './align-word.ts'
import { S } from './letter-stream.ts'
import {
  bitsOf,
  HASH_PRIME,
  HASH_SEED,
  lengthBit,
  PREFIX_MAX,
  PREFIX_MIN,
  slotOf,
  type PairTable,
  type WordTable,
} from './word-table.ts'
import { addHit, PART, W } from './workspace.ts'

/** Notes every word of the lexicon that the letters between two items are, or begin with. */
export function notePart(words: WordTable, text: string, from: number, to: number, flags: number): void {
  let hash = HASH_SEED
  let size = 0
  let lastCoarse = -1
  let lengths = 0
  for (let item = from; item <= to; item++) {
    W.steps++
    const coarse = S.coarse[item] as number
    if (coarse === lastCoarse || !isLetterItem(item)) continue
    lastCoarse = coarse
    hash = Math.imul(hash ^ coarse, HASH_PRIME)
    if (++size === PREFIX_MIN) lengths = bitsOf(words.prefixSkeletonLengths, hash)
    if (size >= PREFIX_MIN && size <= PREFIX_MAX && (lengths & lengthBit(size)) !== 0)
      notePartWords(words, words.prefixSkeleton, text, hash, from, to, flags)
  }
  notePartWords(words, words.wholeSkeleton, text, hash, from, to, flags)
}

function notePartWords(
  words: WordTable,
  table: PairTable,
  text: string,
  hash: number,
  from: number,
  to: number,
  flags: number,
): void {
  const { pairs, mask } = table
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    const id = (pairs[slot * 2 + 1] as number) - 1
    if (pairs[slot * 2] !== hash || !alignWord(words, id, text, from, to, true)) continue
    addHit(
      id,
      S.start[from] as number,
      S.end[to] as number,
      S.token[from] as number,
      S.token[to] as number,
      aligned.flags | flags | PART,
    )
  }
}
