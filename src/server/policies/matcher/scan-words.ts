import * as C from './char-class.ts'
import { EXPANSIONS } from './fold-table.gen.ts'
import { CLASSES, classOf, narrow } from './fold-table.ts'
import { findLink } from './find-link.ts'
import type { TextField } from './lexicon.ts'
import { lookUpPrefixes, lookUpTag, lookUpWhole, resolveWord } from './look-up-word.ts'
import { viewChunk, viewRun } from './view-words.ts'
import { HASH_PRIME, HASH_SEED, inFilter, PREFIX_MIN, slotOf, type WordTable } from './word-table.ts'
import { resetWorkspace, VIA_FOLDED, W } from './workspace.ts'

/*
 * How text is cut into words, the same for terms and for posts:
 *
 * - A word is a run of letters and digits. Invisible characters and combining marks inside it are skipped.
 * - An apostrophe (' ’ ʼ ` ´ …) after l, d, j, n, m, t, s, c, qu, jusqu, lorsqu, puisqu, quoiqu, quelqu parts the elided
 *   word from the next one; so does the apostrophe of a possessive s. Neither counts as a word in NEAR and PRE. Any other
 *   apostrophe between letters (don't, aujourd'hui, O'Neil) is part of the word.
 * - A hyphen parts words and counts as a space: "risk-free" is "risk free", and the other way round.
 * - Every other mark parts words. A symbol (% & + $ …) that some term spells is a token of its own, not a word.
 */

/** What the scan needs of a compiled matcher. */
export interface ScanTable {
  words: WordTable
  /** Symbols that are tokens because a term spells them; null: every one (when a term is read). */
  symbols: ReadonlySet<number> | null
  hasTags: boolean
  /** Some rule wants more than the plain view. */
  hasViews: boolean
}

const { WORD, IGNORE, SURROGATE, MULTI, EXTEND, LOWER, UPPER, DIGIT, LETTER, FOLDED } = C
const ODD_TOKEN = C.REPEAT | C.CAMEL | C.FOREIGN | C.APOSTROPHE_INSIDE | IGNORE
const SYMBOL_GAP = C.G_SYMBOL | C.G_LEET | C.G_HASH
const SPACE = 32
const PLUS = 43
const HIGH = ~0xffff
/** A plain letter or digit: one unit, which folds to one. */
const ONE_UNIT = WORD | MULTI | SURROGATE | IGNORE
const APOSTROPHE_GAP = C.G_APOSTROPHE | C.G_JOINER
const LONGEST_ELIDED = 6
/** Doubled letters that a word may have before it looks written on purpose: "gguuaarr…". */
const MOST_DOUBLES = 3
const ELIDED_LETTERS = new Set(Array.from('ldjnmtscLDJNMTSC', (letter) => letter.charCodeAt(0)))
const ELIDED_WORDS = new Set(['qu', 'jusqu', 'lorsqu', 'puisqu', 'quoiqu', 'quelqu'])
/** Letters of a run like "g u a r a n t e e d" below which nothing is looked for. */
const SHORTEST_RUN = 4

/** Where the scan stands between two spaces. */
const chunk = { first: 0, start: 0, hits: 0, odd: false, runFirst: -1 }

/** Class of the character at `at`, surrogate pairs included; 0 at the end. */
function entryAt(text: string, at: number): number {
  const entry = at < text.length ? (CLASSES[text.charCodeAt(at)] as number) : 0
  return (entry & SURROGATE) === 0 ? entry : classOf(text.codePointAt(at) as number)
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1
}

function isElided(text: string, start: number, at: number): boolean {
  if (at - start === 1) return ELIDED_LETTERS.has(text.charCodeAt(start))
  return (
    at - start <= LONGEST_ELIDED &&
    (text.charCodeAt(at - 1) | 32) === 117 &&
    ELIDED_WORDS.has(text.slice(start, at).toLowerCase())
  )
}

/** True when the apostrophe at `at` belongs to the word that began at `start`. */
function holdsTogether(text: string, start: number, at: number): boolean {
  const next = entryAt(text, at + 1)
  if ((next & LETTER) === 0 || isElided(text, start, at)) return false
  return (next & 0xffff) !== 115 || (entryAt(text, at + 2) & WORD) !== 0
}

function isSymbol(table: ScanTable, unit: number, low: number): boolean {
  if (table.symbols !== null) return table.symbols.has(unit)
  return (low & SYMBOL_GAP) !== 0 || unit === 43 || unit === 61
}

function addToken(start: number, end: number, bits: number, units: number, gap: number, word: number): void {
  const at = W.tokens
  W.tokenStart[at] = start
  W.tokenEnd[at] = end
  W.tokenBits[at] = bits
  W.tokenLength[at] = units
  W.tokenGap[at] = gap
  W.tokenWord[at] = word
  W.tokens = at + 1
}

