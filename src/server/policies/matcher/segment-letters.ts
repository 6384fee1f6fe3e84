import { aligned, alignWord, isLetterItem } from './align-word.ts'
import { JOIN_ITEM, LETTER_ITEM, S, SPACE_ITEM } from './letter-stream.ts'
import { notePart } from './note-part.ts'
import {
  bitsOf,
  HASH_PRIME,
  HASH_SEED,
  hashUnits,
  inFilter,
  lengthBit,
  PREFIX_MAX,
  PREFIX_MIN,
  slotOf,
  type PairTable,
  type WordTable,
} from './word-table.ts'
import { W } from './workspace.ts'

/** Small words that may stand between the lexicon's words in a hashtag without capitals. */
const FILLERS = new Set(
  (
    'the our your my their this with get we you for and of in on at to from by is are be a an now only new best top high ' +
    'le la les l un une des de du d nos notre vos votre mon ma mes ses son sa avec pour et en au aux sur est sont ce tout tous plus par'
  ).split(' '),
)
const LONGEST_FILLER = 5
/** One bit for each filler's hash: most stretches are turned away without being cut out of the text. */
const FILLER_FILTER = new Uint8Array(1024)
for (const filler of FILLERS) FILLER_FILTER[hashUnits(filler) & 1023] = 1
const SHORTEST_FILLER_ALONE = 3
/** A hashtag longer than this is not cut without capitals. */
const LONGEST_TAG = 200
/** Letters of a word that may stand alone among others; shorter ones need an edge or a neighbour on both sides. */
const LONG_ENOUGH = 5
const SHORTEST_IN_TAG = 4
const SHORTEST_HALF = 3
/** Endings that a starred word may take where words run together. */
const LONGEST_ENDING = 4
/** Digits that no word ends in: they imitate no usual letter. */
const UNLIKE = new Set(Array.from('2689', (digit) => digit.charCodeAt(0)))
/** Repetitions of one letter after which only the last is tried as the end of a word. */
const MOST_REPEATED = 12

/** Cut of a row of letters into words: the best way to reach each place. */
const cut = {
  item: new Int32Array(256),
  edge: new Uint8Array(257),
  score: new Int32Array(257),
  back: new Int32Array(257),
  word: new Int32Array(257),
  /** Place after the run of equal skeleton letters that a place is in. */
  runEnd: new Int32Array(257),
  /** Next place with a letter that is what it seems; the others are digits and signs. */
  nextReal: new Int32Array(257),
  length: 0,
}

function reserveCut(size: number): void {
  if (cut.item.length >= size) return
  cut.item = new Int32Array(size)
  cut.edge = new Uint8Array(size + 1)
  cut.score = new Int32Array(size + 1)
  cut.back = new Int32Array(size + 1)
  cut.word = new Int32Array(size + 1)
  cut.runEnd = new Int32Array(size + 1)
  cut.nextReal = new Int32Array(size + 1)
}

/** Collects the letters between two items; wider spaces than the narrowest are edges of words. */
function collectLetters(from: number, to: number): void {
  reserveCut(to - from + 2)
  let length = 0
  let narrowest = 1 << 30
  for (let item = from, gap = 0, marked = false; item <= to; item++) {
    if (S.kind[item] === SPACE_ITEM) gap += S.unit[item] as number
    if (S.kind[item] === JOIN_ITEM) marked = true
    if (!isLetterItem(item)) continue
    // The spaces round a mark, as in "r . i . s . k", belong to the mark.
    if (marked) gap = 1
    marked = false
    if (length > 0 && gap > 0 && gap < narrowest) narrowest = gap
    cut.edge[length] = Math.min(gap, 255)
    gap = 0
    cut.item[length++] = item
  }
  for (let k = 0; k < length; k++)
    cut.edge[k] = k === 0 || ((cut.edge[k] as number) > narrowest && (cut.edge[k] as number) > 1) ? 1 : 0
  cut.edge[length] = 1
  cut.length = length
  cut.nextReal[length] = length
  for (let k = length - 1; k >= 0; k--) {
    const item = cut.item[k] as number
    const goesOn = k + 1 < length && S.coarse[item] === S.coarse[cut.item[k + 1] as number]
    cut.runEnd[k] = goesOn ? (cut.runEnd[k + 1] as number) : k + 1
    cut.nextReal[k] = S.kind[item] === LETTER_ITEM ? k : (cut.nextReal[k + 1] as number)
  }
}

