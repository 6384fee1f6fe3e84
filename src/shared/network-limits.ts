import { countGraphemes, countUtf8Bytes } from './count-graphemes.ts'
import { findUrls, type FoundUrl } from './find-urls.ts'

/** How a network counts a text, where it refuses it and where it hides the rest behind "see more". */
export interface NetworkLimit {
  readonly count: 'utf16' | 'weighted' | 'escaped' | 'statuses' | 'graphemes'
  readonly limit: number
  readonly byteLimit?: number
  readonly hashtagLimit?: number
  /** Reserved characters of an address, whatever its length. */
  readonly urlLength?: number
  /** What is shown before the reader has to click: so many characters and so many lines, whichever comes first. */
  readonly shown?: { readonly characters: number; readonly lines: number }
}

/** What a profile's own server announces (Mastodon instances differ). */
export interface LimitOverrides {
  readonly limit?: number | undefined
  readonly urlLength?: number | undefined
}

/** A text as one network will take it. `truncatesAt` is a UTF-16 offset, absent when everything is shown. */
export interface TextFit {
  readonly length: number
  readonly limit: number
  readonly truncatesAt?: number
  readonly fits: boolean
}

/**
 * The published limits of each network. The points of truncation are published by none: they are the smallest that
 * clients were seen to use, so that what stands before them is visible everywhere (FCA-2).
 */
export const networkLimits: Readonly<Record<string, NetworkLimit>> = {
  x: { count: 'weighted', limit: 280, urlLength: 23 },
  mastodon: { count: 'statuses', limit: 500, urlLength: 23 },
  bluesky: { count: 'graphemes', limit: 300, byteLimit: 3000 },
  linkedin: { count: 'escaped', limit: 3000, shown: { characters: 140, lines: 3 } },
  facebook: { count: 'utf16', limit: 63_206, shown: { characters: 400, lines: 5 } },
  instagram: { count: 'utf16', limit: 2200, hashtagLimit: 30, shown: { characters: 125, lines: 3 } },
  threads: { count: 'utf16', limit: 500 },
  sandbox: { count: 'utf16', limit: 3000 },
}

/** A network without a row (a webhook, a private adapter) takes whatever the gateway takes. */
const unlimited: NetworkLimit = { count: 'utf16', limit: 100_000 }

/** Counts a text as the network does and says whether it fits and where it is cut. Pure; browser and server. */
export function fitNetwork(network: string, text: string, overrides: LimitOverrides = {}): TextFit {
  const row = networkLimits[network] ?? unlimited
  const length = counters[row.count](text, overrides.urlLength ?? row.urlLength ?? 0)
  const limit = overrides.limit ?? row.limit
  const fits =
    length <= limit &&
    (row.byteLimit === undefined || text.length * 3 <= row.byteLimit || countUtf8Bytes(text) <= row.byteLimit) &&
    (row.hashtagLimit === undefined || countHashtags(text) <= row.hashtagLimit)
  const truncatesAt = findTruncation(row, text)
  return truncatesAt === undefined ? { length, limit, fits } : { length, limit, truncatesAt, fits }
}

const counters: Record<NetworkLimit['count'], (text: string, urlLength: number) => number> = {
  utf16: (text) => text.length,
  weighted: countWeighted,
  escaped: (text) => text.length + countReserved(text),
  statuses: countStatus,
  graphemes: countGraphemes,
}

/** X's weighted length (twitter-text configuration 3): NFC, addresses 23, emoji sequences 2, most of Asia 2, the rest 1. */
export function countWeighted(text: string, urlLength = 23): number {
  const plain = !unusual.test(text)
  const normal = plain ? text : text.normalize('NFC')
  let length = 0
  let from = 0
  for (const url of findUrls(normal)) {
    length += (plain ? url.start - from : weigh(normal, from, url.start)) + urlLength
    from = url.end
  }
  return length + (plain ? normal.length - from : weigh(normal, from, normal.length))
}

const emoji = /\p{RGI_Emoji}/vy