/** True for a token of one letter, also for one that folds to two (œ). */
function isOneLetter(token: number): boolean {
  return W.tokenLength[token] === 1 || (W.tokenEnd[token] as number) - (W.tokenStart[token] as number) === 1
}

/** Ends a run of single letters whose last token is `last`. */
function endRun(table: ScanTable, text: string, last: number): void {
  const first = chunk.runFirst
  chunk.runFirst = -1
  if (first < 0 || !table.hasViews) return
  // A digit that imitates no letter is none of the run: the "2." of "1. r i s k 2. f u n".
  const end = '2689'.includes(text.charAt(W.tokenStart[last] as number)) ? last - 1 : last
  if (end - first + 1 >= SHORTEST_RUN) viewRun(table.words, text, first, end)
}

/** Ends the chunk in front of `at`: masks its link, looks at it in other views when it is odd, tells runs of letters. */
function endChunk(table: ScanTable, text: string, at: number, kind: TextField['kind']): void {
  const { first } = chunk
  if (W.tokens - first === 1 && isOneLetter(first)) {
    const gap = W.tokenGap[first] as number
    if (chunk.runFirst >= 0 && (gap & (C.G_HARD | C.G_TERM)) !== 0) endRun(table, text, first - 1)
    if (chunk.runFirst < 0) chunk.runFirst = first
  } else endRun(table, text, first - 1)
  if (chunk.odd) {
    const link = kind === 'body' ? findLink(text, chunk.start, at) : -1
    if (link >= 0) maskLink(link)
    if (table.hasViews) viewChunk(table.words, text, first, W.tokens, chunk.start, link < 0 ? at : link, kind)
  }
}

/** Takes back what was found in the link that begins at `link`. */
function maskLink(link: number): void {
  for (let token = W.tokens - 1; token >= chunk.first && (W.tokenStart[token] as number) >= link; token--) {
    W.tokenBits[token] = (W.tokenBits[token] as number) | C.MASKED
    W.tokenWord[token] = 0
  }
  let kept = chunk.hits
  for (let hit = kept; hit < W.hits; hit++) {
    if ((W.hitStart[hit] as number) >= link) continue
    for (const column of [W.hitWord, W.hitStart, W.hitEnd, W.hitFirst, W.hitLast, W.hitFlags])
      column[kept] = column[hit] as number
    kept++
  }
  W.hits = kept
}

/** Gap bits after one more separator `low` at `at`: marks the ends of sentences and the marks of lists. */
function widenGap(gap: number, low: number, unit: number): number {
  if ((low & C.G_SPACE) !== 0) {
    const ended = (gap & C.G_TERM) === 0 ? 0 : C.G_SENTENCE
    return gap | low | ended | ((low & gap & C.G_NEWLINE) === 0 ? 0 : C.G_BULLET)
  }
  if (unit === 46 && (gap & C.G_SPACE) !== 0) return gap | C.G_JOINER
  const listed = (gap & C.G_NEWLINE) !== 0 && (low & (C.G_JOINER | C.G_EMOJI | C.G_SYMBOL)) !== 0
  return gap | low | (listed ? C.G_BULLET : 0)
}

/** What one word that is being read has come to; only for the characters that are not plain letters. */
const reading = { at: 0, end: 0, hash: 0, firstHash: 0, bits: 0, units: 0, last: 0 }

function readUnits(long: string): void {
  for (let k = 0; k < long.length; k++) {
    reading.last = long.charCodeAt(k)
    reading.hash = Math.imul(reading.hash ^ reading.last, HASH_PRIME)
    if (++reading.units === PREFIX_MIN) reading.firstHash = reading.hash
  }
}

/** Reads one character of a word that is not a plain letter; answers false when the word ends before it. */
function readOdd(text: string, start: number): boolean {
  const { at } = reading
  const entry = entryAt(text, at)
  const width = at < text.length ? widthAt(text, at) : 0
  if ((entry & WORD) !== 0) {
    const isLong = (entry & (MULTI | SURROGATE)) !== 0
    readUnits(
      !isLong
        ? String.fromCharCode(entry & 0xffff)
        : (entry & MULTI) !== 0
          ? (EXPANSIONS[entry & 0xffff] as string)
          : text.slice(at, at + width),
    )
    reading.bits |= entry
    reading.end = at + width
  } else if ((entry & IGNORE) !== 0) {
    reading.bits |= (entry & FOLDED) === 0 ? 0 : FOLDED | IGNORE
    if ((entry & EXTEND) !== 0) reading.end = at + width
  } else {
    if ((entry & C.G_APOSTROPHE) === 0 || at >= text.length || !holdsTogether(text, start, at)) return false
    readUnits("'")
    reading.bits |= C.APOSTROPHE_INSIDE
  }
  reading.at = at + width
  return true
}