function improve(place: number, score: number, back: number, word: number): void {
  if (score <= (cut.score[place] as number)) return
  cut.score[place] = score
  cut.back[place] = back
  cut.word[place] = word
}

/** Place (letters read so far) after which item `item` is done. */
function placeAfter(from: number, item: number): number {
  let place = from
  while (place < cut.length && (cut.item[place] as number) <= item) place++
  return place
}

function hasDigit(words: WordTable, id: number): boolean {
  const end = words.offsets[id + 1] as number
  for (let at = words.offsets[id] as number; at < end; at++) {
    const unit = words.units[at] as number
    if (unit >= 48 && unit <= 57) return true
  }
  return false
}

/** What came of looking a skeleton up: no word has it, those that have it need letters, or some were compared. */
const NONE = 0
const NEED_LETTERS = 1
const TRIED = 2

/** Tries the words with one hash. `signs`: nothing but digits and signs was read so far. */
function tryWords(
  words: WordTable,
  table: PairTable,
  text: string,
  hash: number,
  place: number,
  last: number,
  signs: boolean,
): number {
  const { pairs, mask } = table
  const base = cut.score[place] as number
  let outcome = NONE
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    W.steps++
    if (pairs[slot * 2] !== hash) continue
    const id = (pairs[slot * 2 + 1] as number) - 1
    const size = (words.offsets[id + 1] as number) - (words.offsets[id] as number)
    // A word of one letter is found nowhere among others, and a long row of that letter would try it at each place.
    if (size < 2) continue
    if (outcome === NONE) outcome = NEED_LETTERS
    // A word of letters is never written in digits and signs alone.
    if (signs && !hasDigit(words, id)) continue
    outcome = TRIED
    if (!alignWord(words, id, text, cut.item[place] as number, last, true)) continue
    const next = placeAfter(place, aligned.end)
    const score = base + size * size
    // Repeated letters count too, or else the first of "ddddouble" would be the small word "d".
    improve(next, score + Math.max(0, next - place - size), place, id)
    if (words.isPrefix[id] === 0) continue
    for (let more = 1; more <= LONGEST_ENDING && next + more <= cut.length && cut.edge[next + more - 1] === 0; more++) {
      if (UNLIKE.has(S.digit[cut.item[next + more - 1] as number] as number)) break
      improve(next + more, score + more, place, id)
    }
  }
  return outcome
}

/** Tries every word of the lexicon that begins at a place. */
function tryPlace(words: WordTable, text: string, place: number): void {
  let hash = HASH_SEED
  let size = 0
  let lastCoarse = -1
  let lengths = 0
  let runStart = place
  const end = Math.min(cut.length, place + words.maxSkeleton * 3)
  for (let k = place; k < end; k++) {
    W.steps++
    const item = cut.item[k] as number
    const coarse = S.coarse[item] as number
    if (coarse !== lastCoarse) {
      lastCoarse = coarse
      runStart = k
      hash = Math.imul(hash ^ coarse, HASH_PRIME)
      if (++size === PREFIX_MIN) {
        if (!inFilter(words.skeletonFilter, hash)) return
        lengths = bitsOf(words.prefixSkeletonLengths, hash)
      }
      if (size > words.maxSkeleton) return
      if (size >= PREFIX_MIN && size <= PREFIX_MAX && (lengths & lengthBit(size)) !== 0) {
        tryWords(words, words.prefixSkeleton, text, hash, place, cut.item[end - 1] as number, false)
      }
    }
    // More of the same letter changes nothing where no word has this skeleton, and of very many only the last counts.
    const nextReal = cut.nextReal[place] as number
    const outcome = tryWords(words, words.wholeSkeleton, text, hash, place, item, nextReal > k)
    const runEnd = cut.runEnd[k] as number
    if (outcome === NONE) k = runEnd - 1
    else if (outcome === NEED_LETTERS) k = Math.min(runEnd, nextReal) - 1
    else if (k - runStart >= MOST_REPEATED && k < runEnd - 2) k = runEnd - 2
  }
}

