/** What texts that are meant to be slow are made of: nesting, repetition, stacked marks, overrides, walls of numbers and separators. */
export const hostilePieces: readonly string[] = [
  'guaranteed ', 'g u a r a n t e e d ', 'gu4r4nt33d r3turns ', 'returns guaranteed ', '(((((', 'a.', '1 ', '4111 1111 1111 1112 ', 'FR76 3000 ', 'a@b.', '#GuaranteedReturns', 'e\u0301\u0302\u0303\u0304',
  '\u202eguaranteed\u202c ', '\u200bg\u200bu', 'ｇｕａｒ', 'гuаrаntееd ', '👨‍👩‍👧', '8% ', 'https://a.b/', '@x', '....', '\n\n', 'account number 1', 'aaaaaaaaaa', '日本語',
] // prettier-ignore

/** One of the pieces again and again, cut at `length` UTF-16 units, be it inside a surrogate pair. */
export function makeHostileText(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
}