/** Hash of the three plain letters from `start` on. */
function hashStart(text16: Uint16Array, start: number): number {
  let hash = HASH_SEED
  for (let at = start; at < start + PREFIX_MIN; at++) {
    hash = Math.imul(hash ^ ((CLASSES[text16[at] as number] as number) & 0xffff), HASH_PRIME)
  }
  return hash
}

/** Bits of a whole word: `first` of its first character, `rest` of the others, what they are together. */
function bitsOfWord(first: number, rest: number, repeats: boolean): number {
  const all = (first | rest) & HIGH
  const camel = (rest & UPPER) !== 0 && (all & LOWER) !== 0 ? C.CAMEL : 0
  return all | camel | (repeats ? C.REPEAT : 0)
}

/** True for the elided word before an apostrophe and for a possessive s after one. */
function isClitic(text: string, start: number, at: number, gap: number): boolean {
  if (((CLASSES[text.charCodeAt(at)] as number) & (WORD | C.G_APOSTROPHE)) === C.G_APOSTROPHE && at < text.length) {
    if (isElided(text, start, at) && (entryAt(text, at + 1) & WORD) !== 0) return true
  }
  return gap === APOSTROPHE_GAP && W.tokens > chunk.first && at - start === 1 && (text.charCodeAt(start) | 32) === 115
}

/**
 * Reads a text once and leaves its tokens, and every word of the lexicon in it, in the workspace.
 * The inner loop is for plain letters and is kept long on purpose: its locals stay in registers, and it sets the speed of
 * the whole engine. Everything else goes through `readOdd` and `passGap`.
 */
export function scanWords(table: ScanTable, text: string, kind: TextField['kind']): void {
  const { length } = text
  const { words, hasTags } = table
  const { pairs, mask } = words.whole
  const { prefixFilter } = words
  resetWorkspace(text)
  const { units: text16, tokenStart, tokenEnd, tokenBits, tokenLength, tokenGap, tokenWord } = W
  chunk.first = chunk.start = chunk.hits = 0
  chunk.odd = false
  chunk.runFirst = -1
  // A field that is one word may be a hashtag without its sign.
  const isTag = kind === 'short' && !/\s/.test(text)
  let gap = C.G_SPACE
  let at = 0
  while (at < length) {
    const unit = text16[at] as number
    let entry = CLASSES[unit] as number
    if ((entry & (WORD | IGNORE)) !== WORD) {
      if (unit === SPACE && !chunk.odd && chunk.runFirst < 0 && gap === 0 && tokenLength[W.tokens - 1] !== 1) {
        // One space after an ordinary word.
        chunk.first = W.tokens
        chunk.hits = W.hits
        chunk.start = ++at
        gap = C.G_SPACE
        continue
      }
      const width = (entry & SURROGATE) === 0 ? 1 : widthAt(text, at)
      if (width === 2) entry = classOf(text.codePointAt(at) as number)
      if ((entry & (WORD | IGNORE)) === 0) gap = passGap(table, text, at, unit, entry & 0xffff, gap, kind)
      if ((entry & (WORD | IGNORE)) !== WORD) {
        at += width
        continue
      }
    }
    const start = at
    const first = entry
    let hash = HASH_SEED
    let firstHash = 0
    let bits = 0
    let doubles = 0
    // A letter of two units is for readOdd.
    if (unit >= 0xd800 && unit <= 0xdbff) entry = SURROGATE
    if ((entry & ONE_UNIT) === WORD) {
      let last = entry & 0xffff
      hash = Math.imul(hash ^ last, HASH_PRIME)
      // The text ends in a space that is not its own, which ends this loop.
      for (
        entry = CLASSES[text16[++at] as number] as number;
        (entry & ONE_UNIT) === WORD;
        entry = CLASSES[text16[++at] as number] as number
      ) {
        const folded = entry & 0xffff
        hash = Math.imul(hash ^ folded, HASH_PRIME)
        bits |= entry
        if (folded === last) doubles += at - 2 >= start && text16[at - 2] === text16[at] ? MOST_DOUBLES : 1
        last = folded
      }
    }
    let end = at
    let units = at - start
    if (words.hasPrefixes && units >= PREFIX_MIN) firstHash = hashStart(text16, start)
    if ((entry & (WORD | IGNORE | SURROGATE | C.G_APOSTROPHE)) !== 0 && at < length) {
      reading.at = at
      reading.end = end
      reading.hash = hash
      reading.firstHash = firstHash
      reading.bits = bits
      reading.units = units
      reading.last = -1
      let beforeLast = -1
      for (let last = -1; readOdd(text, start); last = reading.last) {
        if (reading.last === last) doubles += last === beforeLast ? MOST_DOUBLES : 1
        beforeLast = last
      }
      at = reading.at
      end = reading.end
      hash = reading.hash
      firstHash = reading.firstHash
      bits = reading.bits
      units = reading.units
    }
    let all = bitsOfWord(first, bits, doubles >= MOST_DOUBLES)
    if (gap === APOSTROPHE_GAP || (entry & (WORD | C.G_APOSTROPHE)) === C.G_APOSTROPHE) {
      if (isClitic(text, start, at, gap)) all |= C.CLITIC
    }
    const token = W.tokens
    if (isTag || (all & ODD_TOKEN) !== 0 || ((all & DIGIT) !== 0 && (all & LETTER) !== 0)) chunk.odd = true
    if (token > chunk.first && gap !== 0 && gap !== APOSTROPHE_GAP) chunk.odd = true
    // A symbol between two words is odd, be it a token or not.
    if (gap === 0 && token > chunk.first + 1 && tokenBits[token - 1] === 0) chunk.odd = true
    tokenStart[token] = start
    tokenEnd[token] = end
    tokenBits[token] = all
    tokenLength[token] = units
    tokenGap[token] = gap
    let word = 0
    for (let slot = slotOf(hash, mask); (word = pairs[slot * 2 + 1] as number) !== 0; slot = (slot + 1) & mask) {
      if (pairs[slot * 2] === hash) break
    }
    tokenWord[token] = word < 0 ? resolveWord(words, -word - 1, text, start, end) + 1 : word
    W.tokens = token + 1
    if (units >= PREFIX_MIN && words.hasPrefixes && inFilter(prefixFilter, firstHash)) {
      lookUpPrefixes(words, firstHash, text, start, end, token, (all & FOLDED) === 0 ? 0 : VIA_FOLDED)
    }
    if (hasTags && start > 0) lookUpTag(words, text, start, end, token)
    gap = 0
  }
  if (W.tokens > chunk.first) endChunk(table, text, length, kind)
  endRun(table, text, W.tokens - 1)
}

