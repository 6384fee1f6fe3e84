import { hostilePieces, makeHostileText } from '#test/support/hostile-texts.ts'

/** Texts and terms for the policy benchmarks: made from a seed, so that every run measures the same. */

/** A small generator (mulberry32): equal seeds give equal numbers from 0 to 1. */
export function seedRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const english =
  'we are opening our new branch on Monday and invite you to meet the team join us for a talk about savings markets and the year ahead thank you clients colleagues partners report results growth people city work project event together read more with best wishes from company office morning evening'
const french =
  'nous ouvrons notre nouvelle agence lundi et vous invitons à rencontrer l’équipe rejoignez-nous pour une conférence sur l’épargne les marchés et l’année à venir merci à nos clients collègues partenaires résultats croissance région ville travail projet événement ensemble bonne journée de la part du siège'
const syllables = 'ba ce di fo gu la me ni po ru sa te vi xo zu bra cle dri fro glu'.split(' ')

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!
}

/** `count` terms of one to three words that no ordinary text holds; every tenth ends in a star. */
export function makeTerms(count: number): string[] {
  const random = seedRandom(7)
  const word = (): string => Array.from({ length: 3 }, () => pick(random, syllables)).join('')
  return Array.from({ length: count }, (_, index) => {
    const phrase = Array.from({ length: 1 + (index % 3) }, word).join(' ')
    return index % 10 === 0 ? `${phrase}*` : phrase
  })
}

/** Posts of about `length` characters in English and French; `share` of them hold a term. */
export function makePosts(count: number, length: number, terms: readonly string[], share: number): string[] {
  const random = seedRandom(11)
  return Array.from({ length: count }, (_, index) => {
    const words = (index % 2 === 0 ? english : french).split(' ')
    let text = ''
    while (text.length < length - 12)
      text += `${pick(random, words)}${random() < 0.08 ? '. ' : random() < 0.02 ? ', 12 % ' : ' '}`
    if (random() < 0.3) text += 'https://example.com/news '
    if (random() < share) text += pick(random, terms).replace('*', 's')
    return text.trim().slice(0, length)
  })
}

/** Texts that are meant to be slow, each of one piece again and again. */
export function makeHostile(length: number): string[] {
  return hostilePieces.map((piece) => makeHostileText(piece, length))
}
