import * as C from './char-class.ts'
import { classOf } from './fold-table.ts'
import { TARGET_GROUP, type Matcher } from './compile-lexicons.ts'
import { resolveWord } from './look-up-word.ts'
import { mayStep, stepFrom } from './row-trie.ts'
import { addHit, PART, VAGUE, VIA_EMOJI, VIA_FOLDED, VIA_SPACED, W } from './workspace.ts'

/** Rows of words found in the text: the target each means, and where it lies. Scratch memory. */
export const R = {
  length: 0,
  target: new Int32Array(256),
  start: new Int32Array(256),
  end: new Int32Array(256),
  first: new Int32Array(256),
  last: new Int32Array(256),
  flags: new Int32Array(256),
  depth: new Int32Array(256),
}

/** Beginnings of rows, by the token in which they end. */
const open = {
  length: 0,
  node: new Int32Array(256),
  start: new Int32Array(256),
  end: new Int32Array(256),
  first: new Int32Array(256),
  flags: new Int32Array(256),
  before: new Int32Array(256),
}
/** By token: the last beginning that ends there, or -1. */
const scratch = { heads: new Int32Array(1024) }

const PARTING_WITH_SPACE = C.G_HARD | C.G_TERM | C.G_LEET | C.G_SYMBOL
const LIST_MARK = C.G_JOINER | C.G_EMOJI
const PLAIN_GAP = C.G_SPACE | C.G_NEWLINE | C.G_HASH | C.G_SENTENCE
const HYPHEN = C.G_HYPHEN | C.G_JOINER
const APOSTROPHE = C.G_APOSTROPHE | C.G_JOINER

/** How two tokens with this gap between them can be neighbours in a row: 0 plainly, other flags, or -1 not at all. */
export function flagsOfGap(gap: number): number {
  if ((gap & ~PLAIN_GAP) === 0 && (gap & C.G_SENTENCE) === 0) return 0
  if ((gap & C.G_SPACE) === 0 && (gap === HYPHEN || gap === APOSTROPHE)) return 0
  if ((gap & C.G_SPACE) !== 0 && (gap & PARTING_WITH_SPACE) !== 0) return -1
  if ((gap & C.G_BULLET) !== 0 && (gap & LIST_MARK) !== 0) return -1
  const emoji = (gap & C.G_EMOJI) === 0 ? 0 : VIA_EMOJI
  return emoji | ((gap & ~(PLAIN_GAP | C.G_EMOJI)) === 0 ? 0 : VIA_SPACED)
}

function grow(columns: Record<string, unknown>): void {
  for (const [name, column] of Object.entries(columns)) {
    if (!(column instanceof Int32Array)) continue
    const larger = new Int32Array(column.length * 2)
    larger.set(column)
    Object.assign(columns, { [name]: larger })
  }
}

function report(
  matcher: Matcher,
  node: number,
  start: number,
  end: number,
  first: number,
  last: number,
  flags: number,
): void {
  const vague = matcher.trie.depths[node] === 1 && (flags & VAGUE) !== 0
  for (let target = matcher.trie.targets[node] as number; target >= 0; target = matcher.targetNext[target] as number) {
    if (vague && matcher.targetKind[target] !== TARGET_GROUP) continue
    const at = R.length
    if (at === R.target.length) grow(R)
    R.target[at] = target
    R.start[at] = start
    R.end[at] = end
    R.first[at] = first
    R.last[at] = last
    R.flags[at] = vague ? flags : flags & ~VAGUE
    R.depth[at] = matcher.trie.depths[node] as number
    R.length = at + 1
  }
}

/** A row has come as far as `node`. */
function reach(
  matcher: Matcher,
  node: number,
  start: number,
  end: number,
  first: number,
  last: number,
  flags: number,
): void {
  if (matcher.trie.targets[node] !== -1) report(matcher, node, start, end, first, last, flags)
  if (matcher.trie.hasNext[node] === 0) return
  const at = open.length
  if (at === open.node.length) grow(open)
  open.node[at] = node
  open.start[at] = start
  open.end[at] = end
  open.first[at] = first
  open.flags[at] = flags
  open.before[at] = scratch.heads[last] as number
  scratch.heads[last] = at
  open.length = at + 1
}

/** Gap bits between two offsets, for words that took signs of the gap into themselves. */
function gapBetween(text: string, from: number, to: number): number {
  let gap = 0
  for (let at = from; at < to; at++) {
    const entry = classOf(text.codePointAt(at) as number)
    if ((entry & (C.IGNORE | C.WORD)) === 0) gap |= entry & 0xffff
  }
  return gap
}

/** True when nothing, or nothing that can be seen, stands between two offsets. */
export function touch(text: string, from: number, to: number): boolean {
  if (from > to) return false
  for (let at = from; at < to; at++) if ((classOf(text.codePointAt(at) as number) & C.IGNORE) === 0) return false
  return true
}

