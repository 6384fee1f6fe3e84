/**
 * What the matcher is given and what it answers. Pure data, no behaviour.
 *
 * The grammar of a term's text stands in `parse-term.ts`; how words are cut stands in `tokenize-text.ts`.
 */

/** What an officer writes in `any`, `unless` or a list. `pattern` is RE2 and is not looked at by the matcher. */
export type Term =
  | string
  | { text: string; case?: 'exact' | 'fold'; near?: { words: number; of: string[] } }
  | { cashtag: string }
  | { hashtag: string }
  | { pattern: string }

/** `case` and `accents` that a rule ignores. */
export type FoldKind = 'case' | 'accents'

/** `off`: plain view only. `standard`: every token view. `strict`: also joins words across a space. */
export type EvasionLevel = 'off' | 'standard' | 'strict'

export type Language = 'fr' | 'en'

/** One rule's terms. A hit of `any` stands unless a plain hit of `unless` overlaps it. */
export interface LexiconRule {
  id: string
  any: Term[]
  unless: Term[]
  lang?: Language
  match: 'word' | 'contains'
  fold: readonly FoldKind[]
  evasion: EvasionLevel
}

/**
 * One text that is scanned apart, with its own offsets.
 * `body`: links and addresses inside are masked. `url`: every punctuation mark parts words.
 * `short`: alt text, a hashtag without its sign: a run of letters may be cut like a hashtag.
 */
export interface TextField {
  /** `text`, `link:0`, `alt:0`, `hashtag:2` … */
  field: string
  text: string
  kind: 'body' | 'url' | 'short'
}

/** How the words were written. Anything but `plain` is a sign that somebody tries to pass by. */
export type Via =
  | 'plain'
  | 'folded'
  | 'hashtag'
  | 'repeated'
  | 'emoji'
  | 'spaced'
  | 'joined'
  | 'leet'
  | 'confusable'
  | 'bidi'

/** `start` and `end` are UTF-16 offsets in the field's original text, on grapheme boundaries. */
export interface Hit {
  /** Index into the rules given to `compileLexicons`. */
  rule: number
  field: string
  start: number
  end: number
  via: Via
}

/** A term that cannot be compiled; the message names what to write instead. */
export class LexiconError extends Error {
  readonly ruleId: string
  readonly term: string

  constructor(ruleId: string, term: string, message: string) {
    super(message)
    this.name = 'LexiconError'
    this.ruleId = ruleId
    this.term = term
  }
}
