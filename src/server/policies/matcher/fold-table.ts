import { inflateRawSync } from 'node:zlib'
import { FOLDED, FOREIGN, G_SYMBOL, IGNORE, LOWER, MULTI, SURROGATE, WORD } from './char-class.ts'
import { CLASS_RUNS, CONFUSABLES, EXPANSIONS, WEAK_CONFUSABLES } from './fold-table.gen.ts'

const PLANES = 0x20000
const TAGS_START = 0xe0000
const TAGS_END = 0xe1000

function inflate(base64: string): string {
  return inflateRawSync(Buffer.from(base64, 'base64')).toString('utf8')
}

function decodeClasses(): Int32Array {
  const table = new Int32Array(PLANES)
  let at = 0
  for (const run of inflate(CLASS_RUNS).split(';')) {
    const [length = 0, bits = 0, low = 0, step = 0] = run.split(',').map((value) => Number.parseInt(value, 36))
    for (let k = 0; k < length; k++) table[at++] = (bits << 16) | ((low + step * k) & 0xffff)
  }
  return table
}

function decodeConfusables(data: string): [number, number][] {
  const pairs = inflate(data).split(' ')
  return pairs.map((pair) => [Number.parseInt(pair.slice(0, -1), 36), pair.charCodeAt(pair.length - 1)])
}

/** Entry of every code point of the first two planes; see `char-class.ts`. */
export const CLASSES: Int32Array = decodeClasses()
const WEAK_ALIKES = new Map(decodeConfusables(WEAK_CONFUSABLES))
const LOOK_ALIKES = new Map([...WEAK_ALIKES, ...decodeConfusables(CONFUSABLES)])

/** Entry of any code point. Letters of the higher planes stand for themselves. */
export function classOf(codePoint: number): number {
  if (codePoint < PLANES) return CLASSES[codePoint] as number
  if (codePoint >= TAGS_START && codePoint < TAGS_END) return IGNORE | FOLDED
  return codePoint < 0x40000 ? WORD | LOWER | FOREIGN | SURROGATE | (codePoint & 0xffff) : G_SYMBOL
}

/** ASCII letter (its own case) that a letter of another script looks like, or 0. */
export function lookAlikeOf(codePoint: number): number {
  return LOOK_ALIKES.get(codePoint) ?? 0
}

/** True for a likeness that only passes among Latin letters (в for b): ordinary Russian or Greek is full of them. */
export function isWeakAlike(codePoint: number): boolean {
  return WEAK_ALIKES.has(codePoint)
}

/** A fullwidth sign as its ASCII one. */
export function narrow(unit: number): number {
  return unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : unit
}

/** Folded units of one word entry, as a string. */
export function unfold(entry: number): string {
  return (entry & MULTI) === 0 ? String.fromCharCode(entry & 0xffff) : (EXPANSIONS[entry & 0xffff] ?? '')
}

/** Folded form of a text's word characters, invisible characters and marks left out, everything else as it is. */
export function foldText(text: string): string {
  let folded = ''
  for (const char of text) {
    const entry = classOf(char.codePointAt(0) ?? 0)
    if ((entry & WORD) !== 0) folded += unfold(entry)
    else if ((entry & IGNORE) === 0) folded += char
  }
  return folded
}