/** Letters from place `from` to `to`: disguised ones as what they stand for, others as written ("dé" is not "de"). */
function writtenWord(text: string, from: number, to: number): string {
  let word = ''
  for (let k = from; k <= to; k++) {
    const item = cut.item[k] as number
    word +=
      S.flags[item] === 0
        ? text.slice(S.start[item], S.end[item]).toLowerCase()
        : String.fromCharCode(S.unit[item] as number)
  }
  return word
}

/** True when a letter of the row has an accent that people type. */
function hasAccent(text: string): boolean {
  for (let k = 0; k < cut.length; k++) {
    const item = cut.item[k] as number
    if (S.flags[item] !== 0 || S.kind[item] !== LETTER_ITEM) continue
    if (/[^\p{ASCII}œæ]/iu.test(text.slice(S.start[item], S.end[item]))) return true
  }
  return false
}

function tryFillers(text: string, place: number): void {
  let hash = HASH_SEED
  for (let k = place; k < cut.length && k < place + LONGEST_FILLER; k++) {
    hash = Math.imul(hash ^ (S.unit[cut.item[k] as number] as number), HASH_PRIME)
    if (FILLER_FILTER[hash & 1023] === 0) continue
    const word = writtenWord(text, place, k)
    if (FILLERS.has(word)) improve(k + 1, (cut.score[place] as number) + word.length, place, -2)
  }
  if ((S.digit[cut.item[place] as number] as number) !== 0)
    improve(place + 1, (cut.score[place] as number) + 1, place, -2)
}

/**
 * False when a hashtag is cut into one word of the lexicon and fillers that may as well be part of another word: "#bucket"
 * is not "buck" and "et". In front, and of three letters or more, a filler is one: "#ournordvia".
 */
function isCoverCredible(text: string): boolean {
  let found = 0
  let doubtful = false
  for (let place = cut.length; place > 0; place = cut.back[place] as number) {
    if ((cut.word[place] as number) >= 0) found++
    else {
      const back = cut.back[place] as number
      const isNumber = /^\d+$/.test(text.slice(S.start[cut.item[back] as number], S.end[cut.item[place - 1] as number]))
      if (!isNumber && (found === 0 || place - back < SHORTEST_FILLER_ALONE)) doubtful = true
    }
  }
  return found > 1 || !doubtful
}

/** Notes the words on the best way, but those too short for where they stand. */
function noteCut(words: WordTable, text: string, flags: number, whole: boolean): void {
  const accented = whole && hasAccent(text)
  if (whole && !isCoverCredible(text)) return
  let after = 1
  for (let place = cut.length; place > 0;) {
    const back = cut.back[place] as number
    const id = cut.word[place] as number
    if (id >= 0) {
      const size = (words.offsets[id + 1] as number) - (words.offsets[id] as number)
      const before = back === 0 || cut.edge[back] === 1 || (cut.word[back] as number) >= 0
      const closed = after === 1 || cut.edge[place] === 1
      const alone = back === 0 && place === cut.length
      const stands = before && closed && (!alone || size >= SHORTEST_IN_TAG)
      // A short word at the end is no word of an accented one: "télégramme" is not "telegram me".
      const fits = accented
        ? size >= SHORTEST_IN_TAG || (back > 0 && place < cut.length && before && closed)
        : whole || size >= LONG_ENOUGH || stands
      if (fits) {
        notePart(words, text, cut.item[back] as number, cut.item[place - 1] as number, flags)
        noteHalves(words, text, back, place, flags)
      }
      after = 1
    } else after = 0
    place = back
  }
}

