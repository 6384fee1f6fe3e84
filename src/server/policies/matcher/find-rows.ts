import * as C from './char-class.ts'
import { classOf } from './fold-table.ts'
import { TARGET_GROUP, type Matcher } from './compile-lexicons.ts'
import { stepFrom } from './row-trie.ts'
import { PART, VAGUE, VIA_EMOJI, VIA_SPACED, W } from './workspace.ts'

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
  heads: new Map<number, number>(),
}

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

function grow<T extends Record<string, unknown>>(columns: T): void {
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
  open.before[at] = open.heads.get(last) ?? -1
  open.heads.set(last, at)
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
  for (let at = open.heads.get(token) ?? -1; at >= 0; at = open.before[at] as number) {
    W.steps++
    const taken = !inside && (gap & C.G_LEET) !== 0 && ((open.flags[at] as number) | (W.hitFlags[hit] as number)) !== 0
    const between = taken ? gapBetween(text, open.end[at] as number, W.hitStart[hit] as number) : gap
    const gapFlags = url || inside ? 0 : flagsOfGap(between)
    if (gapFlags < 0 || (inside && open.end[at] !== W.hitStart[hit])) continue
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

function place(matcher: Matcher, text: string, hit: number, url: boolean): void {
  const first = W.hitFirst[hit] as number
  const flags = W.hitFlags[hit] as number
  if (open.length > 0) {
    if (first > 0) extend(matcher, text, hit, first - 1, W.tokenGap[first] as number, false, url)
    if ((flags & PART) !== 0) extend(matcher, text, hit, first, 0, true, url)
  }
  const root = matcher.trie.roots[W.hitWord[hit] as number] as number
  if (root !== 0)
    reach(matcher, root, W.hitStart[hit] as number, W.hitEnd[hit] as number, first, W.hitLast[hit] as number, flags)
}

/** Order in which rows can be put together when a view has added words: by token, then by place. */
function sortHits(): Int32Array {
  const order = Int32Array.from({ length: W.hits }, (_, hit) => hit)
  const { hitFirst, hitStart, hitEnd } = W
  return order.sort(
    (a, b) =>
      (hitFirst[a] as number) - (hitFirst[b] as number) ||
      (hitStart[a] as number) - (hitStart[b] as number) ||
      (hitEnd[a] as number) - (hitEnd[b] as number),
  )
}

/** Puts the words of the workspace together into rows, in `R`. */
export function findRows(matcher: Matcher, text: string, url: boolean): void {
  R.length = 0
  if (W.hits === 0) return
  open.length = 0
  if (open.heads.size > 0) open.heads.clear()
  if (!W.unsorted) for (let hit = 0; hit < W.hits; hit++) place(matcher, text, hit, url)
  else for (const hit of sortHits()) place(matcher, text, hit, url)
}
