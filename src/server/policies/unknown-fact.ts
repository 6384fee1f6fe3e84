import type { Bilingual } from './finding.ts'

/** What a rule may ask for and no part of the gateway can tell yet. */
export type Fact = 'training' | 'library'

const words: Readonly<Record<Fact, Bilingual>> = {
  training: {
    en: 'The gateway does not know whether the author’s training is valid. A person must look at the post.',
    fr: 'La passerelle ne sait pas si la formation de l’auteur est à jour. Une personne doit examiner le message.',
  },
  library: {
    en: 'The gateway does not know whether this text is in the library. A person must look at the post.',
    fr: 'La passerelle ne sait pas si ce texte est dans la bibliothèque. Une personne doit examiner le message.',
  },
}

/**
 * What a rule asks for and nobody knows: it is neither true nor false, and a person decides. Thrown out of a condition,
 * returned where every post comes by.
 */
export class UnknownFact extends Error {
  override readonly name = 'UnknownFact'
  readonly fact: Fact

  constructor(fact: Fact) {
    super(`The gateway does not know: ${fact}.`)
    this.fact = fact
  }

  /** For the author and the reviewer. */
  get sentence(): Bilingual {
    return words[this.fact]
  }
}

/** Thrown as they are: with each a trace of its own, asking would cost more than the whole verdict. */
export const unknownFacts: Readonly<Record<Fact, UnknownFact>> = {
  training: new UnknownFact('training'),
  library: new UnknownFact('library'),
}

/** The unknown fact behind an error, however a library wrapped it; `undefined` for every other error. */
export function unknownFactOf(error: unknown): UnknownFact | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof UnknownFact) return cause
  return undefined
}
