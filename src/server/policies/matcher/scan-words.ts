import * as C from './char-class.ts'
import { EXPANSIONS } from './fold-table.gen.ts'
import { CLASSES, classOf } from './fold-table.ts'
import { findLink } from './find-link.ts'
import type { TextField } from './lexicon.ts'
import { lookUpPrefixes, lookUpTag, lookUpWhole } from './look-up-word.ts'
import { viewChunk, viewRun } from './view-words.ts'
import { HASH_PRIME, HASH_SEED, inFilter, PREFIX_MIN, type WordTable } from './word-table.ts'
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
const ODD_TOKEN = C.REPEAT | C.CAMEL | C.FOREIGN | C.APOSTROPHE_INSIDE
const SYMBOL_GAP = C.G_SYMBOL | C.G_LEET | C.G_HASH
const ELIDED = /^(?:[ldjnmtsc]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu)$/i
const LONGEST_ELIDED = 6
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
  return at - start <= LONGEST_ELIDED && ELIDED.test(text.slice(start, at))
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

/** Ends a run of single letters whose last token is `last`. */
function endRun(table: ScanTable, text: string, last: number): void {
  const first = chunk.runFirst
  chunk.runFirst = -1
  if (first >= 0 && last - first + 1 >= SHORTEST_RUN && table.hasViews) viewRun(table.words, text, first, last)
}

/** Ends the chunk in front of `at`: masks its link, looks at it in other views when it is odd, tells runs of letters. */
function endChunk(table: ScanTable, text: string, at: number, kind: TextField['kind']): void {
  const { first } = chunk
  if (W.tokens - first === 1 && W.tokenLength[first] === 1) {
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

/**
 * Reads a text once and leaves its tokens, and every word of the lexicon in it, in the workspace.
 * The inner loop is long on purpose: its locals stay in registers, and it sets the speed of the whole engine.
 */
export function scanWords(table: ScanTable, text: string, kind: TextField['kind']): void {
  const { length } = text
  const { words } = table
  resetWorkspace(length)
  chunk.first = chunk.start = chunk.hits = 0
  chunk.odd = false
  chunk.runFirst = -1
  let gap = C.G_SPACE
  let at = 0
  while (at < length) {
    let unit = text.charCodeAt(at)
    let entry = CLASSES[unit] as number
    let width = 1
    if ((entry & SURROGATE) !== 0) {
      entry = entryAt(text, at)
      width = widthAt(text, at)
    }
    if ((entry & (WORD | IGNORE)) !== WORD) {
      if ((entry & IGNORE) === 0) {
        gap = passGap(table, text, at, unit, entry & 0xffff, gap, kind)
      }
      at += width
      continue
    }
    const start = at
    let end = at
    let hash = HASH_SEED
    let firstHash = 0
    let bits = 0
    let units = 0
    let last = -1
    let same = 0
    let pairs = 0
    for (;;) {
      if ((entry & WORD) !== 0) {
        let folded = entry & 0xffff
        if ((entry & (MULTI | SURROGATE)) !== 0) {
          const long = (entry & MULTI) !== 0 ? (EXPANSIONS[folded] as string) : text.slice(at, at + width)
          for (let k = 0; k < long.length - 1; k++) {
            hash = Math.imul(hash ^ long.charCodeAt(k), HASH_PRIME)
            if (++units === PREFIX_MIN) firstHash = hash
          }
          folded = long.charCodeAt(long.length - 1)
        }
        hash = Math.imul(hash ^ folded, HASH_PRIME)
        if (++units === PREFIX_MIN) firstHash = hash
        if (folded !== last) {
          same = 0
          last = folded
        } else {
          if (++same === 2 || ++pairs === 3) bits |= C.REPEAT
        }
        // A capital after a small letter sets CAMEL: the three bits stand side by side.
        bits |= (entry & 0xffff0000) | (((bits & LOWER) << 2) & ((entry & UPPER) << 1))
        at += width
        end = at
      } else {
        bits |= entry & FOLDED
        at += width
        if ((entry & EXTEND) !== 0) end = at
      }
      if (at >= length) break
      unit = text.charCodeAt(at)
      entry = CLASSES[unit] as number
      width = 1
      if ((entry & SURROGATE) !== 0) {
        entry = entryAt(text, at)
        width = widthAt(text, at)
      }
      if ((entry & (WORD | IGNORE)) === 0) {
        if ((entry & C.G_APOSTROPHE) === 0 || !holdsTogether(text, start, at)) break
        hash = Math.imul(hash ^ 39, HASH_PRIME)
        if (++units === PREFIX_MIN) firstHash = hash
        bits |= C.APOSTROPHE_INSIDE
        last = 39
        entry = IGNORE
      }
    }
    const token = W.tokens
    if (
      (entry & C.G_APOSTROPHE) !== 0 &&
      at < length &&
      isElided(text, start, at) &&
      (entryAt(text, at + 1) & WORD) !== 0
    ) {
      bits |= C.CLITIC
    }
    if (token > chunk.first && gap !== 0) {
      if (gap !== (C.G_APOSTROPHE | C.G_JOINER)) chunk.odd = true
      else if (units === 1 && last === 115) bits |= C.CLITIC
    }
    if ((bits & ODD_TOKEN) !== 0 || ((bits & DIGIT) !== 0 && (bits & LETTER) !== 0)) chunk.odd = true
    addToken(start, end, bits, units, gap, lookUpWhole(words, hash, text, start, end))
    const flags = (bits & FOLDED) === 0 ? 0 : VIA_FOLDED
    if (units >= PREFIX_MIN && inFilter(words.prefixFilter, firstHash))
      lookUpPrefixes(words, firstHash, text, start, end, token, flags)
    if (table.hasTags && start > 0) lookUpTag(words, text, start, end, token)
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
  if ((low & (C.G_LEET | C.G_HASH | C.G_REGIONAL)) !== 0 && unit !== 33) chunk.odd = true
  if ((low & (SYMBOL_GAP | C.G_JOINER)) !== 0 && isSymbol(table, unit, low)) {
    addToken(at, at + 1, 0, 1, gap, lookUpWhole(table.words, Math.imul(HASH_SEED ^ unit, HASH_PRIME), text, at, at + 1))
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
