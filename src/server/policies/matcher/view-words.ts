import { CAMEL, IGNORE, MASKED, SURROGATE, WORD } from './char-class.ts'
import { aligned, alignWord, isLetterItem } from './align-word.ts'
import { classOf } from './fold-table.ts'
import { resolveWord } from './look-up-word.ts'
import type { TextField } from './lexicon.ts'
import { JOIN_ITEM, LEET_ITEM, LETTER_ITEM, OPENING, readStream, S, WALL_ITEM } from './letter-stream.ts'
import { cutParts, segmentLetters } from './segment-letters.ts'
import {
  bitsOf,
  HASH_PRIME,
  HASH_SEED,
  inFilter,
  lengthBit,
  PREFIX_MAX,
  PREFIX_MIN,
  slotOf,
  type WordTable,
} from './word-table.ts'
import { addHit, VIA_FOLDED, VIA_HASHTAG, VIA_JOINED, VIA_LEET, VIA_SPACED, W } from './workspace.ts'

/** Pieces are put together up to this many letters, which keeps the work linear. */
const LONGEST_JOINED = 64
/** The same letter this often in pieces put together is no word. */
const MOST_REPEATED = 5
/** Digits after a word, as in a footnote mark, that may be left out. */
const LONGEST_TAIL = 12
const SHORTEST_TRIMMED = 5
const SIGNS = new Set(Array.from('$€£¥', (sign) => sign.charCodeAt(0)))

const CLOSING = new Set(Array.from(')]', (sign) => sign.charCodeAt(0)))
/** Letters of a run like "s-a-n-s-r-i-s-q-u-e" that may be more than one word. */
const LONG_RUN = 8

const pieces = { length: 0, from: new Int32Array(256), to: new Int32Array(256) }

function cutPieces(): void {
  if (pieces.from.length < S.length) {
    pieces.from = new Int32Array(S.length * 2)
    pieces.to = new Int32Array(S.length * 2)
  }
  let length = 0
  for (let item = 0; item < S.length; item++) {
    if (!isLetterItem(item)) continue
    if (item > 0 && isLetterItem(item - 1)) pieces.to[length - 1] = item
    else {
      pieces.from[length] = item
      pieces.to[length] = item
      length++
    }
  }
  pieces.length = length
}

/** Notes a word found between two items, with the tokens that its letters lie in. */
function noteWord(id: number, from: number, to: number, flags: number): void {
  // A sign in front belongs to no token of its own; a digit does.
  let first = from
  while (first < to && S.kind[first] !== LETTER_ITEM && S.digit[first] === 0) first++
  addHit(id, S.start[from] as number, S.end[to] as number, S.token[first] as number, S.token[to] as number, flags)
}

/** True for "10th", "2nd", "1er": a number with its ending, whatever word it looks like. */
function isOrdinal(text: string, from: number, to: number): boolean {
  return (
    S.digit[from] !== 0 && /^\d+(?:st|nd|rd|th|er|ere|e|eme|s|k|m|h|g|x)$/i.test(text.slice(S.start[from], S.end[to]))
  )
}

/** The word before a sign that stands for a letter is not meant where a longer one goes on after it: "garanti€s". */
function forgetBeginning(from: number, to: number): void {
  const token = S.token[from] as number
  if (token !== S.token[to] && W.tokenStart[token] === S.start[from]) W.tokenWord[token] = 0
}

/** Notes the whole words that the letters between two items are; answers whether there was one. */
function findWhole(
  words: WordTable,
  text: string,
  hash: number,
  from: number,
  to: number,
  trimmed: boolean,
  joined: boolean,
): boolean {
  const { pairs, mask } = words.wholeSkeleton
  let found = false
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    W.steps++
    if (pairs[slot * 2] !== hash) continue
    const id = (pairs[slot * 2 + 1] as number) - 1
    const size = (words.offsets[id + 1] as number) - (words.offsets[id] as number)
    // A word of one letter is never put together from pieces.
    if (joined && size === 1) continue
    if (!alignWord(words, id, text, from, to, false)) continue
    if (trimmed ? size < SHORTEST_TRIMMED : (aligned.flags & ~VIA_FOLDED) === 0) continue
    if (isOrdinal(text, from, to)) continue
    noteWord(id, from, to, trimmed ? aligned.flags | VIA_LEET : aligned.flags)
    if (!joined && !trimmed) forgetBeginning(from, to)
    found = true
  }
  return found
}

