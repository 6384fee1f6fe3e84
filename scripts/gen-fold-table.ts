/**
 * Writes `src/server/policies/matcher/fold-table.gen.ts`: what each code point is to the matcher.
 *
 * Sources: the Unicode data in this Node (`process.versions.unicode`) through `normalize` and property escapes, and the
 * vendored subset of UTS #39 in `scripts/data/`. Run `node scripts/gen-fold-table.ts` after a change of either.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'
import * as C from '#server/policies/matcher/char-class.ts'

const TARGET = new URL('../src/server/policies/matcher/fold-table.gen.ts', import.meta.url)
const LATIN_LETTERS = new URL('./data/latin-letters-15.0.txt', import.meta.url)
const CONFUSABLES = new URL('./data/confusables-latin-15.0.txt', import.meta.url)

/** Latin letters that have no decomposition, and look-alikes inside the Latin script. */
const LATIN: Record<string, string> = Object.fromEntries(
  (
    '℮ e ʉ u Ʉ u ɵ o ʋ v ɤ y œ oe Œ oe æ ae Æ ae ß ss ẞ ss ø o Ø o đ d Đ d ħ h Ħ h ł l Ł l ŧ t Ŧ t ı i ĸ k ŋ n Ŋ n ð d Ð d þ th Þ th ƒ f ə e Ə e ' +
    'ᴀ a ʙ b ᴄ c ᴅ d ᴇ e ꜰ f ɢ g ʜ h ɪ i ᴊ j ᴋ k ʟ l ᴍ m ɴ n ᴏ o ᴘ p ꞯ q ʀ r ꜱ s ᴛ t ᴜ u ᴠ v ᴡ w ʏ y ᴢ z ᴁ ae ɶ oe ' +
    'ɐ a ɒ a ɔ o ǝ e ɘ e ɛ e ɜ e ɟ j ɥ h ᴉ i ɯ m ɹ r ɾ r ʇ t ʌ v ʍ w ʎ y ʞ k ɩ i ƨ s Ƨ s ɖ d ɗ d ɲ n ɳ n ƴ y ꝺ d ꝛ r ꞃ r ꞇ t ꞅ s ꝼ f'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, word, index, all) => {
      if (index % 2 === 0) pairs.push([word, all[index + 1] ?? ''])
      return pairs
    }, []),
)

/** Look-alikes that UTS #39 leaves out and people use: small Cyrillic and Greek letters, currency signs as letters. */
const EXTRA_CONFUSABLES =
  'вb кk мm нh тt пn иu яr зe эe дa ьb цu лn гr чy ыi фo щw шw ъb юo εe τt μu κk ηn ωw βb δd λl θo ςs χx ξe πn σo ζz φo ΔA ΛA ΣE ΩO ΠN ΓR ЯR ИN ДA ЭE ЗE ЛN ПN ГR ФO ЦU ШW ЩW'

const PLAIN_MARKS = new Set([0x300, 0x301, 0x302, 0x303, 0x308, 0x327, 0x30a])
const PLAIN_EXTRA = new Set('œŒæÆß'.split('').map((c) => c.charCodeAt(0)))
const ODD_BLANKS = new Set([0x2800, 0x3164, 0x115f, 0x1160, 0xffa0, 0x200a, 0x180e])
const NO_LETTERS = /^[\u2122\u2120\u00aa\u00ba]$/u

interface Class {
  bits: number
  low: number
}
const expansions: string[] = []

function gap(low: number, bits = 0): Class {
  return { bits, low }
}

function readPairs(file: URL, column: number): Map<number, string> {
  const lines = readFileSync(file, 'utf8').split('\n')
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' '))
  return new Map(rows.map((row) => [Number.parseInt(row[0] ?? '', 16), row[column] ?? '']))
}
const strong = readPairs(CONFUSABLES, 2)
const forms = readPairs(LATIN_LETTERS, 2)

function latinOf(text: string): string | undefined {
  const bare = text.normalize('NFKD').replace(/\p{M}/gu, '')
  const mapped = Array.from(bare, (c) => LATIN[c] ?? latinAlike(c) ?? c.toLowerCase()).join('')
  return /^[a-z0-9]+$/.test(mapped) ? mapped : undefined
}

function latinAlike(char: string): string | undefined {
  return /\p{Script=Latin}/u.test(char)
    ? (forms.get(char.codePointAt(0) ?? 0) ?? strong.get(char.codePointAt(0) ?? 0)?.toLowerCase())
    : undefined
}

