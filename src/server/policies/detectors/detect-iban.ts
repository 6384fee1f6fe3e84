import { hardGap, isDigit, isLetter, noGap, rangeOf, type CompactView, type Range } from './compact-view.ts'

/** Structure after country and check digits, from the SWIFT IBAN registry: n digits, a letters, c either. */
const structures: Readonly<Record<string, string>> = {
  AD: 'n8c12',
  AE: 'n19',
  AL: 'n8c16',
  AT: 'n16',
  AZ: 'a4c20',
  BA: 'n16',
  BE: 'n12',
  BG: 'a4n6c8',
  BH: 'a4c14',
  BI: 'n23',
  BR: 'n23a1c1',
  BY: 'c4n4c16',
  CH: 'n5c12',
  CR: 'n18',
  CY: 'n8c16',
  CZ: 'n20',
  DE: 'n18',
  DJ: 'n23',
  DK: 'n14',
  DO: 'c4n20',
  EE: 'n16',
  EG: 'n25',
  ES: 'n20',
  FI: 'n14',
  FK: 'a2n12',
  FO: 'n14',
  FR: 'n10c11n2',
  GB: 'a4n14',
  GE: 'a2n16',
  GI: 'a4c15',
  GL: 'n14',
  GR: 'n7c16',
  GT: 'c24',
  HN: 'a4n20',
  HR: 'n17',
  HU: 'n24',
  IE: 'a4n14',
  IL: 'n19',
  IQ: 'a4n15',
  IS: 'n22',
  IT: 'a1n10c12',
  JO: 'a4n4c18',
  KW: 'a4c22',
  KZ: 'n3c13',
  LB: 'n4c20',
  LC: 'a4c24',
  LI: 'n5c12',
  LT: 'n16',
  LU: 'n3c13',
  LV: 'a4c13',
  LY: 'n21',
  MC: 'n10c11n2',
  MD: 'c20',
  ME: 'n18',
  MK: 'n3c10n2',
  MN: 'n16',
  MR: 'n23',
  MT: 'a4n5c18',
  MU: 'a4n19a3',
  NI: 'a4n20',
  NL: 'a4n10',
  NO: 'n11',
  OM: 'n3c16',
  PK: 'a4c16',
  PL: 'n24',
  PS: 'a4c21',
  PT: 'n21',
  QA: 'a4c21',
  RO: 'a4c16',
  RS: 'n18',
  RU: 'n14c15',
  SA: 'n2c18',
  SC: 'a4n20a3',
  SD: 'n14',
  SE: 'n20',
  SI: 'n15',
  SK: 'n20',
  SM: 'a1n10c12',
  SO: 'n19',
  ST: 'n21',
  SV: 'a4n20',
  TL: 'n19',
  TN: 'n20',
  TR: 'n6c16',
  UA: 'n6c19',
  VA: 'n18',
  VG: 'a4n16',
  XK: 'n16',
  YE: 'a4n4c18',
}

const kinds = new Map(Object.entries(structures).map(([country, structure]) => [country, expand(structure)]))

function expand(structure: string): string {
  return structure.replaceAll(/([nac])(\d+)/g, (_, kind: string, times: string) => kind.repeat(Number(times)))
}

function fits(kind: string | undefined, code: number): boolean {
  if (code === 1) return false
  return kind === 'c' || (kind === 'n') === isDigit(code)
}

/** ISO 7064 mod 97-10 over the account part, then country and check digits. */
function hasValidCheck(view: CompactView, first: number, length: number): boolean {
  let rest = 0
  for (let step = 0; step < length; step++) {
    const code = view.codes[first + ((step + 4) % length)]!
    rest = isDigit(code) ? (rest * 10 + code - 0x30) % 97 : (rest * 100 + code - 0x37) % 97
  }
  return rest === 1
}

/** True where an account number may begin: after anything but a letter or digit, or after the word IBAN itself. */
function mayBegin(view: CompactView, at: number): boolean {
  if (view.gaps[at] !== noGap) return true
  return (
    at >= 4 &&
    view.codes[at - 1] === 0x4e &&
    view.codes[at - 2] === 0x41 &&
    view.codes[at - 3] === 0x42 &&
    view.codes[at - 4] === 0x49
  )
}

function lengthAt(view: CompactView, at: number): number {
  const { codes, gaps, count } = view
  if (!isDigit(codes[at + 2]) || !isDigit(codes[at + 3]) || !isLetter(codes[at]) || !isLetter(codes[at + 1])) return 0
  const structure = kinds.get(String.fromCharCode(codes[at]!, codes[at + 1]!))
  if (structure === undefined || at + 4 + structure.length > count) return 0
  const length = 4 + structure.length
  for (let step = 1; step < length; step++) {
    if (gaps[at + step] === hardGap) return 0
    if (step >= 4 && !fits(structure[step - 4], codes[at + step]!)) return 0
  }
  return length
}

/** International bank account numbers with any spacing: known country, its structure, mod 97. */
export function detectIban(view: CompactView): Range[] {
  const found: Range[] = []
  for (let at = 0; at + 14 < view.count; at++) {
    const length = isDigit(view.codes[at + 2]) && mayBegin(view, at) ? lengthAt(view, at) : 0
    const after = at + length
    if (length === 0 || (after < view.count && view.gaps[after] === noGap) || !hasValidCheck(view, at, length)) continue
    found.push(rangeOf(view, at, after - 1))
    at = after - 1
  }
  return found
}
