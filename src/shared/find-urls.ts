import { parse } from 'tldts'

/** A web address in a text: UTF-16 offsets, and the host in lower case. */
export interface FoundUrl {
  readonly start: number
  readonly end: number
  readonly host: string
  readonly scheme: boolean
}

const letter = /[A-Za-z0-9_\u00c0-\u024f\u0400-\u04ff]/
const pathCharacter = /[A-Za-z0-9\u00c0-\u024f\u0400-\u04ff!*';:=+,.$/%#[\]\-\u2013_~@|&?()]/
const pathEnd = /[A-Za-z0-9\u00c0-\u024f\u0400-\u04ff+\-=_#/&)]/
const knownTlds = new Map<string, boolean>()

/** True when the label is a top-level domain of the public suffix list. */
function isTopLevel(label: string): boolean {
  const known = knownTlds.get(label)
  if (known !== undefined) return known
  const answer = parse(`name.${label}`).isIcann === true
  if (knownTlds.size < 5000) knownTlds.set(label, answer)
  return answer
}

/** Length of the longest leading part of a dotted name that ends in a top-level domain, or 0. */
function hostLength(name: string, scheme: boolean): number {
  let end = name.length
  for (let tries = 0; tries < 10 && end > 0; tries++) {
    const dot = name.lastIndexOf('.', end - 1)
    if (dot <= 0) return 0
    const label = name.slice(dot + 1, end).toLowerCase()
    const before = name.charCodeAt(dot - 1)
    // A hyphen may not close the name before its top-level domain.
    if (label.length >= 2 && label.length <= 24 && before !== 0x2d && isTopLevel(label))
      return scheme || isAscii(name, end) ? end : 0
    end = dot
  }
  return 0
}

function isAscii(text: string, end: number): boolean {
  for (let at = 0; at < end; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

/** Offset after the path and query that follow a host; brackets count only in pairs, closing punctuation does not. */
function pathAfter(text: string, from: number): number {
  const first = text[from]
  if (first !== '/' && first !== '?' && first !== '#' && first !== ':') return from
  if (first === '#') return from
  if (first === ':' && !/^:\d/.test(text.slice(from, from + 2))) return from
  let depth = 0
  let end = from
  for (let at = from; at < text.length; at++) {
    const character = text[at]!
    if (!pathCharacter.test(character)) break
    if (character === '(') depth++
    if (character === ')' && --depth < 0) break
    if (pathEnd.test(character)) end = at + 1
  }
  return end
}

function isLetter(unit: number): boolean {
  if (unit < 0x80)
    return (
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x41 && unit <= 0x5a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      unit === 0x5f
    )
  return letter.test(String.fromCharCode(unit))
}

function isNameUnit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return isLetter(unit) || unit === 0x2d || (unit === 0x2e && isLetter(text.charCodeAt(at + 1)))
}

/** Start of the dotted name around a dot, not before `floor`. */
function nameStart(text: string, dot: number, floor: number): number {
  let start = dot
  while (start > floor && isNameUnit(text, start - 1)) start--
  while (start < dot && !isLetter(text.charCodeAt(start))) start++
  return start
}

function schemeLength(text: string, start: number): number {
  if (text[start - 1] !== '/' || text[start - 2] !== '/') return 0
  const before = text.slice(Math.max(0, start - 8), start).toLowerCase()
  return before.endsWith('https://') ? 8 : before.endsWith('http://') ? 7 : 0
}

// The networks' counting, the link rules and the requirements ask about one text in a row.
let lastText = ''
let lastFound: readonly FoundUrl[] = []

/**
 * Web addresses of a text as X and most clients see them: with a scheme, or a bare name whose last label is a real
 * top-level domain ("example.com/foo"). Mail addresses, hashtags and mentions are left alone. Linear in the text.
 */
export function findUrls(text: string): readonly FoundUrl[] {
  if (text !== lastText) [lastFound, lastText] = [scanUrls(text), text]
  return lastFound
}

function scanUrls(text: string): FoundUrl[] {
  const found: FoundUrl[] = []
  let floor = 0
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', Math.max(dot + 1, floor))) {
    if (!isLetter(text.charCodeAt(dot + 1)) || dot === floor || !isNameUnit(text, dot - 1)) continue
    const start = nameStart(text, dot, floor)
    let stop = dot
    while (stop < text.length && isNameUnit(text, stop)) stop++
    const url = start === dot ? undefined : urlAt(text, start, stop)
    if (url !== undefined) found.push(url)
    floor = url?.end ?? stop
  }
  return found
}

function urlAt(text: string, nameAt: number, stop: number): FoundUrl | undefined {
  const scheme = schemeLength(text, nameAt)
  const start = nameAt - scheme
  const previous = text[start - 1] ?? ''
  if (/[A-Za-z0-9@＠$#＃\u202a-\u202e]/.test(previous) || (scheme === 0 && /[-_./]/.test(previous))) return undefined
  const name = text.slice(nameAt, stop)
  const length = hostLength(name, scheme > 0)
  if (length === 0 || /[A-Za-z0-9@_-]/.test(text[nameAt + length] ?? '')) return undefined
  const end = pathAfter(text, nameAt + length)
  return { start, end, host: name.slice(0, length).toLowerCase(), scheme: scheme > 0 }
}