function word(cp: number, char: string, folded: string, extra: number): Class {
  const cased = /\p{Lu}|\p{Lt}/u.test(char) || /^[A-Z]/.test(char.normalize('NFKD')) ? C.UPPER : C.LOWER
  const kind = /^[0-9]$/.test(folded) || /\p{Nd}/u.test(char) ? C.DIGIT : cased
  const bits = C.WORD | kind | extra | (isPlain(cp) ? 0 : C.FOLDED)
  if (folded.length === 1) return { bits, low: folded.charCodeAt(0) }
  let index = expansions.indexOf(folded)
  if (index < 0) index = expansions.push(folded) - 1
  return { bits: bits | C.MULTI, low: index }
}

function isPlain(cp: number): boolean {
  return cp < 0x100 || PLAIN_EXTRA.has(cp) || cp === 0x178
}

/** Letters in boxes and circles that have no compatibility decomposition. */
function boxed(cp: number): string | undefined {
  for (const start of [0x1f110, 0x1f130, 0x1f150, 0x1f170]) {
    if (cp >= start && cp < start + 26) return String.fromCharCode(97 + cp - start)
  }
  return cp >= 0x249c && cp <= 0x24b5 ? String.fromCharCode(97 + cp - 0x249c) : undefined
}

const JOINERS = new Set(Array.from('._/*·•~+=\\:,;()[]{}^‧∙⋅●○▪■◦|›‹<>"“”«»„‚…–—―'))
const HARD = new Set(Array.from(',;:.()/!?…[]{}=+<>\\¿¡'))
const QUOTES = new Set(Array.from('"“”«»„‟‹›*_~'))
const APOSTROPHES = new Set(Array.from("'’‘ʼ`´′＇‛ʹˈ"))
const HYPHENS = new Set(Array.from('-‐‑‒–—―−﹣－⁃'))
const LEET = new Set(Array.from('@$€£¥¢!|₹₩₦₮₱₳฿₲₴₽₿₡₥₫₭₤₣₵₸₺§¡'))
const TERMS = new Set(Array.from('.!?…。！？'))

function separator(cp: number, char: string): Class {
  if (APOSTROPHES.has(char)) return gap(C.G_APOSTROPHE | C.G_JOINER)
  let low = 0
  if (/^[\n\r\u2028\u2029\u0085]$/.test(char)) low |= C.G_SPACE | C.G_NEWLINE
  else if (ODD_BLANKS.has(cp)) low |= C.G_BLANK | C.G_JOINER
  else if (/[\s\p{Z}]/u.test(char)) low |= C.G_SPACE
  if (HYPHENS.has(char)) low |= C.G_HYPHEN | C.G_JOINER
  const narrow = char.normalize('NFKC')
  if (JOINERS.has(char) || JOINERS.has(narrow)) low |= C.G_JOINER
  if (HARD.has(narrow)) low |= C.G_HARD
  if (QUOTES.has(char)) low |= C.G_QUOTE
  if (LEET.has(narrow)) low |= C.G_LEET
  if (TERMS.has(char)) low |= C.G_TERM
  if (narrow === '#') low |= C.G_HASH
  if (cp >= 0x1f1e6 && cp <= 0x1f1ff) low |= C.G_REGIONAL | C.G_EMOJI
  else if (cp > 0xff && /[\p{Extended_Pictographic}\p{So}\p{Emoji_Modifier}]/u.test(char)) low |= C.G_EMOJI
  return gap(low === 0 ? C.G_SYMBOL : low, /\p{Emoji_Modifier}/u.test(char) ? C.EXTEND : 0)
}