/** Notes two words of the lexicon that a longer one is made of: "riskfree" in front of "profit" is "risk" and "free" too. */
function noteHalves(words: WordTable, text: string, from: number, to: number, flags: number): void {
  for (let middle = from + SHORTEST_HALF; middle <= to - SHORTEST_HALF; middle++) {
    const [first, last] = [cut.item[middle - 1] as number, cut.item[middle] as number]
    if (!isWord(words, text, cut.item[from] as number, first)) continue
    if (!isWord(words, text, last, cut.item[to - 1] as number)) continue
    notePart(words, text, cut.item[from] as number, first, flags)
    notePart(words, text, last, cut.item[to - 1] as number, flags)
  }
}

/** True when the letters between two items are a word of the lexicon. */
function isWord(words: WordTable, text: string, from: number, to: number): boolean {
  const { pairs, mask } = words.wholeSkeleton
  let hash = HASH_SEED
  let lastCoarse = -1
  for (let item = from; item <= to; item++) {
    W.steps++
    const coarse = S.coarse[item] as number
    if (coarse === lastCoarse || !isLetterItem(item)) continue
    lastCoarse = coarse
    hash = Math.imul(hash ^ coarse, HASH_PRIME)
  }
  for (let slot = slotOf(hash, mask); pairs[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
    if (pairs[slot * 2] === hash && alignWord(words, (pairs[slot * 2 + 1] as number) - 1, text, from, to, true))
      return true
  }
  return false
}

/**
 * Cuts a row of letters without marks into words of the lexicon. `whole`: every letter must belong to one of them or to a
 * filler (hashtags); else letters between are passed over (letters written apart).
 */
export function segmentLetters(
  words: WordTable,
  text: string,
  from: number,
  to: number,
  flags: number,
  whole: boolean,
): void {
  collectLetters(from, to)
  if (cut.length < SHORTEST_IN_TAG || (whole && cut.length > LONGEST_TAG)) return
  cut.score.fill(-1, 0, cut.length + 1)
  cut.word.fill(-1, 0, cut.length + 1)
  cut.score[0] = 0
  for (let place = 0; place < cut.length; place++) {
    if ((cut.score[place] as number) < 0) continue
    if (!whole) improve(place + 1, cut.score[place] as number, place, -1)
    else tryFillers(text, place)
    tryPlace(words, text, place)
  }
  if ((cut.score[cut.length] as number) > 0) noteCut(words, text, flags, whole)
}

function cutsBefore(item: number, from: number, to: number): boolean {
  if (S.upper[item] !== 1) return false
  if (S.upper[item - 1] !== 1) return true
  // "TTTelegram" is one word.
  if (S.unit[item] === S.unit[item - 1]) return false
  return item < to && S.upper[item + 1] !== 1 && S.kind[item + 1] === LETTER_ITEM && item > from + 1
}

/** Cuts one token at its capitals, and, in a hashtag without any, at the words of the lexicon. */
export function cutParts(
  words: WordTable,
  text: string,
  from: number,
  to: number,
  flags: number,
  tagged: boolean,
): void {
  let start = from
  let parts = 0
  let missed = false
  for (let item = from + 1; item <= to + 1; item++) {
    if (item <= to && !cutsBefore(item, from, to)) continue
    if (start > from || item <= to) {
      const before = W.hits
      notePart(words, text, start, item - 1, flags)
      let letter = W.hits > before ? start : item - 1
      while (letter > start && S.digit[letter] !== 0) letter--
      // A year at the end of a hashtag: "#SansRisque2026".
      if (letter < item - 1 && letter > start) notePart(words, text, start, letter, flags)
      if (W.hits === before) missed = true
      parts++
    }
    start = item
  }
  // Also where capitals stand inside the words: "#WhatsAppMe".
  if (tagged && (parts === 0 || missed)) segmentLetters(words, text, from, to, flags, true)
}