/** Item at which a starred word ends that was complete at `item` of piece `piece`. */
function tailEnd(piece: number, first: number, item: number): number {
  let at = piece
  while (at < pieces.length - 1 && (pieces.to[at] as number) < item) at++
  if (at === first) return pieces.to[at] as number
  let extra = 0
  while (at < pieces.length - 1 && extra < LONGEST_TAIL && pieces.from[at + 1] === pieces.to[at + 1]) {
    if (
      S.kind[(pieces.from[at + 1] as number) - 1] === WALL_ITEM ||
      (pieces.from[at + 1] as number) - (pieces.to[at] as number) > 2
    )
      break
    at++
    extra++
  }
  return pieces.to[at] as number
}

function findPrefix(words: WordTable, text: string, hash: number, from: number, piece: number, first: number): void {
  const { pairs, mask } = words.prefixSkeleton
  const limit = pieces.to[Math.min(pieces.length - 1, first + LONGEST_JOINED)] as number
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    W.steps++
    if (pairs[slot * 2] !== hash) continue
    const id = (pairs[slot * 2 + 1] as number) - 1
    if (!alignWord(words, id, text, from, limit, false)) continue
    if ((aligned.flags & ~VIA_FOLDED) !== 0) noteWord(id, from, tailEnd(piece, first, aligned.end), aligned.flags)
  }
}

/** Takes `count` hits from `from` on out again. */
function dropHits(from: number, count: number): void {
  for (const column of [W.hitWord, W.hitStart, W.hitEnd, W.hitFirst, W.hitLast, W.hitFlags])
    column.copyWithin(from, from + count, W.hits)
  W.hits -= count
}

/** True when a piece may go on from the one before: not a sign alone after a whole word, not the plural of "notice(s)". */
function joins(text: string, piece: number): boolean {
  const from = pieces.from[piece] as number
  const to = pieces.to[piece] as number
  if (S.kind[from - 1] === WALL_ITEM) return false
  if (pieces.to[piece - 1] === pieces.from[piece - 1]) return true
  let letter = from
  while (letter <= to && S.kind[letter] !== LETTER_ITEM) letter++
  if (letter > to) return false
  if (to - from > 1 || S.unit[from - 1] !== OPENING || S.kind[from - 1] !== JOIN_ITEM) return true
  return !CLOSING.has(text.charCodeAt(S.end[to] as number))
}

/** Puts the pieces from `first` on together, letter by letter, and looks each beginning up. */
function joinPieces(words: WordTable, text: string, first: number, from: number): void {
  let hash = HASH_SEED
  let size = 0
  let lastCoarse = -1
  let lengths = 0
  let letters = 0
  let same = 0
  let noted = 0
  let notedFrom = 0
  for (let piece = first; piece < pieces.length; piece++) {
    const begin = piece === first ? from : (pieces.from[piece] as number)
    const end = pieces.to[piece] as number
    if (piece > first && (letters > LONGEST_JOINED || !joins(text, piece))) return
    let trimmedAt = -1
    let trimmedHash = 0
    for (let item = begin; item <= end; item++) {
      W.steps++
      letters++
      const coarse = S.coarse[item] as number
      if (coarse === lastCoarse) {
        if (++same > MOST_REPEATED && piece > first) return
      } else {
        lastCoarse = coarse
        same = 0
        hash = Math.imul(hash ^ coarse, HASH_PRIME)
        size++
        if (size === PREFIX_MIN) {
          if (!inFilter(words.skeletonFilter, hash)) return
          lengths = bitsOf(words.prefixSkeletonLengths, hash)
        }
        if (size >= PREFIX_MIN && size <= PREFIX_MAX && (lengths & lengthBit(size)) !== 0)
          findPrefix(words, text, hash, from, piece, first)
        if (size > words.maxSkeleton && lengths === 0) return
      }
      if (S.kind[item] === LETTER_ITEM) {
        trimmedAt = item
        trimmedHash = hash
      }
    }
    if (size > words.maxSkeleton) continue
    const before = W.hits
    const found = findWhole(words, text, hash, from, end, false, piece > first)
    if (found) {
      // The longest word put together from here is the one that is meant.
      const count = W.hits - before
      if (noted > 0) dropHits(notedFrom, noted)
      noted = count
      notedFrom = W.hits - count
    } else if (trimmedAt >= begin && trimmedAt < end)
      findWhole(words, text, trimmedHash, from, trimmedAt, true, piece > first)
  }
}

function viewPieces(words: WordTable, text: string): void {
  cutPieces()
  for (let piece = 0; piece < pieces.length; piece++) {
    const from = pieces.from[piece] as number
    const to = pieces.to[piece] as number
    joinPieces(words, text, piece, from)
    let letter = from
    while (letter < to && S.kind[letter] === LEET_ITEM) letter++
    if (letter > from) joinPieces(words, text, piece, letter)
  }
  if (pieces.length >= LONG_RUN) viewMarkedRuns(words, text)
}

