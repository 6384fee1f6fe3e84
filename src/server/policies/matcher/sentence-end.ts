import { G_BULLET, G_NEWLINE, G_SENTENCE, G_TERM, UPPER, G_JOINER, G_EMOJI, G_SYMBOL } from './char-class.ts'
import { classOf } from './fold-table.ts'
import { W } from './workspace.ts'

/** Words that end in a full stop without ending a sentence. */
const ABBREVIATIONS = new Set(
  'mr mrs ms dr st ste mm mme mlle me pr prof no nos vs etc cf pp ex art al env approx incl max min av bd inc ltd co corp jr sr fig vol chap ed eg ie'.split(
    ' ',
  ),
)

function beginsUpper(token: number, text: string): boolean {
  const start = W.tokenStart[token] as number
  return (classOf(text.codePointAt(start) ?? 0) & UPPER) !== 0
}

/** True when a sentence ends between `token` and the one before it, whose gap has a full stop, a list mark or a blank line. */
export function endsSentence(text: string, token: number): boolean {
  const gap = W.tokenGap[token] as number
  if ((gap & G_BULLET) !== 0) {
    // A list mark always parts; a blank line parts unless the text goes on with a small letter.
    if ((gap & (G_JOINER | G_EMOJI | G_SYMBOL)) !== 0) return true
    if (beginsUpper(token, text)) return true
  }
  if ((gap & G_SENTENCE) === 0 || (gap & G_TERM) === 0) return false
  const from = W.tokenEnd[token - 1] as number
  const between = text.slice(from, Math.min(W.tokenStart[token] as number, from + 8))
  // An exclamation mark that a sign follows is a letter: "g@rant!€".
  if (/^!+[@$€£¥]/.test(between)) return false
  if (/[!?！？。]/.test(between)) return true
  // An ellipsis goes on unless a capital follows.
  if (/\.{2}|…/.test(between)) return beginsUpper(token, text)
  const word = text.slice(W.tokenStart[token - 1], from).toLowerCase()
  if (word.length === 1 && /\p{L}/u.test(word)) return false
  return !ABBREVIATIONS.has(word) || (word === 'etc' && beginsUpper(token, text)) || (gap & G_NEWLINE) !== 0
}