/** Goes past one separator; answers the gap bits since the last token. */
function passGap(
  table: ScanTable,
  text: string,
  at: number,
  unit: number,
  low: number,
  gap: number,
  kind: TextField['kind'],
): number {
  if (unit === 13 && text.charCodeAt(at + 1) === 10) return gap
  if ((low & C.G_SPACE) !== 0) {
    if (W.tokens > chunk.first) {
      const broken = gap & ~(C.G_SPACE | C.G_NEWLINE)
      const hyphen = broken === (C.G_HYPHEN | C.G_JOINER) || (broken === 0 && isSoftHyphen(text, at))
      if (hyphen && ((low | gap) & C.G_NEWLINE) !== 0) {
        chunk.odd = true
        return gap | low
      }
      endChunk(table, text, at, kind)
      chunk.first = W.tokens
      chunk.hits = W.hits
    }
    chunk.odd = false
    chunk.start = at + 1
    return widenGap(gap, low, unit)
  }
  if (((low & (C.G_LEET | C.G_HASH | C.G_REGIONAL)) !== 0 && unit !== 33) || unit === PLUS) chunk.odd = true
  if ((low & (SYMBOL_GAP | C.G_JOINER)) !== 0 && isSymbol(table, narrow(unit), low)) {
    addToken(
      at,
      at + 1,
      0,
      1,
      gap,
      lookUpWhole(table.words, Math.imul(HASH_SEED ^ narrow(unit), HASH_PRIME), text, at, at + 1),
    )
    return 0
  }
  if ((low & C.G_REGIONAL) !== 0 && addRegional(text, at, gap)) return 0
  return widenGap(gap, low, unit)
}

/** True when a soft hyphen stands before the line break at `at`. */
function isSoftHyphen(text: string, at: number): boolean {
  return text.charCodeAt(at - 1) === 0xad || (text.charCodeAt(at - 1) === 13 && text.charCodeAt(at - 2) === 0xad)
}

/** Makes letters in boxes a token, two of them excepted: those are a flag. Answers false for a flag. */
function addRegional(text: string, at: number, gap: number): boolean {
  const last = W.tokens - 1
  if (gap === 0 && last >= 0 && W.tokenEnd[last] === at && isRegional(text, at - 2)) {
    W.tokenEnd[last] = at + 2
    W.tokenLength[last] = (W.tokenLength[last] as number) + 1
    return true
  }
  const isFlag = isRegional(text, at + 2) && !isRegional(text, at + 4)
  if (isFlag || isRegional(text, at - 2)) return false
  addToken(at, at + 2, 0, 1, gap, 0)
  return true
}

function isRegional(text: string, at: number): boolean {
  const entry = at >= 0 ? entryAt(text, at) : 0
  return (entry & WORD) === 0 && (entry & C.G_REGIONAL) !== 0
}
