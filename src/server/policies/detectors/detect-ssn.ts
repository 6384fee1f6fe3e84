import {
  dashGap,
  dotGap,
  isDigit,
  noGap,
  parts,
  rangeOf,
  spaceGap,
  type CompactView,
  type Range,
} from './compact-view.ts'

/** Numbers that were printed in advertisements and withdrawn. */
const withdrawn: ReadonlySet<string> = new Set(['078051120', '219099999'])

/** Areas 000, 666 and 900–999, group 00 and serial 0000 were never issued. */
export function isIssuedSsn(digits: string): boolean {
  const area = Number(digits.slice(0, 3))
  if (area === 0 || area === 666 || area >= 900) return false
  return digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000' && !withdrawn.has(digits)
}

function isGroup(view: CompactView, from: number, size: number): boolean {
  for (let step = 0; step < size; step++) {
    if (!isDigit(view.codes[from + step]) || (step > 0 && view.gaps[from + step] !== noGap)) return false
  }
  return true
}

/** The separator stands between the three groups and not again on either side, where it would make a longer row. */
function isFormatted(view: CompactView, at: number): boolean {
  const gap = view.gaps[at + 3]
  if (gap !== dashGap && gap !== spaceGap && gap !== dotGap) return false
  if (view.gaps[at + 5] !== gap) return false
  if (!isGroup(view, at, 3) || !isGroup(view, at + 3, 2) || !isGroup(view, at + 5, 4)) return false
  return isFree(view, at, at, -1, gap) && isFree(view, at + 9, at + 9, 0, gap)
}

function isFree(view: CompactView, edge: number, at: number, shift: number, gap: number): boolean {
  if (edge <= 0 || edge >= view.count) return true
  if (view.gaps[edge] === noGap) return false
  return !(view.gaps[edge] === gap && isDigit(view.codes[at + shift]))
}

/** Nine digits in one block mean many things: only the words before say that it is this one. */
function isNamed(view: CompactView, text: string, at: number): boolean {
  if (!isGroup(view, at, 9) || (at + 9 < view.count && view.gaps[at + 9] === noGap)) return false
  return /(?:\bssn|social security)\W{0,3}(?:number|no|num|#)?\W{0,4}(?:is|:)?\W{0,3}$/i.test(
    text.slice(Math.max(0, view.starts[at]! - 36), view.starts[at]),
  )
}

/** United States social security numbers: 3-2-4 with one kind of separator, or nine digits after the words. */
export function detectSsn(view: CompactView, text: string): Range[] {
  const found: Range[] = []
  for (let at = 0; at + 9 <= view.count; at++) {
    if (!isDigit(view.codes[at]) || (at > 0 && view.gaps[at] === noGap)) continue
    if (parts(view.gaps[at + 3]) || !(isFormatted(view, at) || isNamed(view, text, at))) continue
    if (!isIssuedSsn(String.fromCharCode(...view.codes.subarray(at, at + 9)))) continue
    found.push(rangeOf(view, at, at + 8))
    at += 8
  }
  return found
}