function extend(
  matcher: Matcher,
  text: string,
  hit: number,
  token: number,
  gap: number,
  inside: boolean,
  url: boolean,
): void {
  const word = W.hitWord[hit] as number
  for (let at = scratch.heads[token] as number; at >= 0; at = open.before[at] as number) {
    W.steps++
    const taken = !inside && (gap & C.G_LEET) !== 0 && ((open.flags[at] as number) | (W.hitFlags[hit] as number)) !== 0
    const between = taken ? gapBetween(text, open.end[at] as number, W.hitStart[hit] as number) : gap
    const gapFlags = url || inside ? 0 : flagsOfGap(between)
    if (gapFlags < 0 && !taken) return
    if (gapFlags < 0) continue
    // What ended inside its token goes on there, not in the next one: "#doubleyourmoney #money".
    if (
      !inside &&
      ((open.flags[at] as number) & PART) !== 0 &&
      !touch(text, open.end[at] as number, W.tokenEnd[token] as number)
    )
      continue
    if (inside && !touch(text, open.end[at] as number, W.hitStart[hit] as number)) {
      // Beginnings come latest first: what ends still earlier does not touch either.
      if ((open.end[at] as number) <= (W.hitStart[hit] as number)) return
      continue
    }
    const node = stepFrom(matcher.trie, open.node[at] as number, word)
    if (node === 0) continue
    const flags = (open.flags[at] as number) | (W.hitFlags[hit] as number) | gapFlags
    reach(
      matcher,
      node,
      open.start[at] as number,
      W.hitEnd[hit] as number,
      open.first[at] as number,
      W.hitLast[hit] as number,
      flags,
    )
  }
}

/**
 * Gap bits across a symbol that is a token only because some term spells it, when it is glued to the tokens on both sides;
 * 0 where there is none. What one rule spells must not hide another rule's words: "guaranteed+returns" beside "C++".
 */
function gapAcross(text: string, token: number): number {
  if (token < 2 || W.tokenBits[token - 1] !== 0) return 0
  const gap = (W.tokenGap[token - 1] as number) | (W.tokenGap[token] as number)
  const entry = classOf(text.codePointAt(W.tokenStart[token - 1] as number) as number)
  return (gap & C.G_SPACE) !== 0 || (entry & C.G_REGIONAL) !== 0 ? 0 : gap | (entry & 0xffff)
}

function place(matcher: Matcher, text: string, hit: number, url: boolean): void {
  const first = W.hitFirst[hit] as number
  const flags = W.hitFlags[hit] as number
  if (open.length > 0) {
    const begins = (flags & PART) === 0 || (W.hitStart[hit] as number) <= (W.tokenStart[first] as number)
    if (first > 0 && begins) extend(matcher, text, hit, first - 1, W.tokenGap[first] as number, false, url)
    const across = begins ? gapAcross(text, first) : 0
    if (across !== 0) extend(matcher, text, hit, first - 2, across, false, url)
    if ((flags & PART) !== 0) extend(matcher, text, hit, first, 0, true, url)
  }
  const root = matcher.trie.roots[W.hitWord[hit] as number] as number
  if (root !== 0)
    reach(matcher, root, W.hitStart[hit] as number, W.hitEnd[hit] as number, first, W.hitLast[hit] as number, flags)
}

function comesBefore(a: number, b: number): number {
  const first = (W.hitFirst[a] as number) - (W.hitFirst[b] as number)
  if (first !== 0) return first
  return (W.hitStart[a] as number) - (W.hitStart[b] as number) || (W.hitEnd[a] as number) - (W.hitEnd[b] as number)
}

/** What the views saw, by token: `from[token]` to `from[token + 1]` of `hits`, in the order in which rows can be put together. */
const byToken = { from: new Int32Array(1024), hits: new Int32Array(1024) }
/** So few hits of one token are sorted by hand. */
const FEW = 16

function sortBucket(from: number, to: number): void {
  const { hits } = byToken
  if (to - from > FEW) {
    hits.subarray(from, to).sort(comesBefore)
    return
  }
  for (let at = from + 1; at < to; at++) {
    const hit = hits[at] as number
    let place = at
    for (; place > from && comesBefore(hits[place - 1] as number, hit) > 0; place--)
      hits[place] = hits[place - 1] as number
    hits[place] = hit
  }
}

/** Puts the hits of the views in order, by counting: there are as many places as tokens. */
function sortHits(tokens: number): void {
  if (byToken.from.length < tokens + 2) byToken.from = new Int32Array(tokens * 2 + 2)
  if (byToken.hits.length < W.hits) byToken.hits = new Int32Array(W.hits * 2)
  const { from, hits } = byToken
  const { hitFirst } = W
  from.fill(0, 0, tokens + 2)
  for (let hit = 0; hit < W.hits; hit++) {
    const place = (hitFirst[hit] as number) + 2
    from[place] = (from[place] as number) + 1
  }
  for (let token = 2; token < tokens + 2; token++) from[token] = (from[token] as number) + (from[token - 1] as number)
  for (let hit = 0; hit < W.hits; hit++) {
    const place = (hitFirst[hit] as number) + 1
    const at = from[place] as number
    hits[at] = hit
    from[place] = at + 1
  }
  for (let token = 0; token < tokens; token++) {
    if ((from[token + 1] as number) - (from[token] as number) > 1)
      sortBucket(from[token] as number, from[token + 1] as number)
  }
}

