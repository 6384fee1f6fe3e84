import { EXTEND, IGNORE } from './char-class.ts'
import { classOf } from './fold-table.ts'
import type { VisualText } from './reorder-bidi.ts'

/** Letters that nearly nobody types but to write upside down. */
const TURNED = /[ɐǝɟƃɥᴉɾʞɯɹʇʌʍʎ∀ƎℲ⅁⋊Ԁᴚ⊥⅄]/
/** Stands for what is nothing with the page turned round: it parts words. */
const NOTHING = '¤'

/** Each sign, and what it is with the page turned round. */
const UPRIGHT = new Map(
  (
    'ɐa qb ɔc pd ǝe ɟf ƃg ᵷg ɓg ɥh ᴉi ıi ɾj ſj ʞk ll ןl ɯm un oo dp pd bq ɹr ss ʇt nu ʌv ʍw xx ʎy zz ' +
    '∀A ɅA 𐐒B ƆC ᗡD ƎE ℲF ⅁G HH II ʃJ ⋊K ˥L WM NN OO ԀP ΌQ ᴚR SS ┴T ⊥T ∩U ΛV MW XX ⅄Y ZZ ' +
    '00 ⇂1 Ɩ1 ᄅ2 Ɛ3 ㄣ4 ϛ5 96 ㄥ7 88 69 ˙. ⸳.'
  )
    .split(' ')
    .map((pair) => [pair.slice(0, -1), pair.slice(-1)] as const),
)

/** True when some letter of a text stands upside down. */
export function isTurned(text: string): boolean {
  return TURNED.test(text)
}

function isMark(codePoint: number): boolean {
  const entry = classOf(codePoint)
  return (entry & (IGNORE | EXTEND)) !== 0
}

/** Where the words of a line lie that are none with the page turned round: some letter of theirs has no such likeness. */
function uprightWords(line: string): readonly (readonly [number, number])[] {
  return [...line.matchAll(/[\p{L}\p{N}\p{M}]+/gu)]
    .filter(([word]) => Array.from(word).some((sign) => /[\p{L}\p{N}]/u.test(sign) && !UPRIGHT.has(sign)))
    .map(({ index, 0: word }) => [index, index + word.length] as const)
}

/** A line as it is read with the page turned round, each sign with its place; marks stay behind their letter. */
function turnLine(line: string, from: number, to: { text: string; places: number[] }): void {
  const clusters: { at: number; marks: string }[] = []
  const upright = uprightWords(line)
  let next = upright.length - 1
  let at = from
  for (const char of line) {
    const last = clusters.at(-1)
    if (last !== undefined && isMark(char.codePointAt(0) as number)) last.marks += char
    else clusters.push({ at, marks: char })
    at += char.length
  }
  for (const { at: start, marks } of clusters.toReversed()) {
    const [sign = ''] = marks
    while (next >= 0 && start - from < (upright[next]?.[0] ?? 0)) next--
    const isUpright = next >= 0 && start - from < (upright[next]?.[1] ?? 0)
    const turned = isUpright ? NOTHING : (UPRIGHT.get(sign) ?? sign)
    for (const [text, place] of [[turned, start] as const, [marks.slice(sign.length), start + sign.length] as const]) {
      to.text += text
      for (let k = 0; k < text.length; k++) to.places.push(place + k)
    }
    // The last unit of a sign of two is where the sign ends.
    if (sign.length > turned.length && marks.length === sign.length) to.places[to.places.length - 1] = start + 1
  }
}

/** A text as it is read with the page turned round, line by line: "sʇᴉɟoɹd" is "profits". */
export function turnUpsideDown(text: string): VisualText {
  const to = { text: '', places: [] as number[] }
  let from = 0
  for (const line of text.split('\n')) {
    turnLine(line, from, to)
    to.text += '\n'
    to.places.push(from + line.length)
    from += line.length + 1
  }
  return { text: to.text.slice(0, -1), places: Int32Array.from(to.places) }
}
