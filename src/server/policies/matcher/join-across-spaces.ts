import { aligned, alignWord } from './align-word.ts'
import { G_NEWLINE, G_SPACE, LETTER } from './char-class.ts'
import { readStream, S } from './letter-stream.ts'
import {
  bitsOf,
  HASH_PRIME,
  HASH_SEED,
  inFilter,
  lengthBit,
  PREFIX_MAX,
  PREFIX_MIN,
  slotOf,
  type PairTable,
  type WordTable,
} from './word-table.ts'
import { addHit, VIA_SPACED, VIA_STRICT, W } from './workspace.ts'

/** Words put together across spaces, at most. */
const MOST_PIECES = 4
const LONGEST_PIECE = 32
const SHORTEST_WORD = 6

function find(words: WordTable, table: PairTable, text: string, hash: number, token: number, last: number): void {
  const { pairs, mask } = table
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    const id = (pairs[slot * 2 + 1] as number) - 1
    const size = (words.offsets[id + 1] as number) - (words.offsets[id] as number)
    if (pairs[slot * 2] !== hash || size < SHORTEST_WORD) continue
    if (!alignWord(words, id, text, 0, S.length - 1, true)) continue
    const end = S.token[aligned.end] as number
    if (end === token || (words.isPrefix[id] === 0 && end !== last)) continue
    addHit(
      id,
      W.tokenStart[token] as number,
      W.tokenEnd[end] as number,
      token,
      end,
      aligned.flags | VIA_SPACED | VIA_STRICT,
    )
  }
}

function joinFrom(words: WordTable, text: string, token: number, last: number): void {
  readStream(text, W.tokenStart[token] as number, W.tokenEnd[last] as number, token, true)
  S.spaced = true
  let hash = HASH_SEED
  let size = 0
  let coarse = -1
  let lengths = 0
  for (let item = 0; item < S.length; item++) {
    if (S.kind[item] !== 0 || S.coarse[item] === coarse) continue
    coarse = S.coarse[item] as number
    hash = Math.imul(hash ^ coarse, HASH_PRIME)
    if (++size === PREFIX_MIN) {
      if (!inFilter(words.skeletonFilter, hash)) return
      lengths = bitsOf(words.prefixSkeletonLengths, hash)
    }
    if (last === token + 1 && size >= PREFIX_MIN && size <= PREFIX_MAX && (lengths & lengthBit(size)) !== 0) {
      find(words, words.prefixSkeleton, text, hash, token, last)
    }
  }
  find(words, words.wholeSkeleton, text, hash, token, last)
}

/** The strict view: words that are one word of the lexicon when the spaces between them are left out. */
export function joinAcrossSpaces(words: WordTable, text: string): void {
  for (let token = 0; token + 1 < W.tokens; token++) {
    for (let last = token + 1; last < W.tokens && last < token + MOST_PIECES; last++) {
      const gap = W.tokenGap[last] as number
      const bits = W.tokenBits[last] as number
      if ((gap & ~(G_SPACE | G_NEWLINE)) !== 0 || (bits & LETTER) === 0) break
      if ((W.tokenEnd[last] as number) - (W.tokenStart[token] as number) > LONGEST_PIECE * 2) break
      joinFrom(words, text, token, last)
    }
  }
}
