import { isLatinPost } from './latin-post.ts'
import { JOIN_ITEM, LEET_ITEM, LETTER_ITEM, S, SPACE_ITEM, WALL_ITEM, WEAK } from './letter-stream.ts'
import { coarseOf, type WordTable } from './word-table.ts'
import { VIA_CONFUSABLE, VIA_EMOJI, VIA_FOLDED, VIA_REPEATED, VIA_SPACED, VAGUE, W } from './workspace.ts'

/** What the last successful `alignWord` found. */
export const aligned = { flags: 0, end: 0 }

/** Letters that must be there before signs count as letters, and before joined pieces count as a word. */
const SHORTEST_LEET = 4
const SHORTEST_JOINED = 4
const SHORTEST_JOINED_CAPITALS = 5
const SHORTEST_FOREIGN = 4
/** The same when some of the letters are signs. */
const SHORTEST_MIXED = 6
const DOUBLED_ON_PURPOSE = 3
const ZERO = 48
const ONE = 49
const NINE = 57
const I = 105
const L = 108
const O = 111

const seen = {
  real: 0,
  leet: 0,
  vague: 0,
  foreign: 0,
  weak: 0,
  doubles: 0,
  digits: 0,
  forDigits: 0,
  upper: 0,
  spaces: 0,
  piece: 0,
  longest: 0,
  flags: 0,
}

function forget(): void {
  seen.real = 0
  seen.leet = 0
  seen.vague = 0
  seen.foreign = 0
  seen.weak = 0
  seen.doubles = 0
  seen.digits = 0
  seen.forDigits = 0
  seen.upper = 0
  seen.spaces = 0
  seen.piece = 0
  seen.longest = 0
  seen.flags = 0
}

/** True for the letters of "1OO" and "l00". */
function isForDigit(item: number, unit: number): boolean {
  if (S.kind[item] !== LETTER_ITEM || item + 1 >= S.length) return unit === ZERO && S.unit[item] === O
  return unit === ZERO ? S.unit[item] === O : unit === ONE && S.coarse[item] === I && S.digit[item + 1] !== 0
}

function fits(item: number, unit: number): boolean {
  if (unit >= 48 && unit <= 57) return S.digit[item] === unit || isForDigit(item, unit)
  const written = S.unit[item]
  if (written === unit) return true
  if ((unit !== I && unit !== L) || (written !== I && written !== L)) return false
  return (
    S.kind[item] === LEET_ITEM ||
    S.flags[item] !== 0 ||
    (written === I && S.upper[item] === 1 && item > 0 && S.upper[item - 1] === 0 && isLetterItem(item - 1))
  )
}

function count(item: number, unit: number): void {
  const flags = S.flags[item] as number
  seen.flags |= flags & ~WEAK
  if ((flags & WEAK) !== 0) seen.weak++
  seen.piece++
  if (seen.piece > seen.longest) seen.longest = seen.piece
  if (S.upper[item] === 1) seen.upper++
  if (unit <= NINE) {
    if (S.digit[item] === unit) seen.digits++
    else seen.forDigits++
  }
  if (S.kind[item] === LEET_ITEM && S.digit[item] !== unit) {
    seen.leet++
    if (unit === I || unit === L) seen.vague++
  } else if (((S.flags[item] as number) & VIA_CONFUSABLE) !== 0) seen.foreign++
  else {
    seen.real++
    if (S.unit[item] !== unit && S.digit[item] !== unit) seen.flags |= VIA_CONFUSABLE
  }
}

/** Goes past what can be left out; answers the next letter, or -1. */
function nextLetter(item: number, to: number): number {
  let at = item
  let flags = 0
  let spaces = 0
  while (at <= to && (S.kind[at] === JOIN_ITEM || S.kind[at] === SPACE_ITEM)) {
    flags |= S.flags[at] as number
    if (S.kind[at] === SPACE_ITEM) spaces++
    at++
  }
  if (at > to || S.kind[at] === WALL_ITEM) return -1
  if (at !== item) {
    seen.piece = 0
    seen.flags |= flags
    // Between two spaces, only the end of a line parts a word, and it is one word all the same.
    if (S.spaced) seen.spaces += spaces
  }
  return at
}

/** A run of both i and l (as in "privilège") in which one of them is repeated. Nothing may stand between. */
function alignMixedRun(words: WordTable, from: number, runLength: number, item: number, to: number): number {
  let at = item
  for (let k = 0; k < runLength;) {
    const unit = words.units[from + k] as number
    let wanted = 1
    while (k + wanted < runLength && words.units[from + k + wanted] === unit) wanted++
    let read = 0
    while (at + read <= to && S.unit[at + read] === unit && S.kind[at + read] === LETTER_ITEM) read++
    if (read < wanted || (read > wanted && read < 3)) return -1
    at += read
    k += wanted
  }
  if (at - item < runLength + 2 || (at <= to && S.coarse[at] === I)) return -1
  for (let k = item; k < at; k++) count(k, S.unit[k] as number)
  seen.flags |= VIA_REPEATED
  return at
}

