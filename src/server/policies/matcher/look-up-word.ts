import { FOREIGN, IGNORE, MULTI, SURROGATE, WORD } from './char-class.ts'
import { EXPANSIONS } from './fold-table.gen.ts'
import { CLASSES, classOf, lookAlikeOf, narrow } from './fold-table.ts'
import {
  bitsOf,
  HASH_PRIME,
  HASH_SEED,
  lengthBit,
  PREFIX_MAX,
  PREFIX_MIN,
  slotOf,
  type WordTable,
} from './word-table.ts'
import { addHit, VIA_CONFUSABLE, W } from './workspace.ts'

const APOSTROPHE = 39

/** Folded units of one token, one after the other. */
const folded = { units: new Uint16Array(256), length: 0 }

/** Folds a token into scratch memory, at most `limit` units of it; marks that are not letters stand for themselves. */
function foldToken(text: string, start: number, end: number, limit: number): void {
  if (folded.units.length < limit + 8) folded.units = new Uint16Array(limit * 2 + 8)
  const { units } = folded
  let length = 0
  for (let at = start; at < end && length < limit; at++) {
    const unit = text.charCodeAt(at)
    let entry = CLASSES[unit] as number
    let width = 1
    if ((entry & SURROGATE) !== 0) {
      const codePoint = text.codePointAt(at) as number
      entry = classOf(codePoint)
      if (codePoint > 0xffff) width = 2
    }
    if ((entry & (MULTI | SURROGATE)) !== 0 && (entry & WORD) !== 0) {
      const long = (entry & MULTI) !== 0 ? (EXPANSIONS[entry & 0xffff] as string) : text.slice(at, at + width)
      for (let k = 0; k < long.length; k++) units[length++] = long.charCodeAt(k)
    } else if ((entry & WORD) !== 0) units[length++] = entry & 0xffff
    else if ((entry & IGNORE) === 0) units[length++] = end - start === 1 ? narrow(unit) : APOSTROPHE
    at += width - 1
  }
  folded.length = length
}

function startsWith(words: WordTable, id: number): boolean {
  const from = words.offsets[id] as number
  const size = (words.offsets[id + 1] as number) - from
  if (size > folded.length) return false
  for (let k = 0; k < size; k++) if (words.units[from + k] !== folded.units[k]) return false
  return true
}

/** Compares a stored word with the characters of a token, folding as it goes. */
function equals(words: WordTable, id: number, text: string, start: number, end: number): boolean {
  const from = words.offsets[id] as number
  const size = (words.offsets[id + 1] as number) - from
  if (end - start === size) {
    let k = 0
    while (k < size && text.charCodeAt(start + k) === words.units[from + k]) k++
    if (k === size) return true
  }
  foldToken(text, start, end, size + 1)
  return folded.length === size && startsWith(words, id)
}

/** Word of the lexicon, of those with one hash, that a token is; or -1. */
export function resolveWord(words: WordTable, first: number, text: string, start: number, end: number): number {
  for (let id = first; id >= 0; id = words.twins[id] as number) if (equals(words, id, text, start, end)) return id
  return -1
}

/** Word of the lexicon, plus 1, that has this hash; 0 for none. Words that share a hash are told apart at once. */
export function lookUpWhole(words: WordTable, hash: number, text: string, start: number, end: number): number {
  const { pairs, mask } = words.whole
  for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
    const value = pairs[slot * 2 + 1] as number
    if (value === 0) return 0
    if (pairs[slot * 2] === hash) return value > 0 ? value : resolveWord(words, -value - 1, text, start, end) + 1
  }
}

/** Notes every starred word of the lexicon that a token begins with. */
export function lookUpPrefixes(
  words: WordTable,
  firstHash: number,
  text: string,
  start: number,
  end: number,
  token: number,
  flags: number,
): void {
  const lengths = bitsOf(words.prefixLengths, firstHash)
  if (lengths === 0) return
  foldToken(text, start, end, end - start + 8)
  const { pairs, mask } = words.prefix
  let hash = HASH_SEED
  const longest = Math.min(folded.length, PREFIX_MAX)
  for (let k = 0; k < longest; k++) {
    hash = Math.imul(hash ^ (folded.units[k] as number), HASH_PRIME)
    if (k + 1 < PREFIX_MIN || (lengths & lengthBit(k + 1)) === 0) continue
    for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      const id = (pairs[slot * 2 + 1] as number) - 1
      if (pairs[slot * 2] === hash && startsWith(words, id)) addHit(id, start, end, token, token, flags)
    }
  }
}

/** Folds the look-alikes of a tag that has Latin letters too, into scratch memory; answers its flags. */
function foldAlikes(text: string, start: number, end: number): number {
  const written = text.slice(start, end)
  if (folded.length !== written.length || !/\p{Script=Latin}/u.test(written)) return 0
  for (let k = 0; k < written.length; k++) {
    const alike = lookAlikeOf(written.charCodeAt(k))
    if (alike !== 0) folded.units[k] = alike | 32
  }
  return VIA_CONFUSABLE
}

/** Notes the cashtag or hashtag term that a token with the sign in front of it is. */
export function lookUpTag(words: WordTable, text: string, start: number, end: number, token: number): void {
  const sign = text.charCodeAt(start - 1)
  const ascii = sign === 0xff04 ? 36 : sign === 0xff03 ? 35 : sign
  if (ascii !== 36 && ascii !== 35) return
  foldToken(text, start, end, end - start + 8)
  const flags = ((W.tokenBits[token] as number) & FOREIGN) === 0 ? 0 : foldAlikes(text, start, end)
  let hash = Math.imul(HASH_SEED ^ ascii, HASH_PRIME)
  for (let k = 0; k < folded.length; k++) hash = Math.imul(hash ^ (folded.units[k] as number), HASH_PRIME)
  const { pairs, mask } = words.whole
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    let id = Math.abs(pairs[slot * 2 + 1] as number) - 1
    if (pairs[slot * 2] !== hash) continue
    while (id >= 0 && !isTag(words, id, ascii)) id = words.twins[id] as number
    if (id >= 0) addHit(id, start - 1, end, token, token, flags)
  }
}

function isTag(words: WordTable, id: number, sign: number): boolean {
  const from = words.offsets[id] as number
  const size = (words.offsets[id + 1] as number) - from
  if (size !== folded.length + 1 || words.units[from] !== sign) return false
  for (let k = 1; k < size; k++) if (words.units[from + k] !== folded.units[k - 1]) return false
  return true
}
