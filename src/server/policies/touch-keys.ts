import { IGNORE } from './matcher/char-class.ts'
import { classOf } from './matcher/fold-table.ts'
import { isLetterItem } from './matcher/align-word.ts'
import { LETTER_ITEM, readStream, S } from './matcher/letter-stream.ts'
import type { Expression, Word } from './matcher/parse-term.ts'
import { hasOverride, reorderBidi } from './matcher/reorder-bidi.ts'
import { isTurned, turnUpsideDown } from './matcher/turn-upside-down.ts'
import { HASH_PRIME, HASH_SEED, skeletonOf } from './matcher/word-table.ts'
import type { PolicyInput } from './policy-input.ts'

/*
 * How the posts that a term can touch are found without reading them all: every place of a text where the matcher may
 * begin a word, in any of its views, gives its first letters as keys; a term gives the first letters of one of its words.
 * Both are skeletons, as the matcher's own filter is: without repeated letters, 1 = i = l. A post without the key of a
 * term cannot be hit by it; with the key it may be, and is judged.
 */

/** Raised when keys are made in another way, also by a new fold table: older ones then no longer count. */
export const touchReader = 3

/** Letters of a key: a term gives the longest that its word has. Four let half of all posts through a thousand terms, six a fiftieth. */
const sizes: ReadonlySet<number> = new Set([2, 3, 4, 6])
const [shortest, longest] = [Math.min(...sizes), Math.max(...sizes)]

/** Every key of what the matcher reads of a post, each once. Whole numbers of 32 bits. */
export function readTouchKeys({ post }: Pick<PolicyInput, 'post'>): number[] {
  const keys = new Set<number>()
  // Items are read as one text: a term may run over the edge of an item.
  addTextKeys(keys, [post.text, ...(post.thread ?? [])].join(' '))
  for (const link of post.links) {
    addTextKeys(keys, link.text ?? '')
    addTextKeys(keys, link.url)
  }
  for (const media of post.media) addTextKeys(keys, media.altText ?? '')
  return [...keys]
}

function addTextKeys(keys: Set<number>, text: string): void {
  if (text === '') return
  addViewKeys(keys, text)
  if (hasOverride(text)) addViewKeys(keys, reorderBidi(text).text)
  if (isTurned(text)) addViewKeys(keys, turnUpsideDown(text).text)
}

function addViewKeys(keys: Set<number>, text: string): void {
  const open = openPlaces(text)
  for (const second of [false, true]) {
    readStream(text, 0, text.length, 0, second)
    for (let item = 0; item < S.length; item++) if (isStart(item, open)) addKeysFrom(keys, item)
    if (!S.either) return
  }
}

/** Chunks that may be cut anywhere: a hashtag without capitals, words with only something invisible between them. */
function openPlaces(text: string): readonly (readonly [number, number])[] {
  const places: [number, number][] = []
  for (const match of text.matchAll(/\S+/g)) {
    const [chunk] = match
    const isAlone = chunk.length === text.trim().length
    if (isAlone || /[#＃]/.test(chunk) || hasInvisible(chunk)) places.push([match.index, match.index + chunk.length])
  }
  return places
}

function hasInvisible(chunk: string): boolean {
  for (let at = 0; at < chunk.length; at++) {
    const unit = chunk.charCodeAt(at)
    if (unit >= 128 && (classOf(chunk.codePointAt(at)!) & IGNORE) !== 0) return true
  }
  return false
}

function isStart(item: number, open: readonly (readonly [number, number])[]): boolean {
  if (!isLetterItem(item)) return false
  if (item === 0 || !isLetterItem(item - 1) || S.upper[item] === 1) return true
  // The first letter after digits and signs that may not have been meant as letters.
  if (S.kind[item] === LETTER_ITEM && S.kind[item - 1] !== LETTER_ITEM) return true
  const at = S.start[item]!
  return open.some(([from, to]) => at >= from && at < to)
}

function addKeysFrom(keys: Set<number>, first: number): void {
  let hash = HASH_SEED
  let last = -1
  let size = 0
  for (let item = first; item < S.length && size < longest; item++) {
    const unit = S.coarse[item]!
    if (unit === last || !isLetterItem(item)) continue
    last = unit
    hash = Math.imul(hash ^ unit, HASH_PRIME)
    if (sizes.has(++size)) keys.add(keyOf(hash, size))
  }
}

function keyOf(hash: number, size: number): number {
  return Math.imul(hash ^ size, HASH_PRIME)
}

/** Keys of which every hit's post has at least one. `size`: letters of the shortest, which says how telling they are. */
export interface NeededKeys {
  readonly keys: readonly number[]
  readonly size: number
}

/** What every hit of a term needs, or `undefined` where nothing is: then every post must be read. */
export function keysOfTerm(expression: Expression): NeededKeys | undefined {
  if (expression.kind === 'row') return pickBest(expression.words.map(keysOfWord))
  if (expression.kind === 'either') return joinKeys(expression.of.map(keysOfTerm))
  const parts = expression.kind === 'near' ? [expression.left, expression.right] : expression.of
  return pickBest(parts.map(keysOfTerm))
}

function keysOfWord({ text }: Word): NeededKeys | undefined {
  const letters = text.replace(/[^\p{L}\p{N}]/gu, '')
  // Letters of other scripts are read as those that they look like, which depends on how they are written.
  if (!/^[a-z0-9]+$/.test(letters)) return undefined
  const whole = skeletonOf(letters).slice(0, longest)
  const skeleton = sizes.has(whole.length) ? whole : whole.slice(0, -1)
  if (skeleton.length < shortest) return undefined
  let hash = HASH_SEED
  for (let at = 0; at < skeleton.length; at++) hash = Math.imul(hash ^ skeleton.charCodeAt(at), HASH_PRIME)
  return { keys: [keyOf(hash, skeleton.length)], size: skeleton.length }
}

/** Of several that are all needed, the one that fewest posts will have. */
function pickBest(parts: readonly (NeededKeys | undefined)[]): NeededKeys | undefined {
  return parts
    .filter((part) => part !== undefined)
    .toSorted((a, b) => b.size - a.size || a.keys.length - b.keys.length)
    .at(0)
}

/** Of several of which one is enough, all; nothing where one of them needs nothing. */
export function joinKeys(parts: readonly (NeededKeys | undefined)[]): NeededKeys | undefined {
  const known = parts.filter((part) => part !== undefined)
  if (known.length < parts.length || known.length === 0) return undefined
  return { keys: [...new Set(known.flatMap((part) => part.keys))], size: Math.min(...known.map((part) => part.size)) }
}
