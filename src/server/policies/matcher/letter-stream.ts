import {
  DIGIT,
  EXTEND,
  FOLDED,
  FOREIGN,
  G_BLANK,
  G_EMOJI,
  G_HARD,
  G_JOINER,
  G_NEWLINE,
  G_REGIONAL,
  G_SPACE,
  G_TERM,
  IGNORE,
  UPPER,
  WORD,
} from './char-class.ts'
import { classOf, isWeakAlike, lookAlikeOf, unfold } from './fold-table.ts'
import { coarseOf } from './word-table.ts'
import { VIA_CONFUSABLE, VIA_EMOJI, VIA_FOLDED, VIA_LEET, VIA_SPACED, W } from './workspace.ts'

/** A letter that is what it seems. */
export const LETTER_ITEM = 0
/** A digit or sign that can stand for a letter. */
export const LEET_ITEM = 1
/** Can be left out between letters. */
export const JOIN_ITEM = 2
/** Parts words in every view. */
export const WALL_ITEM = 3
/** A space inside a run of single letters; `unit` is its width. */
export const SPACE_ITEM = 4

/** Unit of a joiner that opens a parenthesis. */
export const OPENING = 1

/** Item flag: a likeness that only passes among Latin letters. */
export const WEAK = 2048

/** Signs as the letter that they imitate. `i` and `l` are one in a skeleton. */
const LEET_LETTERS = new Map<number, string>(
  Array.from(
    '@a$s€e£l¥y¢c!i|i₹r₩w₦n₮t₱p₳a฿b₲g₴s₽p₿b₡c₥m₫d₭k₤l₣f₵c₸t§s¡i⭕o❌x+t†t‡t®r©c∂d∆a∑e∈e∩n∪u'.matchAll(/(.)(.)/gu),
    (pair) => [pair[1]?.codePointAt(0) ?? 0, pair[2] ?? ''],
  ),
)
/** Signs that also stand between letters: letters in the first reading, joiners in the second. */
const EXCLAMATION = 33
const EITHER = new Set(Array.from('!|+¡®©', (char) => char.charCodeAt(0)))

/** One chunk, letter by letter, with where each letter stands in the text. Scratch memory. */
export const S = {
  length: 0,
  kind: new Uint8Array(1024),
  /** Folded unit: of the letter, or of the letter imitated. */
  unit: new Uint16Array(1024),
  /** Unit as written, when a digit. */
  digit: new Uint16Array(1024),
  coarse: new Uint16Array(1024),
  flags: new Uint16Array(1024),
  upper: new Uint8Array(1024),
  start: new Int32Array(1024),
  end: new Int32Array(1024),
  token: new Int32Array(1024),
  /** True when some sign can be read in two ways. */
  either: false,
  foreign: false,
  /** True while letters or words with spaces between them are read. */
  spaced: false,
}

function reserveStream(size: number): void {
  if (S.kind.length >= size) return
  S.kind = new Uint8Array(size)
  S.unit = new Uint16Array(size)
  S.digit = new Uint16Array(size)
  S.coarse = new Uint16Array(size)
  S.flags = new Uint16Array(size)
  S.upper = new Uint8Array(size)
  S.start = new Int32Array(size)
  S.end = new Int32Array(size)
  S.token = new Int32Array(size)
}

function push(kind: number, unit: number, flags: number, start: number, end: number, token: number): void {
  const at = S.length
  S.kind[at] = kind
  S.unit[at] = unit
  S.digit[at] = 0
  S.coarse[at] = coarseOf(unit)
  S.flags[at] = flags
  S.upper[at] = 0
  S.start[at] = start
  S.end[at] = end
  S.token[at] = token
  S.length = at + 1
}

