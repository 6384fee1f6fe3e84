import { CLITIC, G_APOSTROPHE, G_SPACE, G_HYPHEN, G_JOINER, G_NEWLINE, LOWER, UPPER } from './char-class.ts'
import type { Span } from './evaluate-formula.ts'
import { PART, VIA_JOINED, W } from './workspace.ts'

/** Small words that make a hyphenated compound one word: cul-de-sac, Cul-des-Sarts, Villers-lès-Nancy. */
const LINKS = new Set('de des du d la le les lès l en à a au aux sur sous'.split(' '))
const VERB_CLITICS = /^(?:j|n|m|t|s|c|qu|J|N|M|T|S|C|QU|Qu)$/
const SHORTEST_PART = 4
const SHORTEST_FRAGMENT = 5
const LONGEST_COMPOUND = 12
const HYPHEN = G_HYPHEN | G_JOINER

function word(text: string, token: number): string {
  return text.slice(W.tokenStart[token], W.tokenEnd[token])
}

/** True when the word is one part of three or more joined by hyphens, with a link among them. */
function isInCompound(text: string, token: number): boolean {
  let first = token
  while (first > 0 && token - first < LONGEST_COMPOUND && W.tokenGap[first] === HYPHEN) first--
  let last = token
  while (last + 1 < W.tokens && last - token < LONGEST_COMPOUND && W.tokenGap[last + 1] === HYPHEN) last++
  for (let k = first + 1; k < last; k++) if (LINKS.has(word(text, k).toLowerCase())) return true
  return false
}

/** True when a line break parts the word from its other half: "con-⏎seil". */
function isFragment(token: number): boolean {
  const broken = (at: number): boolean => {
    const gap = at < W.tokens ? (W.tokenGap[at] as number) : 0
    return (gap & G_HYPHEN) !== 0 && (gap & G_NEWLINE) !== 0 && ((W.tokenBits[at] as number) & (LOWER | UPPER)) !== 0
  }
  return broken(token) || broken(token + 1)
}

/** True for the "AI" of "J'AI", and of "L'AI" in a sentence in capitals: a verb, not the acronym. */
function isVerbAfterElision(text: string, token: number): boolean {
  // The s of "It's AI" is no elided word: its apostrophe stands before it.
  if (token === 0 || ((W.tokenGap[token] as number) & G_APOSTROPHE) === 0) return false
  if (((W.tokenBits[token - 1] as number) & CLITIC) === 0) return false
  const before = word(text, token - 1)
  if (VERB_CLITICS.test(before)) return true
  return before === 'L' && token > 1 && ((W.tokenBits[token - 2] as number) & (LOWER | UPPER)) === UPPER
}

const AFTER_PREPOSITION = new Set(
  'le la les l un une des ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs chaque tout toute tous toutes internet place mesure'.split(
    ' ',
  ),
)

/** True when a row that ends in "sûr" was written "sur" and goes on as after the preposition: "à 100 % sur ce projet". */
export function isPreposition(text: string, span: Span): boolean {
  const next = span.last + 1
  if (
    next >= W.tokens ||
    (W.tokenGap[next] as number) !== G_SPACE ||
    !/[^A-Z]sur$/i.test(text.slice(span.start, span.end))
  )
    return false
  const after = word(text, next)
  return AFTER_PREPOSITION.has(after.toLowerCase()) || /^\p{Lu}\p{Ll}/u.test(after)
}

/** True when a term of one word stands where it is only part of another word. `exact`: its case or accents count. */
export function isAccident(text: string, span: Span, exact: boolean): boolean {
  if (span.first !== span.last) return false
  const size = span.end - span.start
  if ((span.flags & PART) !== 0 && (size < SHORTEST_PART || (span.flags & VIA_JOINED) !== 0)) return true
  if (exact && isVerbAfterElision(text, span.first)) return true
  if (size < SHORTEST_FRAGMENT && isFragment(span.first)) return true
  return isInCompound(text, span.first)
}
