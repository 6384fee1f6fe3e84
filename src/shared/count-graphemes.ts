const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Code units that are always one grapheme by themselves: Latin, Greek, Cyrillic, Japanese and Chinese letters, punctuation. */
const alone: readonly (readonly [first: number, last: number])[] = [
  [0x370, 0x482],
  [0x48a, 0x52f],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x2010, 0x202e],
  [0x2060, 0x2064],
  [0x20a0, 0x20bf],
  [0x3001, 0x3029],
  [0x3041, 0x3096],
  [0x30a1, 0x30fa],
  [0x4e00, 0x9fff],
  [0xff01, 0xff60],
]

/** What nearly every post has none of: other than Latin letters and typographic marks, which always stand alone. */
const unusual = /[\u0300-\u200f\u202f-\uffff\r\u00ad]/

function standsAlone(unit: number): boolean {
  if (unit < 0x300) return unit !== 0x0d && unit !== 0xad
  return alone.some(([first, last]) => unit >= first && unit <= last)
}

/**
 * Extended grapheme clusters of a text (UAX #29), the unit of Bluesky and Mastodon. Runs of plain characters are counted
 * without the segmenter, which is twenty times slower; a plain character before another one never belongs to its cluster.
 */
export function countGraphemes(text: string): number {
  if (!unusual.test(text)) return text.length
  let count = 0
  let from = 0
  while (from < text.length) {
    let to = from
    while (to < text.length && standsAlone(text.charCodeAt(to))) to++
    if (to === text.length) return count + to - from
    // The last plain character may carry the mark that follows it.
    const start = Math.max(from, to - 1)
    count += start - from
    let end = to + 1
    while (end < text.length && !(standsAlone(text.charCodeAt(end)) && standsAlone(text.charCodeAt(end - 1)))) end++
    for (const _ of segmenter.segment(text.slice(start, end))) count++
    from = end
  }
  return count
}

/** Bytes of a text in UTF-8, without encoding it; a lone surrogate counts 3, as its replacement character does. */
export function countUtf8Bytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1))) {
      bytes += 2
      at++
    } else bytes += 2
  }
  return bytes
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
