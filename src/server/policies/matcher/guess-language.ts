import type { Language } from './lexicon.ts'

/** Small words that only one of the two languages has. */
const SMALL_WORDS: Record<Language, ReadonlySet<string>> = {
  en: new Set(
    'the of and to in is are was were be been with our your their this that these those for from by at it its we you they has have will not no or as an any all more than who what when which how now get us my his her about into over'.split(
      ' ',
    ),
  ),
  fr: new Set(
    'le la les un une des du de et à au aux est sont été être avec nos notre vos votre leur leurs ce cette ces pour dans par sur il elle nous vous ils elles qui que quoi dont où ne pas plus très ou mais donc car se sa ses son mon ma mes dès chez sans tout tous toute'.split(
      ' ',
    ),
  ),
}
const WORDS = /[\p{L}\p{M}]+/gu
const FRENCH_LETTERS = /[éèêëàâçùûîïôœ]/i
const ENGLISH_ENDING = /(?:ing|ed|teed|ly)$/
const CLEARLY = 2

/**
 * True when a stretch of text is clearly in another language than `lang`: it has at least two more small words, accented
 * words or typical endings of the other one. Only then does a rule for `lang` stand back in a post of the other language,
 * so that declaring a language, or mixing two, is no way round a rule.
 */
export function isClearlyNot(lang: Language, text: string): boolean {
  const other = lang === 'fr' ? 'en' : 'fr'
  const score = { fr: 0, en: 0 }
  for (const [word] of text.toLowerCase().normalize('NFC').matchAll(WORDS)) {
    if (SMALL_WORDS.fr.has(word) || FRENCH_LETTERS.test(word)) score.fr++
    if (SMALL_WORDS.en.has(word) || (word.length > 4 && ENGLISH_ENDING.test(word))) score.en++
  }
  return score[other] - score[lang] >= CLEARLY
}
