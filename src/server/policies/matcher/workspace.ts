/**
 * Scratch memory of one scan. One per thread: the matcher is synchronous and never re-enters, so that a scan allocates
 * nothing but its hits. Arrays grow to the longest text seen, and are given back when that was far above the usual.
 */

/** Why a word was not plain; ordered: the highest bit names the hit. */
export const VIA_FOLDED = 1
export const VIA_HASHTAG = 2
export const VIA_REPEATED = 4
export const VIA_EMOJI = 8
export const VIA_SPACED = 16
export const VIA_JOINED = 32
export const VIA_LEET = 64
export const VIA_CONFUSABLE = 128
export const VIA_BIDI = 256
/** Found only by joining words across a space: for rules with `evasion: strict`. */
export const VIA_STRICT = 512
/** Cut inside one token: the next word may begin in the same token. */
export const PART = 1024

/** Too short or too disguised to stand alone: counts only in a row of words. */
export const VAGUE = 4096

const USUAL = 1 << 14
const SPACE = 32

export interface Workspace {
  /** UTF-16 units of the text, and a space that ends it: read faster than a string. */
  units: Uint16Array
  /** Tokens: words and the symbols that some term spells. */
  tokens: number
  tokenStart: Int32Array
  tokenEnd: Int32Array
  /** Class bits of all its characters. */
  tokenBits: Int32Array
  /** Number of folded units. */
  tokenLength: Int32Array
  /** Gap bits of what stands before it. */
  tokenGap: Int32Array
  /** Whole word of the lexicon, plus 1, whose hash the token has; 0 for none. To be compared before it counts. */
  tokenWord: Int32Array
  /** Words of the lexicon found otherwise: beginnings, tags, and what the views saw. */
  hits: number
  hitWord: Int32Array
  hitStart: Int32Array
  hitEnd: Int32Array
  hitFirst: Int32Array
  hitLast: Int32Array
  hitFlags: Int32Array
  /** Elementary steps of the views, for the tests that show linear time. */
  steps: number
}

export const W: Workspace = {
  units: new Uint16Array(0),
  tokens: 0,
  tokenStart: new Int32Array(USUAL),
  tokenEnd: new Int32Array(USUAL),
  tokenBits: new Int32Array(USUAL),
  tokenLength: new Int32Array(USUAL),
  tokenGap: new Int32Array(USUAL),
  tokenWord: new Int32Array(USUAL),
  hits: 0,
  hitWord: new Int32Array(USUAL),
  hitStart: new Int32Array(USUAL),
  hitEnd: new Int32Array(USUAL),
  hitFirst: new Int32Array(USUAL),
  hitLast: new Int32Array(USUAL),
  hitFlags: new Int32Array(USUAL),
  steps: 0,
}

let bytes = Buffer.alloc(0)

function holdText(size: number): void {
  bytes = Buffer.alloc(size * 2)
  W.units = new Uint16Array(bytes.buffer, bytes.byteOffset, size)
}

/** Takes a text in, makes room for its tokens, and clears the last scan. */
export function resetWorkspace(text: string): void {
  const { length } = text
  W.tokens = 0
  W.hits = 0
  const size = Math.max(USUAL, length + 2)
  const held = W.tokenStart.length
  if (W.units.length === 0 || held < size || (held > USUAL * 8 && size * 4 < held)) {
    W.tokenStart = new Int32Array(size)
    W.tokenEnd = new Int32Array(size)
    W.tokenBits = new Int32Array(size)
    W.tokenLength = new Int32Array(size)
    W.tokenGap = new Int32Array(size)
    W.tokenWord = new Int32Array(size)
    holdText(size)
  }
  bytes.write(text, 0, 'utf16le')
  W.units[length] = SPACE
}

/** Notes that `word` of the lexicon stands at a place. */
export function addHit(word: number, start: number, end: number, first: number, last: number, flags: number): void {
  const at = W.hits
  if (at === W.hitWord.length) growHits()
  W.hitWord[at] = word
  W.hitStart[at] = start
  W.hitEnd[at] = end
  W.hitFirst[at] = first
  W.hitLast[at] = last
  W.hitFlags[at] = flags
  W.hits = at + 1
}

function growHits(): void {
  const grow = (array: Int32Array): Int32Array => {
    const larger = new Int32Array(array.length * 2)
    larger.set(array)
    return larger
  }
  W.hitWord = grow(W.hitWord)
  W.hitStart = grow(W.hitStart)
  W.hitEnd = grow(W.hitEnd)
  W.hitFirst = grow(W.hitFirst)
  W.hitLast = grow(W.hitLast)
  W.hitFlags = grow(W.hitFlags)
}