/** Looks for words in runs of single letters with a mark between each two: "s-a-n-s-r-i-s-q-u-e". */
function viewMarkedRuns(words: WordTable, text: string): void {
  for (let piece = 0; piece < pieces.length; piece++) {
    const first = piece
    while (piece < pieces.length && isSingle(piece) && (piece === first || isMarked(piece))) piece++
    if (piece - first < LONG_RUN) continue
    segmentLetters(words, text, pieces.from[first] as number, pieces.to[piece - 1] as number, VIA_SPACED, false)
    piece--
  }
}

function isSingle(piece: number): boolean {
  return pieces.from[piece] === pieces.to[piece]
}

function isMarked(piece: number): boolean {
  const from = pieces.from[piece] as number
  return from - (pieces.to[piece - 1] as number) === 2 && S.kind[from - 1] === JOIN_ITEM
}

/** Cuts hashtags and words with inner capitals into their parts. */
function viewParts(words: WordTable, text: string, first: number, end: number, kind: TextField['kind']): void {
  for (let item = 0, token = first; token < end; token++) {
    const start = W.tokenStart[token] as number
    const tagged = isTagged(text, start) || (kind === 'short' && W.tokens === 1)
    const bits = W.tokenBits[token] as number
    if ((!tagged && (bits & (CAMEL | IGNORE)) === 0) || (bits & MASKED) !== 0) continue
    while (item < S.length && (S.start[item] as number) < start) item++
    let to = item
    while (to + 1 < S.length && (S.start[to + 1] as number) < (W.tokenEnd[token] as number)) to++
    if (item >= S.length) return
    if (tagged || (bits & CAMEL) !== 0) cutParts(words, text, item, to, tagged ? VIA_HASHTAG : VIA_JOINED, tagged)
    // Words with nothing but an invisible character between them.
    if ((bits & IGNORE) !== 0) segmentLetters(words, text, item, to, VIA_FOLDED, true)
  }
}

function isTagged(text: string, start: number): boolean {
  const sign = start > 0 ? text.charCodeAt(start - 1) : 0
  return sign === 35 || sign === 0xff03
}

/** Offset after the currency signs that end the word at `end`, written for its last letters: "return$". */
function signsEnd(text: string, end: number, to: number): number {
  let at = end
  while (at < to && SIGNS.has(text.charCodeAt(at))) at++
  return at < to && (classOf(text.charCodeAt(at)) & (WORD | SURROGATE)) !== 0 ? end : at
}

/** Takes such signs into the words found in the chunk. */
function takeSigns(words: WordTable, text: string, first: number, to: number): void {
  for (let hit = W.hits - 1; hit >= 0 && (W.hitFirst[hit] as number) >= first; hit--) {
    const end = signsEnd(text, W.hitEnd[hit] as number, to)
    if (end === W.hitEnd[hit]) continue
    W.hitEnd[hit] = end
    W.hitFlags[hit] = (W.hitFlags[hit] as number) | VIA_LEET
  }
  for (let token = first; token < W.tokens; token++) {
    const word = W.tokenWord[token] as number
    const end = word === 0 ? 0 : signsEnd(text, W.tokenEnd[token] as number, to)
    if (word === 0 || end === W.tokenEnd[token]) continue
    W.tokenWord[token] = 0
    const start = W.tokenStart[token] as number
    const id = resolveWord(words, word - 1, text, start, W.tokenEnd[token] as number)
    if (id >= 0) addHit(id, start, end, token, token, VIA_LEET)
  }
}

/** Looks at the tokens between two spaces in every view that their looks call for. `end` is exclusive. */
export function viewChunk(
  words: WordTable,
  text: string,
  first: number,
  end: number,
  from: number,
  to: number,
  kind: TextField['kind'],
): void {
  takeSigns(words, text, first, to)
  readStream(text, from, to, first, false)
  const { either } = S
  viewParts(words, text, first, end, kind)
  viewPieces(words, text)
  if (!either) return
  readStream(text, from, to, first, true)
  viewPieces(words, text)
}

/** Looks at a run of single letters with spaces between them, tokens `first` to `last`. */
export function viewRun(words: WordTable, text: string, first: number, last: number): void {
  const from = W.tokenStart[first] as number
  const to = W.tokenEnd[last] as number
  readStream(text, from, to, first, false)
  S.spaced = true
  const { either } = S
  segmentLetters(words, text, 0, S.length - 1, VIA_SPACED, false)
  if (!either) return
  readStream(text, from, to, first, true)
  S.spaced = true
  segmentLetters(words, text, 0, S.length - 1, VIA_SPACED, false)
}
