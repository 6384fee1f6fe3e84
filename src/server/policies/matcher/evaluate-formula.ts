import { G_BULLET, G_SENTENCE, CLITIC } from './char-class.ts'
import type { Formula } from './compile-lexicons.ts'
import { flagsOfGap } from './find-rows.ts'
import { endsSentence } from './sentence-end.ts'
import { PART, VAGUE, VIA_CONFUSABLE, VIA_EMOJI, VIA_LEET, VIA_SPACED, W } from './workspace.ts'

/** A stretch of the text: offsets, tokens, and the views that it took. */
export interface Span {
  start: number
  end: number
  first: number
  last: number
  flags: number
}

const DISGUISED = VIA_CONFUSABLE | VIA_LEET | VIA_SPACED | VIA_EMOJI
/** What a word counts; a letter after a letter, as in "y o u r", counts 1. */
const WORD_COUNT = 4

/** Per token: its sentence, and how many words stand before it, in quarters. */
export interface Order {
  sentence: Int32Array
  words: Int32Array
}

/** Numbers the sentences and counts the words of the scanned text. */
export function orderTokens(text: string): Order {
  const sentence = new Int32Array(W.tokens)
  const words = new Int32Array(W.tokens + 1)
  for (let token = 0, number = 0; token < W.tokens; token++) {
    const gap = W.tokenGap[token] as number
    if (token > 0 && (gap & (G_SENTENCE | G_BULLET)) !== 0 && endsSentence(text, token)) number++
    sentence[token] = number
    const bits = W.tokenBits[token] as number
    const apart = token > 0 && W.tokenLength[token] === 1 && W.tokenLength[token - 1] === 1
    const counts = bits === 0 || (bits & CLITIC) !== 0 ? 0 : apart ? 1 : WORD_COUNT
    words[token + 1] = (words[token] as number) + counts
  }
  return { sentence, words }
}

function join(a: Span, b: Span, flags: number): Span {
  const [left, right] = a.start <= b.start ? [a, b] : [b, a]
  return {
    start: left.start,
    end: Math.max(left.end, right.end),
    first: left.first,
    last: Math.max(left.last, right.last),
    flags: (a.flags | b.flags | flags) & ~VAGUE,
  }
}

/** Index of the first span that begins at or after `offset`; spans are ordered by `start`. */
function firstFrom(spans: readonly Span[], offset: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle] as Span).start < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the last span that ends at or before `offset`; spans are ordered by `end`. */
function lastUntil(spans: readonly Span[], offset: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle] as Span).end <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** A vague word counts beside one that is disguised too: "w.h.a.t.s.a.p.p m.e". */
function isTrusted(left: Span, right: Span): boolean {
  if (((left.flags | right.flags) & VAGUE) === 0) return true
  return (left.flags & right.flags & VAGUE) === 0 && (left.flags & DISGUISED) !== 0 && (right.flags & DISGUISED) !== 0
}

function isNear(left: Span, right: Span, words: number, order: Order): boolean {
  if (!isTrusted(left, right)) return false
  if (order.sentence[left.last] !== order.sentence[right.first]) return false
  return (order.words[right.first] as number) - (order.words[left.last + 1] as number) <= words * WORD_COUNT
}

/** Narrowest of overlapping stretches, in order. Each is compared with the tokens already taken. */
export function keepNarrowest(spans: Span[]): Span[] {
  if (spans.length < 2) return spans
  const taken = new Uint8Array(W.tokens)
  const isFree = ({ first, last }: Span): boolean => {
    for (let token = first; token <= last; token++) if (taken[token] === 1) return false
    return true
  }
  return byStart(
    spans
      .toSorted((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start || a.flags - b.flags)
      .filter((span) => {
        if (!isFree(span)) return false
        taken.fill(1, span.first, span.last + 1)
        return true
      }),
  )
}

function findNear(left: Span[], right: Span[], formula: Formula & { kind: 'near' }, order: Order): Span[] {
  const found: Span[] = []
  const byEnd = formula.ordered ? [] : right.toSorted((a, b) => a.end - b.end || a.start - b.start)
  for (const span of left) {
    const after = right[firstFrom(right, span.end)]
    if (after !== undefined && isNear(span, after, formula.words, order)) found.push(join(span, after, 0))
    const before = byEnd[lastUntil(byEnd, span.start)]
    if (before !== undefined && isNear(before, span, formula.words, order)) found.push(join(before, span, 0))
  }
  return byStart(found)
}

function findNext(left: Span[], right: Span[]): Span[] {
  const found: Span[] = []
  for (const span of left) {
    for (let at = firstFrom(right, span.end); at < right.length; at++) {
      const next = right[at] as Span
      if (next.first > span.last + 1) break
      const flags =
        next.first === span.last
          ? (next.flags & PART) !== 0 && next.start === span.end
            ? 0
            : -1
          : flagsOfGap(W.tokenGap[next.first] as number)
      if (flags >= 0) found.push(join(span, next, flags))
    }
  }
  return byStart(found)
}

function byStart(spans: Span[]): Span[] {
  return spans.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** Every stretch that a formula describes, ordered by start. */
export function evaluateFormula(formula: Formula, groups: ReadonlyMap<number, Span[]>, order: Order): Span[] {
  if (formula.kind === 'group') return byStart(groups.get(formula.group) ?? [])
  if (formula.kind === 'either') return byStart(formula.of.flatMap((part) => evaluateFormula(part, groups, order)))
  const left = evaluateFormula(formula.left, groups, order)
  if (left.length === 0) return left
  const right = evaluateFormula(formula.right, groups, order)
  return formula.kind === 'near' ? findNear(left, right, formula, order) : findNext(left, right)
}
