import { FOREIGN, LETTER, WORD } from './char-class.ts'
import { classOf, isWeakAlike, lookAlikeOf } from './fold-table.ts'

const last = { text: '', latin: true }

/**
 * True when most words of a text are Latin, counting a word that mixes Latin letters with look-alikes as Latin. Only then
 * may a word written wholly in look-alikes be taken for a Latin one: in a Russian or Greek post it is Russian or Greek.
 */
export function isLatinPost(text: string): boolean {
  if (last.text === text) return last.latin
  let latin = 0
  let foreign = 0
  let here = 0
  for (let at = 0; at <= text.length; at++) {
    const codePoint = at < text.length ? (text.codePointAt(at) as number) : 32
    const entry = classOf(codePoint)
    if (codePoint > 0xffff) at++
    if ((entry & WORD) === 0) {
      if ((here & 1) !== 0) latin++
      else if ((here & 2) !== 0) foreign++
      here = 0
    } else if ((entry & LETTER) !== 0)
      here |= (entry & FOREIGN) === 0 ? 1 : lookAlikeOf(codePoint) === 0 || isWeakAlike(codePoint) ? 2 : 4
  }
  last.text = text
  last.latin = foreign === 0 || latin > foreign
  return last.latin
}