function pushWord(codePoint: number, entry: number, start: number, end: number, token: number): void {
  const folded = (entry & FOLDED) === 0 ? 0 : VIA_FOLDED
  const alike = (entry & FOREIGN) === 0 ? 0 : lookAlikeOf(codePoint)
  if (alike !== 0) {
    S.foreign = true
    push(LETTER_ITEM, alike | 32, VIA_CONFUSABLE | (isWeakAlike(codePoint) ? WEAK : 0), start, end, token)
  } else {
    const units = (entry & 0xffff) < 128 && (entry & DIGIT) !== 0 ? String.fromCharCode(entry & 0xffff) : unfold(entry)
    for (let k = 0; k < units.length; k++) push(LETTER_ITEM, units.charCodeAt(k), folded, start, end, token)
    if ((entry & DIGIT) !== 0) pushDigit(units.charCodeAt(0))
  }
  if ((entry & UPPER) !== 0) S.upper[S.length - 1] = 1
}

/** Turns the digit just pushed into the letter that it imitates. */
function pushDigit(digit: number): void {
  const at = S.length - 1
  S.kind[at] = LEET_ITEM
  S.digit[at] = digit
  S.unit[at] = coarseOf(digit)
  S.flags[at] = (S.flags[at] as number) | VIA_LEET
}

function pushMark(codePoint: number, low: number, start: number, end: number, token: number, second: boolean): void {
  const leet = LEET_LETTERS.get(codePoint)
  const either = EITHER.has(codePoint) || (low & G_REGIONAL) !== 0
  if (either) S.either = true
  if ((low & G_REGIONAL) !== 0 && !second) push(LETTER_ITEM, 97 + codePoint - 0x1f1e6, VIA_EMOJI, start, end, token)
  else if (leet !== undefined && !(either && second)) push(LEET_ITEM, leet.charCodeAt(0), VIA_LEET, start, end, token)
  else if ((low & G_EMOJI) !== 0) push(JOIN_ITEM, 0, VIA_EMOJI, start, end, token)
  else if ((low & G_SPACE) !== 0) {
    push(SPACE_ITEM, (low & G_NEWLINE) === 0 ? 1 : 2, VIA_SPACED, start, end, token)
  } else if (either || (low & (G_BLANK | G_JOINER | G_HARD | G_TERM)) !== 0)
    push(JOIN_ITEM, codePoint === 40 || codePoint === 91 ? OPENING : low, VIA_SPACED, start, end, token)
  else push(WALL_ITEM, 0, 0, start, end, token)
}

/** True when the exclamation mark at `at` begins two or more of them at the end of a word: they are no letters. */
function isShout(text: string, at: number): boolean {
  let end = at
  while (text.charCodeAt(end) === EXCLAMATION) end++
  return end - at > 1 && (end === text.length || (classOf(text.codePointAt(end) as number) & WORD) === 0)
}

/** Reads the text between two offsets into `S`. `second` reads | and ! and + as marks, and boxed pairs as flags. */
export function readStream(text: string, from: number, to: number, firstToken: number, second: boolean): void {
  reserveStream((to - from) * 4 + 8)
  S.length = 0
  S.either = false
  S.foreign = false
  S.spaced = false
  let token = firstToken
  let shout = false
  for (let at = from; at < to;) {
    const codePoint = text.codePointAt(at) as number
    const end = at + (codePoint > 0xffff ? 2 : 1)
    const entry = classOf(codePoint)
    while (token + 1 < W.tokens && (W.tokenStart[token + 1] as number) <= at) token++
    if ((entry & IGNORE) !== 0) {
      const last = S.length - 1
      if (last >= 0) S.flags[last] = (S.flags[last] as number) | ((entry & FOLDED) === 0 ? 0 : VIA_FOLDED)
      if ((entry & EXTEND) !== 0) for (let k = last; k >= 0 && S.end[k] === at; k--) S.end[k] = end
    } else if ((entry & WORD) !== 0) pushWord(codePoint, entry, at, end, token)
    else {
      if (codePoint !== EXCLAMATION) shout = false
      else if (at === from || text.charCodeAt(at - 1) !== EXCLAMATION) shout = isShout(text, at)
      pushMark(codePoint, entry & 0xffff, at, end, token, second || shout)
      if ((entry & EXTEND) !== 0 && S.length > 1) S.end[S.length - 2] = end
    }
    at = end
  }
  W.steps += S.length
}