/** Reads one run of equal letters of the word against the text; answers the item after it, or -1. */
function alignRun(words: WordTable, from: number, runLength: number, item: number, to: number, open: boolean): number {
  const first = words.units[from] as number
  const coarse = coarseOf(first)
  let uniform = true
  for (let k = 1; k < runLength; k++) if (words.units[from + k] !== first) uniform = false
  let at = item
  let read = 0
  let end = item
  if (!uniform) {
    const mixed = alignMixedRun(words, from, runLength, item, to)
    if (mixed >= 0) return mixed
  }
  while (at >= 0 && at <= to && S.coarse[at] === coarse && S.kind[at] !== JOIN_ITEM) {
    const unit = read < runLength ? (words.units[from + read] as number) : first
    if ((read >= runLength && !uniform) || !fits(at, unit)) {
      if (open && read >= runLength) break
      return -1
    }
    count(at, unit)
    read++
    end = at + 1
    W.steps++
    if (open && read >= runLength && S.coarse[end] !== coarse) break
    const before = { flags: seen.flags, spaces: seen.spaces, piece: seen.piece }
    const next = end <= to ? nextLetter(end, to) : -1
    if (next < 0 || S.coarse[next] !== coarse) {
      seen.flags = before.flags
      seen.spaces = before.spaces
      seen.piece = before.piece
      break
    }
    at = next
  }
  if (read < runLength) return -1
  if (read > runLength) {
    if (read >= 3) seen.flags |= read - runLength >= 1 && !(open && read === runLength + 1) ? VIA_REPEATED : 0
    else if (!open) seen.doubles++
  }
  return end
}

/** True for letters put together from pieces that are too few to be no accident. */
function isShortJoin(total: number): boolean {
  if ((seen.flags & (VIA_SPACED | VIA_EMOJI)) === 0) return false
  if (seen.leet > 0 && seen.longest > 1 && total < SHORTEST_MIXED) return true
  if (total >= (seen.upper === 0 && seen.spaces === 0 ? SHORTEST_JOINED : SHORTEST_JOINED_CAPITALS)) return false
  return total < 3 || seen.longest > 1 || seen.upper > 0 || seen.spaces > 0
}

function isShortLeet(total: number): boolean {
  const letters = seen.real + seen.foreign
  if (seen.leet === 0) return false
  return letters < 2 || letters * 3 < total || (total < SHORTEST_LEET && (seen.vague > 0 || total < 3))
}

/** Judges what was seen: false when it can be an accident; marks what may only stand in a row of words. */
function accept(text: string, total: number, whole: boolean): boolean {
  const { real, leet, foreign } = seen
  if (seen.forDigits > 0 && seen.digits === 0) return false
  if (seen.doubles > 0) {
    if (seen.doubles < DOUBLED_ON_PURPOSE && (seen.flags & VIA_REPEATED) === 0) return false
    seen.flags |= VIA_REPEATED
  }
  if (foreign > 0 && real === 0 && (seen.weak > 0 || !isLatinPost(text))) return false
  const shortForeign = foreign > 0 && real === 0 && foreign + leet < SHORTEST_FOREIGN
  if (shortForeign || isShortLeet(total) || (whole && isShortJoin(total))) {
    if (total < 2 || (real + foreign) * 4 < total || seen.spaces > 0) return false
    seen.flags |= VAGUE
  }
  return true
}

/** The same for letters that stand as the word has them, one after the other; false says only that it is not that simple. */
function alignPlain(
  words: WordTable,
  start: number,
  size: number,
  from: number,
  to: number,
  starred: boolean,
): boolean {
  const end = from + size
  if (end > to + 1 || (end <= to && (!starred || S.kind[end] !== LETTER_ITEM || S.coarse[end] === S.coarse[end - 1])))
    return false
  let flags = 0
  for (let k = 0; k < size; k++) {
    if (S.unit[from + k] !== words.units[start + k] || S.kind[from + k] !== LETTER_ITEM) return false
    flags |= S.flags[from + k] as number
  }
  if ((flags & ~VIA_FOLDED) !== 0) return false
  W.steps += size
  aligned.flags = flags
  aligned.end = end - 1
  return true
}

/**
 * Compares a word of the lexicon with the letters from item `from` on, at most to item `to`: repeated letters, signs for
 * letters, look-alikes and what stands between letters are allowed as far as they cannot be an accident.
 * A starred word may end before `to`, a whole word may not. `loose` leaves the length of joined words to the caller.
 */
export function alignWord(
  words: WordTable,
  id: number,
  text: string,
  from: number,
  to: number,
  loose: boolean,
): boolean {
  const start = words.offsets[id] as number
  const end = words.offsets[id + 1] as number
  const starred = words.isPrefix[id] === 1
  if (alignPlain(words, start, end - start, from, to, starred)) return true
  forget()
  let at = from
  for (let k = start; k < end;) {
    let runLength = 1
    const coarse = coarseOf(words.units[k] as number)
    while (k + runLength < end && coarseOf(words.units[k + runLength] as number) === coarse) runLength++
    const item = k === start ? at : nextLetter(at, to)
    if (item < 0 || item > to) return false
    at = alignRun(words, k, runLength, item, to, starred && k + runLength === end)
    if (at < 0) return false
    k += runLength
  }
  if (!starred && at <= to) return false
  if (!accept(text, end - start, !loose)) return false
  aligned.flags = seen.flags
  aligned.end = at - 1
  return true
}

/** True for letters and for signs that stand for letters. */
export function isLetterItem(item: number): boolean {
  return S.kind[item] === LETTER_ITEM || S.kind[item] === LEET_ITEM
}
