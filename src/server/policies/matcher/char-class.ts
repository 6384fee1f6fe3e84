/**
 * What one character can be, as bits of a 32-bit entry: high half the class, low half the folded UTF-16 unit of a word
 * character, or the gap bits of anything that parts words. The table itself is generated (`scripts/gen-fold-table.ts`).
 */

/** A letter or digit. Its low half is the folded unit. */
export const WORD = 1 << 16
export const DIGIT = 1 << 17
/** A small letter, or one without case. */
export const LOWER = 1 << 18
export const UPPER = 1 << 19
/** Never in the table: a capital after a small letter, set while a word is read. */
export const CAMEL = 1 << 20
/** Written in a form that nobody types by hand: compatibility form, rare accent, invisible character. */
export const FOLDED = 1 << 21
/** The low half indexes `EXPANSIONS` instead of being a unit (œ → oe). */
export const MULTI = 1 << 22
/** Skipped inside words: invisible characters and combining marks. Of a token: one of them stands in it. */
export const IGNORE = 1 << 23
/** Belongs to the character before it: a span never ends in front of it. */
export const EXTEND = 1 << 24
/** A letter of another script than Latin. */
export const FOREIGN = 1 << 25
/** Never in the table: three or more of the same letter. */
export const REPEAT = 1 << 26
/** Half of a surrogate pair: look the pair up. */
export const SURROGATE = 1 << 27
/** Never in the table: an apostrophe stands inside the word. */
export const APOSTROPHE_INSIDE = 1 << 28
/** Never in the table: the word lies in a link or an address. */
export const MASKED = 1 << 29
/** Never in the table: an elided article or a possessive s, which does not count as a word. */
export const CLITIC = 1 << 30

export const LETTER = LOWER | UPPER

// Gap bits: the low half of everything that is not a word character.
export const G_SPACE = 1
export const G_NEWLINE = 2
export const G_HYPHEN = 4
/** Stands between letters to part them: . _ / * · … */
export const G_JOINER = 8
/** Can be read as a letter: @ $ € ! | … */
export const G_LEET = 16
export const G_EMOJI = 32
/** Real punctuation when a space stands beside it. */
export const G_HARD = 64
export const G_TERM = 128
export const G_QUOTE = 256
export const G_APOSTROPHE = 512
export const G_HASH = 1024
/** A blank that is not a space to a keyboard: Braille blank, Hangul filler, hair space. */
export const G_BLANK = 2048
/** A regional indicator: half of a flag, or a letter in a box. */
export const G_REGIONAL = 4096
export const G_SYMBOL = 8192
/** Computed: a list marker after a line break, or a blank line. */
export const G_BULLET = 16384
/** Computed: the end of a sentence. */
export const G_SENTENCE = 32768
