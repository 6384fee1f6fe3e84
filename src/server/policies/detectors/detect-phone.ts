import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'
import { isDigit, isLetter, noGap, parts, type CompactView, type Range } from './compact-view.ts'

/** More candidates than this in one field are all reported unchecked: a wall of numbers must not slow the engine. */
const mostChecked = 40

/** Telephone numbers that exist in the numbering plan of one of the countries, or of the country they name with a +. */
export function detectPhone(view: CompactView, text: string, countries: readonly CountryCode[]): Range[] {
  const found: Range[] = []
  let checked = 0
  for (const [start, end] of candidates(view, text)) {
    if (checked++ >= mostChecked || isPhone(text.slice(start, end), countries)) found.push([start, end])
  }
  return found
}

function isPhone(text: string, countries: readonly CountryCode[]): boolean {
  const tidy = text.replaceAll(/[^\d+]/g, '')
  const international = tidy.startsWith('00') ? `+${tidy.slice(2)}` : tidy
  if (international.startsWith('+')) return parsePhoneNumberFromString(international)?.isValid() === true
  return countries.some((country) => parsePhoneNumberFromString(tidy, country)?.isValid() === true)
}

/** Rows of 8 to 15 digits parted by single spaces, dots, dashes or brackets, not glued to a letter. */
function* candidates(view: CompactView, text: string): Generator<Range> {
  for (let at = 0; at < view.count; at++) {
    if (!isDigit(view.codes[at]) || (at > 0 && view.gaps[at] === noGap)) continue
    let last = at
    while (
      last + 1 < view.count &&
      isDigit(view.codes[last + 1]) &&
      (!parts(view.gaps[last + 1]) || isBracket(text, view.ends[last]!, view.starts[last + 1]!))
    )
      last++
    const digits = last - at + 1
    const glued = last + 1 < view.count && view.gaps[last + 1] === noGap && isLetter(view.codes[last + 1])
    if (digits >= 8 && digits <= 17 && !glued) yield [phoneStart(text, view.starts[at]!), view.ends[last]!]
    at = last
  }
}

function isBracket(text: string, from: number, to: number): boolean {
  return to - from <= 3 && /^[ .-]?[()][ .-]?$/.test(text.slice(from, to))
}

function phoneStart(text: string, start: number): number {
  const lead = /(?:\+|\(\+?|\+\()$/.exec(text.slice(Math.max(0, start - 2), start))
  return lead === null ? start : start - lead[0].length
}