function classify(cp: number): Class {
  if (cp >= 0xd800 && cp <= 0xdfff) return gap(C.G_SYMBOL, C.SURROGATE)
  const char = String.fromCodePoint(cp)
  const boxedLetter = boxed(cp)
  if (boxedLetter !== undefined) return word(cp, char, boxedLetter, cp >= 0x1f110 ? C.UPPER : 0)
  if (ODD_BLANKS.has(cp)) return separator(cp, char)
  if (/\p{M}/u.test(char)) return { bits: C.IGNORE | C.EXTEND | (PLAIN_MARKS.has(cp) ? 0 : C.FOLDED), low: 0 }
  if (/[\p{Default_Ignorable_Code_Point}\p{Cf}]/u.test(char) || (/\p{Cc}/u.test(char) && !/\s|\u0085/.test(char))) {
    return { bits: C.IGNORE | C.FOLDED | (/[\p{Grapheme_Extend}\u200d]/u.test(char) ? C.EXTEND : 0), low: 0 }
  }
  if (APOSTROPHES.has(char)) return separator(cp, char)
  if (/\p{No}/u.test(char) || /^[\u2122\u2120]$/.test(char)) return separator(cp, char)
  const latin = latinOf(char)
  if (latin !== undefined && !NO_LETTERS.test(char)) return word(cp, char, latin, 0)
  if (/[\p{L}\p{Nd}\p{Nl}]/u.test(char)) {
    const bare = char.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')
    const script = /\p{Script=Latin}|\p{Nd}/u.test(char) ? 0 : C.FOREIGN
    const folded =
      bare.length === 1 && /[\p{L}\p{N}]/u.test(bare) ? bare : bare.length > 0 && cp < 0x10000 ? char.toLowerCase() : ''
    if (folded.length === 1) return word(cp, char, folded, script)
    return { bits: C.WORD | C.LOWER | C.FOLDED | script | C.SURROGATE, low: cp & 0xffff }
  }
  return separator(cp, char)
}

function encode(): string {
  const rows: string[] = []
  let start = 0
  let previous = classify(0)
  let step = -1
  let first = previous
  for (let cp = 1; cp <= 0x20000; cp++) {
    const now: Class = cp === 0x20000 ? { bits: -1, low: -1 } : classify(cp)
    const delta = now.low - previous.low
    if (now.bits === previous.bits && (step === -1 ? delta === 0 || delta === 1 : delta === step)) {
      step = delta
    } else {
      rows.push([cp - start, first.bits >>> 16, first.low, Math.max(step, 0)].map((v) => v.toString(36)).join(','))
      start = cp
      first = now
      step = -1
    }
    previous = now
  }
  return rows.join(';')
}

/** Adds the accented letters of a base that is in the table, and keeps letters of other scripts only. */
function spread(bases: ReadonlyMap<number, string>): string {
  const pairs = new Map(bases)
  for (let cp = 0; cp < 0x2000; cp++) {
    const base = String.fromCodePoint(cp).normalize('NFKD').replace(/\p{M}/gu, '')
    const letter = base.length === 1 ? bases.get(base.charCodeAt(0)) : undefined
    if (letter !== undefined && !pairs.has(cp)) pairs.set(cp, letter)
  }
  return Array.from(pairs)
    .filter(([cp]) => cp < 0x20000 && (classify(cp).bits & (C.WORD | C.FOREIGN)) === (C.WORD | C.FOREIGN))
    .sort(([a], [b]) => a - b)
    .map(([cp, letter]) => cp.toString(36) + letter)
    .join(' ')
}

function weakPairs(): Map<number, string> {
  const pairs = EXTRA_CONFUSABLES.split(' ').map((pair): [number, string] => [pair.codePointAt(0) ?? 0, pair.slice(1)])
  return new Map(pairs.filter(([cp]) => !strong.has(cp)))
}

function literal(text: string): string {
  return `'${deflateRawSync(text, { level: 9 }).toString('base64')}'`
}

/** The module's text, as it is written before formatting. */
export function renderFoldTable(): string {
  const classes = encode()
  return `// Generated by scripts/gen-fold-table.ts from Unicode ${process.versions.unicode} and UTS #39 15.0: do not edit.
// Portions Copyright (c) 1991-2024 Unicode, Inc., under the Unicode License.

/** Version of the Unicode data behind the table. */
export const FOLD_TABLE_VERSION = 'unicode-${process.versions.unicode}+uts39-15.0'

/** Runs \`length,bits>>16,low,step\` in base 36, over the first two planes, deflated. */
export const CLASS_RUNS = ${literal(classes)}

/** \`code point in base 36\` + ASCII letter it looks like, deflated. */
export const CONFUSABLES = ${literal(spread(strong))}

/** Likenesses that only pass among Latin letters. */
export const WEAK_CONFUSABLES = ${literal(spread(weakPairs()))}

/** What one character unfolds to, when that is more than one. */
export const EXPANSIONS: readonly string[] = ${JSON.stringify(expansions).replaceAll('"', "'")}
`
}

if (import.meta.main) writeFileSync(TARGET, renderFoldTable())
