import { EXTEND, G_REGIONAL, WORD } from './char-class.ts'
import { classOf } from './fold-table.ts'

/** Characters that belong to the one after them (Grapheme_Cluster_Break=Prepend). */
const PREPEND =
  /^[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u{110bd}\u{110cd}\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]$/u

function codePointBefore(text: string, at: number): number {
  const low = text.charCodeAt(at - 1)
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? (text.codePointAt(at - 2) as number) : low
}

function isRegional(codePoint: number): boolean {
  const entry = classOf(codePoint)
  return (entry & WORD) === 0 && (entry & G_REGIONAL) !== 0
}

/** Number of regional indicators in a row before `at`: flags pair from the first one. */
function regionalsBefore(text: string, at: number): number {
  let count = 0
  for (let back = at; back >= 2 && isRegional(text.codePointAt(back - 2) as number); back -= 2) count++
  return count
}

/** Widens a span so that it begins and ends on grapheme boundaries. */
export function alignToGraphemes(text: string, start: number, end: number): { start: number; end: number } {
  let from = start
  while (from > 0 && text.charCodeAt(from - 1) > 0x5ff) {
    const before = codePointBefore(text, from)
    const width = before > 0xffff ? 2 : 1
    if (PREPEND.test(String.fromCodePoint(before))) from -= width
    else if (
      isRegional(before) &&
      isRegional(text.codePointAt(from) as number) &&
      regionalsBefore(text, from) % 2 === 1
    )
      from -= width
    else break
  }
  let to = end
  while (to < text.length && text.charCodeAt(to) > 0x2ff) {
    const next = text.codePointAt(to) as number
    if ((classOf(next) & EXTEND) !== 0) to += next > 0xffff ? 2 : 1
    else if (isRegional(next) && isRegional(codePointBefore(text, to)) && regionalsBefore(text, to) % 2 === 1) to += 2
    else break
  }
  return { start: from, end: to }
}
