import type { Language } from './matcher/lexicon.ts'
import type { PolicyPost } from './policy-input.ts'

const common: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: new Set(
    'the and of to is are was you your we our with for this that have has will not be it by from they their can more now all who what how'.split(
      ' ',
    ),
  ),
  fr: new Set(
    'le la les des du un une et est sont vous votre vos nous notre nos avec pour ce cette ces que qui dans sur pas ne au aux par plus leur leurs chez mais'.split(
      ' ',
    ),
  ),
}
const word = /[\p{L}]+/gu

/**
 * The language whose rules apply, or `undefined` for all of them. An author's statement is believed unless the words
 * clearly belong to the other language: nobody escapes English rules by calling an English post French.
 */
export function chooseLanguage(post: Pick<PolicyPost, 'text' | 'language' | 'thread'>): Language | undefined {
  const stated = post.language
  if (stated === undefined) return undefined
  const other: Language = stated === 'fr' ? 'en' : 'fr'
  for (const text of [post.text, ...(post.thread ?? [])]) {
    let forStated = 0
    let forOther = 0
    for (const [token] of text.matchAll(word)) {
      if (token.length > 5) continue
      const lower = token.toLowerCase()
      if (common[stated].has(lower)) forStated++
      if (common[other].has(lower)) forOther++
    }
    if (forOther >= 2 && forOther > forStated) return undefined
  }
  return stated
}
