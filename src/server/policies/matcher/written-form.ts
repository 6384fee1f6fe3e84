import { FOREIGN, IGNORE, EXTEND } from './char-class.ts'
import { classOf, foldText, lookAlikeOf } from './fold-table.ts'

/** What a row demands of the way it is written, beyond its folded words. */
export interface WrittenForm {
  /** Case or accents count: the text must match this, letter for letter. */
  pattern: RegExp | null
  keepAccents: boolean
  /** Folded text of a term that spells punctuation; written like that it is plain. */
  literal: string
  /** The row ends in "sûr", which without its accent is also a preposition. */
  endsInSur: boolean
}

const LONGEST = 2_000
const ENDING = '[\\p{L}\\p{N}]*'
const BETWEEN = '[^\\p{L}\\p{N}]{0,40}'

/** Letters as written: invisible characters out, compatibility forms and look-alikes resolved, case kept. */
function spell(text: string, keepAccents: boolean): string {
  if (/^[ -~]*$/.test(text)) return text
  let spelled = ''
  for (const char of text) {
    const codePoint = char.codePointAt(0) ?? 0
    const entry = classOf(codePoint)
    if ((entry & IGNORE) !== 0 && (entry & EXTEND) === 0) continue
    const alike = (entry & FOREIGN) === 0 ? 0 : lookAlikeOf(codePoint)
    spelled += alike === 0 ? char : String.fromCharCode(alike)
  }
  const whole = spelled
    .normalize('NFKD')
    .replace(/œ/g, 'oe')
    .replace(/Œ/g, 'OE')
    .replace(/æ/g, 'ae')
    .replace(/Æ/g, 'AE')
  return keepAccents ? whole.normalize('NFC') : whole.replace(/\p{M}/gu, '')
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Builds the demands of a row written as `written` (stars included), or null when folding everything is fine. */
export function makeWrittenForm(written: string, exactCase: boolean, keepAccents: boolean): WrittenForm | null {
  const endsInSur = /(?:^|\s)s[uû]r$/i.test(written.normalize('NFC')) && /û/i.test(written.normalize('NFC'))
  const literal = /[^\s\p{L}\p{N}'’*-]/u.test(written) ? foldText(written) : ''
  if (written === '' || (!exactCase && !keepAccents))
    return literal === '' && !endsInSur ? null : { pattern: null, keepAccents, literal, endsInSur }
  const parts = spell(written, keepAccents).split(/[\s-]+/)
  const source = parts
    .filter((part) => part !== '')
    .map((part) => (part.endsWith('*') ? `${escape(part.slice(0, -1))}${ENDING}` : escape(part)))
  return { pattern: new RegExp(`^${source.join(BETWEEN)}$`, exactCase ? 'u' : 'iu'), keepAccents, literal, endsInSur }
}

/** True when a stretch of text is written as the row demands. */
export function isWrittenAs(form: WrittenForm, text: string): boolean {
  return form.pattern === null || (text.length <= LONGEST && form.pattern.test(spell(text, form.keepAccents)))
}

/** True when a stretch of text is the term with its own punctuation. */
export function isLiteral(form: WrittenForm, text: string): boolean {
  return form.literal !== '' && text.length <= LONGEST && foldText(text) === form.literal
}
