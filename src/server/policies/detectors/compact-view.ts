/** An identifier found in a text: UTF-16 offsets. */
export type Range = readonly [start: number, end: number]

export const noGap = 0
export const mixedGap = 1
export const hardGap = 2
export const spaceGap = 32
export const dashGap = 45
export const dotGap = 46
/** Another sign that people put between groups to hide a number: / _ | : * or an emoji. */
export const markGap = 47

/**
 * The letters and digits of a text in upper-case ASCII, each with its place and with what parts it from the one before:
 * nothing, up to three spaces, dashes, dots or marks, or anything else (`hardGap`). Full-width digits are digits; invisible
 * characters are nothing; a letter outside ASCII is code 1.
 */
export interface CompactView {
  readonly count: number
  readonly codes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly gaps: Uint8Array
}

const pictograph = /\p{Extended_Pictographic}/u
const otherLetter = /\p{L}|\p{N}|\p{M}/u
const longestGap = 3
const invisible = 3

/** What a character beyond ASCII is: a letter or digit by its upper-case ASCII code (1 for other scripts), or by its kind of gap, negative. */
function classify(point: number): number {
  if (point >= 0xff10 && point <= 0xff19) return point - 0xff10 + 0x30
  if (point >= 0xff21 && point <= 0xff3a) return point - 0xff21 + 0x41
  if (point >= 0xff41 && point <= 0xff5a) return point - 0xff41 + 0x41
  if (point >= 0x1d7ce && point <= 0x1d7ff) return ((point - 0x1d7ce) % 10) + 0x30
  if (isSpace(point)) return -spaceGap
  if ((point >= 0x2010 && point <= 0x2015) || point === 0x2212 || point === 0xff0d) return -dashGap
  if (point === 0xb7 || point === 0xff0e) return -dotGap
  if (isInvisible(point)) return -invisible
  if (point >= 0x2190 && pictograph.test(String.fromCodePoint(point))) return -markGap
  return isOtherLetter(point) ? 1 : -hardGap
}

function isOtherLetter(point: number): boolean {
  return (point >= 0xc0 && point < 0x250) || (point >= 0x250 && otherLetter.test(String.fromCodePoint(point)))
}

const ascii = Int8Array.from({ length: 128 }, (_, unit) => {
  if (unit >= 0x30 && unit <= 0x39) return unit
  if (unit >= 0x41 && unit <= 0x5a) return unit
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x20
  if (unit === 0x20 || unit === 0x09) return -spaceGap
  if (unit === 0x2d) return -dashGap
  if (unit === 0x2e) return -dotGap
  return '/_|:*'.includes(String.fromCharCode(unit)) ? -markGap : -hardGap
})

function isSpace(point: number): boolean {
  return (
    point === 0xa0 || point === 0x202f || (point >= 0x2000 && point <= 0x200a) || point === 0x205f || point === 0x3000
  )
}

function isInvisible(point: number): boolean {
  return (
    point === 0xad ||
    (point >= 0x200b && point <= 0x200f) ||
    (point >= 0x202a && point <= 0x202e) ||
    (point >= 0x2060 && point <= 0x2064) ||
    point === 0xfeff ||
    point === 0x20e3 ||
    (point >= 0xfe00 && point <= 0xfe0f)
  )
}

function isExtender(point: number): boolean {
  return (point >= 0xfe00 && point <= 0xfe0f) || point === 0x20e3 || point === 0x200c || point === 0x200d
}

/** No identifier has fewer digits; most posts have fewer and are done here. */
const leastDigits = 6

const anyDigit = /[0-9\uff10-\uff19\ud835]/

/** True when a text may hold a number of any kind. */
export function hasEnoughDigits(text: string): boolean {
  const first = text.search(anyDigit)
  if (first === -1) return false
  let digits = 0
  for (let at = first; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit > 0x39 && unit < 0xd835) continue
    if ((unit >= 0x30 && unit <= 0x39) || (unit >= 0xff10 && unit <= 0xff19) || unit === 0xd835) digits++
    if (digits === leastDigits) return true
  }
  return false
}

/** A gap with one more separator in it. */
function widen(gap: number, kind: number): number {
  if (kind === hardGap || gap === noGap || gap === kind) return kind
  return kind === markGap || gap === markGap ? markGap : mixedGap
}

// One view lives at a time, in storage that is used again: making it anew for each long post costs more than filling it.
let codes = new Uint8Array(4096)
let starts = new Int32Array(4096)
let ends = new Int32Array(4096)
let gaps = new Uint8Array(4096)
let openText: string | undefined
let openView: CompactView | undefined

/**
 * The view of a text, or `undefined` when it has too few digits to hold a number of any kind. It may be read until the
 * next text is opened; opening the same text again costs nothing. One pass, linear.
 */
export function openCompactView(text: string): CompactView | undefined {
  if (text === openText) return openView
  openText = text
  openView = hasEnoughDigits(text) ? fillView(text) : undefined
  return openView
}

function growTo(length: number): void {
  if (codes.length >= length) return
  codes = new Uint8Array(length)
  starts = new Int32Array(length)
  ends = new Int32Array(length)
  gaps = new Uint8Array(length)
}

function fillView(text: string): CompactView {
  growTo(text.length)
  let count = 0
  let gap = hardGap
  let gapLength = 0
  for (let at = 0; at < text.length;) {
    const unit = text.charCodeAt(at)
    const point = unit < 0x80 ? unit : text.codePointAt(at)!
    const size = point > 0xffff ? 2 : 1
    const kind = unit < 0x80 ? ascii[unit]! : classify(point)
    if (kind > 0) {
      codes[count] = kind
      starts[count] = at
      ends[count] = at + size
      gaps[count] = gap
      count++
      gap = noGap
      gapLength = 0
    } else if (kind === -invisible) {
      // What the eye takes as one with the digit (a keycap) ends where the digit's sign ends.
      if (count > 0 && ends[count - 1] === at && isExtender(point)) ends[count - 1] = at + size
    } else {
      gapLength++
      gap = gapLength > longestGap || gap === hardGap ? hardGap : widen(gap, -kind)
    }
    at += size
  }
  return { count, codes, starts, ends, gaps }
}

/** True for a gap that no row of a number without a country goes over: times and dates hold such marks. */
export function parts(gap: number | undefined): boolean {
  return gap === hardGap || gap === markGap
}

/** True for a code of the view that is a decimal digit. */
export function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= 0x30 && code <= 0x39
}

/** True for a code of the view that is a letter of any script. */
export function isLetter(code: number | undefined): boolean {
  return code !== undefined && (code === 1 || (code >= 0x41 && code <= 0x5a))
}

/** The range in the text from one index of the view to another, both included. */
export function rangeOf(view: CompactView, first: number, last: number): Range {
  return [view.starts[first]!, view.ends[last]!]
}
