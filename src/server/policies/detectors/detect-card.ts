import { hardGap, isDigit, isLetter, markGap, noGap, rangeOf, type CompactView, type Range } from './compact-view.ts'

/** Issuer ranges: first and last leading digits, and the lengths that are issued in them. */
const issuers: readonly (readonly [low: string, high: string, lengths: readonly number[]])[] = [
  ['4', '4', [13, 16, 18, 19]],
  ['51', '55', [16]],
  ['2221', '2720', [16]],
  ['34', '34', [15]],
  ['37', '37', [15]],
  ['300', '305', [14, 16]],
  ['3095', '3095', [14, 16]],
  ['36', '36', [14, 16]],
  ['38', '39', [14, 16]],
  ['3528', '3589', [16, 17, 18, 19]],
  ['6011', '6011', [16, 19]],
  ['644', '659', [16, 19]],
  ['62', '62', [16, 17, 18, 19]],
  ['2200', '2204', [16, 17, 18, 19]],
  ['5018', '5018', [16, 17, 18, 19]],
  ['5020', '5020', [16, 17, 18, 19]],
  ['5038', '5038', [16, 17, 18, 19]],
  ['5893', '5893', [16, 17, 18, 19]],
  ['6304', '6304', [16, 17, 18, 19]],
  ['6759', '6763', [16, 17, 18, 19]],
]
const ranges = issuers.map(
  ([low, high, lengths]) => [Number(low.padEnd(4, '0')), Number(high.padEnd(4, '9')), lengths] as const,
)

/** Ways in which cards are printed. Only these count inside a longer row of numbers, and 13 digits only in them. */
const printed: ReadonlySet<string> = new Set([
  '4-4-4-4',
  '4-6-5',
  '4-6-4',
  '4-4-4-4-3',
  '4-4-4-1',
  '4-3-3-3',
  '4-4-4-2',
  '4-4-4-3',
  '6-13',
  '8-8',
])
const siret = '3-3-3-5'

const leading = 4

/** Lengths that are issued under the leading digits of a row; empty for most numbers. */
function issuedLengths({ codes }: CompactView, from: number, to: number): readonly number[] {
  let lead = 0
  for (let at = from; at < Math.min(from + leading, to); at++) lead = lead * 10 + codes[at]! - 0x30
  for (const [low, high, lengths] of ranges) if (lead >= low && lead <= high) return lengths
  return []
}

function passesLuhn({ codes }: CompactView, from: number, length: number): boolean {
  let sum = 0
  for (let place = 0; place < length; place++) {
    const value = codes[from + length - 1 - place]! - 0x30
    sum += place % 2 === 0 ? value : value > 4 ? value * 2 - 9 : value * 2
  }
  return sum % 10 === 0
}

/** A row of digit groups that only spaces, dots, dashes or marks part: index of each group's first digit, and the end. */
function groupsAt(view: CompactView, at: number): number[] {
  const marks = [at]
  let next = at + 1
  while (next < view.count && isDigit(view.codes[next]) && view.gaps[next] !== hardGap) {
    if (view.gaps[next] !== noGap) marks.push(next)
    next++
  }
  // A letter glued to the last digit makes it a reference, not a number.
  if (next < view.count && view.gaps[next] === noGap) marks.pop()
  else marks.push(next)
  return marks
}

function isPlausible(
  { gaps }: CompactView,
  marks: readonly number[],
  first: number,
  last: number,
  length: number,
): boolean {
  const sizes = marks
    .slice(first, last + 1)
    .map((mark, index, all) => (all[index + 1] ?? mark) - mark)
    .slice(0, -1)
  const shape = sizes.join('-')
  if (shape === siret) return false
  if (printed.has(shape)) return true
  if (length === 13) return false
  if (sizes.length === 1) return true
  // Dates and ratios hold marks too: with one, only the printed shapes count.
  return first === 0 && last === marks.length - 1 && !marks.slice(1, -1).some((mark) => gaps[mark] === markGap)
}

/** French company numbers pass Luhn too: the word before tells them apart. */
function isCompanyNumber(text: string, start: number): boolean {
  return /sire[tn]\W{0,6}(?:n°|no|num[eé]ro)?\W{0,4}$/i.test(text.slice(Math.max(0, start - 24), start))
}

/** Inside a longer row only printed shapes count, and those open with 4, 6 or 8 digits: most of a wall of numbers falls here. */
function mayOpen(marks: readonly number[], first: number): boolean {
  const size = marks[first + 1]! - marks[first]!
  return size === 4 || size === 6 || size === 8 || size >= 13 || (first === 0 && marks.at(-1)! - marks[0]! <= 19)
}

/** The groups after "FR76 " belong to an account number, even to one whose check fails. */
function followsIbanHead(view: CompactView, at: number): boolean {
  const { codes, gaps } = view
  if (at < 4 || gaps[at] === hardGap || gaps[at - 1] !== noGap || gaps[at - 2] !== noGap || gaps[at - 3] !== noGap)
    return false
  return isDigit(codes[at - 1]) && isDigit(codes[at - 2]) && isLetter(codes[at - 3]) && isLetter(codes[at - 4])
}

/** Payment cards: Luhn, an issuer's range and one of its lengths. */
export function detectCard(view: CompactView, text: string): Range[] {
  const found: Range[] = []
  for (let at = 0; at < view.count; at++) {
    if (!isDigit(view.codes[at]) || (view.gaps[at] === noGap && at > 0)) continue
    const marks = groupsAt(view, at)
    if (!followsIbanHead(view, at)) findInRow(view, text, marks, found)
    at = Math.max(at, (marks.at(-1) ?? at) - 1)
  }
  return found
}

function findInRow(view: CompactView, text: string, marks: readonly number[], found: Range[]): void {
  for (let first = 0; first < marks.length - 1; first++) {
    if (!mayOpen(marks, first)) continue
    const last = cardEnd(view, text, marks, first)
    if (last === undefined) continue
    found.push(rangeOf(view, marks[first]!, marks[last]! - 1))
    first = last - 1
  }
}

function cardEnd(view: CompactView, text: string, marks: readonly number[], first: number): number | undefined {
  const from = marks[first]!
  const lengths = issuedLengths(view, from, marks.at(-1)!)
  if (lengths.length === 0) return undefined
  for (let last = first + 1; last < marks.length && marks[last]! - from <= 19; last++) {
    const length = marks[last]! - from
    if (!lengths.includes(length) || !passesLuhn(view, from, length) || !isPlausible(view, marks, first, last, length))
      continue
    if (length === 14 && isCompanyNumber(text, view.starts[from]!)) continue
    return last
  }
  return undefined
}