/** A character that may be composed of several, or count more than one: none is in nearly every post in English or French. */
const unusual = /[\u0300-\u200f\u2020-\uffff]/

function isLight(point: number): boolean {
  return (
    point <= 4351 ||
    (point >= 8192 && point <= 8205) ||
    (point >= 8208 && point <= 8223) ||
    (point >= 8242 && point <= 8247)
  )
}

/** The expression is slow, so it is asked only where an emoji may begin; a digit or © does so before its selector. */
function mayBeginEmoji(point: number, next: number): boolean {
  if (point < 0x203c) return next === 0xfe0f || next === 0x20e3
  return (
    point >= 0x1f000 || point <= 0x2bff || (point >= 0x3030 && point <= 0x303d) || (point >= 0x3297 && point <= 0x3299)
  )
}

/** Nearly every character: it counts one and no emoji begins with it. */
function isPlain(unit: number, next: number): boolean {
  return unit <= 4351 && next !== 0xfe0f && next !== 0x20e3
}

/** Offset after the emoji that begins here, or 0. */
function emojiEnd(text: string, at: number): number {
  emoji.lastIndex = at
  return emoji.test(text) ? emoji.lastIndex : 0
}

function weigh(text: string, from: number, to: number): number {
  let length = 0
  for (let at = from; at < to;) {
    if (isPlain(text.charCodeAt(at), text.charCodeAt(at + 1))) {
      length++
      at++
      continue
    }
    const point = text.codePointAt(at)!
    const size = point > 0xffff ? 2 : 1
    const next = text.charCodeAt(at + size)
    const end = (point >= 0x203c || next > 0x203c) && mayBeginEmoji(point, next) ? emojiEnd(text, at) : 0
    if (end > 0 && end <= to) {
      length += 2
      at = end
    } else {
      length += isLight(point) ? 1 : 2
      at += size
    }
  }
  return length
}

const mention =
  /(?<![=/\p{L}\p{N}_])(@[a-z0-9_]+(?:[.-][a-z0-9_]+){0,30})@[\p{L}\p{N}_]+(?:[.-]{1,3}[\p{L}\p{N}_]+){0,30}/giu

/** Mastodon's length: graphemes, an address with a scheme counts what the instance reserves, the host of a mention is free. */
export function countStatus(text: string, urlLength = 23): number {
  if (!text.includes('://') && !text.includes('@')) return countGraphemes(text)
  let length = 0
  let from = 0
  for (const url of findUrls(text).filter((url: FoundUrl) => url.scheme)) {
    length += countMentions(text.slice(from, url.start)) + urlLength
    from = url.end
  }
  return length + countMentions(text.slice(from))
}

function countMentions(text: string): number {
  return countGraphemes(text.includes('@') ? text.replace(mention, '$1') : text)
}

/** Characters that LinkedIn's text format wants escaped; whether its limit counts them is unconfirmed, so they count. */
const anyReserved = /[\\|{}@[\]()<>#*_~]/
const reserved = new Uint8Array(128)
for (let unit = 0; unit < 128; unit++) if (anyReserved.test(String.fromCharCode(unit))) reserved[unit] = 1

function countReserved(text: string): number {
  let count = 0
  const first = text.search(anyReserved)
  for (let at = first === -1 ? text.length : first; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 128) count += reserved[unit]!
  }
  return count
}

/** Hashtags of a text as Instagram counts them. */
export function countHashtags(text: string): number {
  let count = 0
  for (const _ of text.matchAll(/[#＃][\p{L}\p{N}_]/gu)) count++
  return count
}

/** Offset of the first character that needs a click, never inside a surrogate pair. */
function findTruncation(row: NetworkLimit, text: string): number | undefined {
  const shown = row.shown
  if (shown === undefined) return undefined
  let at = text.length > shown.characters ? shown.characters : text.length
  let line = -1
  for (let count = 0; count < shown.lines; count++) {
    line = text.indexOf('\n', line + 1)
    if (line === -1) break
  }
  if (line !== -1 && line < at) at = line
  if (at >= text.length) return undefined
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit < 0xe000 ? at - 1 : at
}
