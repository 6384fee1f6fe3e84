import { isDigit, noGap, parts, rangeOf, type CompactView, type Range } from './compact-view.ts'

const length = 15
const letterA = 0x41
const letterB = 0x42

/** True for the months that are written: 1–12, and 20–42 or 50–99 where the month of birth is not known. */
function isMonth(month: number): boolean {
  return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50
}

function numberAt(view: CompactView, from: number, size: number): number {
  let value = 0
  for (let step = 0; step < size; step++) value = value * 10 + view.codes[from + step]! - 0x30
  return value
}

/** The department as it enters the key: 2A counts as 19, 2B as 18. */
function departmentAt(view: CompactView, at: number): number {
  const second = view.codes[at + 6]!
  if (second === letterA || second === letterB) return view.codes[at + 5] === 0x32 ? (second === letterA ? 19 : 18) : 0
  return numberAt(view, at + 5, 2)
}

/** Sex, year, month, department, commune, order, and the key 97 − (number mod 97). */
function isNir(view: CompactView, at: number): boolean {
  const sex = view.codes[at]! - 0x30
  if (sex === 0 || sex === 5 || sex === 6 || sex === 9 || !isMonth(numberAt(view, at + 3, 2))) return false
  const department = departmentAt(view, at)
  const commune = numberAt(view, at + 7, 3)
  const order = numberAt(view, at + 10, 3)
  if (department === 0 || commune === 0 || order === 0) return false
  // Thirteen digits fit a double exactly.
  const number = ((numberAt(view, at, 5) * 100 + department) * 1000 + commune) * 1000 + order
  return numberAt(view, at + 13, 2) === 97 - (number % 97)
}

/** French social security numbers of 15 characters with any spacing. */
export function detectNir(view: CompactView): Range[] {
  const found: Range[] = []
  for (let at = 0; at + length <= view.count; at++) {
    if (!isDigit(view.codes[at]) || (view.gaps[at] === noGap && at > 0)) continue
    if (!isUnbroken(view, at) || !isNir(view, at)) continue
    found.push(rangeOf(view, at, at + length - 1))
    at += length - 1
  }
  return found
}

function isUnbroken(view: CompactView, at: number): boolean {
  for (let step = 1; step < length; step++) {
    const code = view.codes[at + step]!
    if (parts(view.gaps[at + step]) || !(isDigit(code) || (step === 6 && (code === letterA || code === letterB))))
      return false
  }
  return at + length === view.count || view.gaps[at + length] !== noGap
}