/** True when a whole word at `token` can be part of a row: it is one, it goes on from one, or the next token goes on from it. */
function canMatter(matcher: Matcher, token: number, root: number): boolean {
  if (token > 0 && (scratch.heads[token - 1] as number) >= 0) return true
  if (token > 1 && W.tokenBits[token - 1] === 0 && (scratch.heads[token - 2] as number) >= 0) return true
  if (root === 0) return false
  if (matcher.trie.targets[root] !== -1) return true
  const next = token + 1
  if (next >= W.tokens) return false
  if (byToken.from[next + 1] !== byToken.from[next] || W.tokenBits[next] === 0) return true
  const nextWord = W.tokenWord[next] as number
  return nextWord !== 0 && mayStep(matcher.trie, root, nextWord - 1)
}

/** Places the whole word at a token where it belongs among the hits `from` to `to` of that token. */
function placeToken(matcher: Matcher, text: string, token: number, url: boolean): void {
  const { from, hits } = byToken
  let at = from[token] as number
  const end = from[token + 1] as number
  const word = (W.tokenWord[token] as number) - 1
  if (word >= 0 && (at < end || canMatter(matcher, token, matcher.trie.roots[word] as number))) {
    const start = W.tokenStart[token] as number
    const stop = W.tokenEnd[token] as number
    const id = resolveWord(matcher.words, word, text, start, stop)
    if (id >= 0) {
      const whole = W.hits
      addHit(id, start, stop, token, token, flagsOfToken(token))
      while (at < end && comesBefore(hits[at] as number, whole) <= 0) place(matcher, text, hits[at++] as number, url)
      place(matcher, text, whole, url)
    }
  }
  while (at < end) place(matcher, text, hits[at++] as number, url)
}

function flagsOfToken(token: number): number {
  return ((W.tokenBits[token] as number) & C.FOLDED) === 0 ? 0 : VIA_FOLDED
}

/** True when the tokens really are the words whose hashes they have. */
function areWords(matcher: Matcher, text: string, first: number, last: number): boolean {
  for (let token = first; token <= last; token++) {
    const word = (W.tokenWord[token] as number) - 1
    if (resolveWord(matcher.words, word, text, W.tokenStart[token] as number, W.tokenEnd[token] as number) !== word)
      return false
  }
  return true
}

/** Follows the rows that begin with a token, over whole words only. */
function follow(matcher: Matcher, text: string, first: number, root: number, url: boolean): void {
  const { trie } = matcher
  const start = W.tokenStart[first] as number
  let flags = flagsOfToken(first)
  for (let node = root, last = first; ;) {
    if (trie.targets[node] !== -1 && areWords(matcher, text, first, last)) {
      report(matcher, node, start, W.tokenEnd[last] as number, first, last, flags)
    }
    if (trie.hasNext[node] === 0 || ++last >= W.tokens) return
    let across = 0
    let word = (W.tokenWord[last] as number) - 1
    if ((word < 0 || !mayStep(trie, node, word)) && last + 1 < W.tokens) {
      // A symbol that does not go on with the row may stand between two words of it.
      across = gapAcross(text, last + 1)
      if (across !== 0) word = (W.tokenWord[++last] as number) - 1
    }
    if (word < 0 || !mayStep(trie, node, word)) return
    const gapFlags = url ? 0 : flagsOfGap(across === 0 ? (W.tokenGap[last] as number) : across)
    node = gapFlags < 0 ? 0 : stepFrom(trie, node, word)
    if (node === 0) return
    flags |= gapFlags | flagsOfToken(last)
  }
}

/** Puts the words of the workspace together into rows, in `R`. Most posts hold whole words only: those take the short way. */
export function findRows(matcher: Matcher, text: string, url: boolean): void {
  R.length = 0
  const { tokens, tokenWord } = W
  if (W.hits === 0) {
    const { roots } = matcher.trie
    for (let token = 0; token < tokens; token++) {
      const word = tokenWord[token] as number
      if (word === 0) continue
      const root = roots[word - 1] as number
      if (root !== 0) follow(matcher, text, token, root, url)
    }
    return
  }
  open.length = 0
  if (scratch.heads.length <= tokens) scratch.heads = new Int32Array(tokens * 2)
  scratch.heads.fill(-1, 0, tokens + 1)
  sortHits(tokens)
  for (let token = 0; token < tokens; token++) placeToken(matcher, text, token, url)
}
