/**
 * Links and addresses inside a body. A link is a field of its own, so that a term in it is not a hit in the text.
 *
 * Top-level domains that are also words (me, in, is, to, no, us …) count only in front of a path, and none counts with a
 * capital: "the end.Me too" is a missing space.
 */
const DOMAINS = new Set(
  'com net org edu gov info biz io co eu fr uk nl ch lu ca ie app dev finance bank online site shop news blog cloud xyz club page link live paris'.split(
    ' ',
  ),
)
const WORD_DOMAINS = new Set(
  'de it es be pt pl se at jp cn br au me in is to no us ai tv fm ly gg gl am so my do la cc'.split(' '),
)
const HOST_LONGEST = 253
const DOT = 46
const AT = 64

function isHostUnit(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) ||
    (unit >= 48 && unit <= 58 - 1) ||
    (unit >= 65 && unit <= 90) ||
    unit === 45 ||
    unit === 95
  )
}

/** First offset of the host or local part that ends before `at`. */
function hostStart(text: string, from: number, at: number, more: string): number {
  let start = at
  while (start > from && at - start < HOST_LONGEST) {
    const unit = text.charCodeAt(start - 1)
    if (!isHostUnit(unit) && unit !== DOT && !more.includes(String.fromCharCode(unit))) break
    start--
  }
  return start
}

/** End of the letters that begin at `at`. */
function lettersEnd(text: string, at: number, to: number): number {
  let end = at
  while (end < to && text.charCodeAt(end) >= 97 && text.charCodeAt(end) <= 122) end++
  return end
}

function isDomain(text: string, at: number, to: number): boolean {
  const end = lettersEnd(text, at, to)
  const next = end < to ? text.charCodeAt(end) : 32
  if (isHostUnit(next) || (next === DOT && end + 1 < to && isHostUnit(text.charCodeAt(end + 1)))) return false
  const name = text.slice(at, end)
  return DOMAINS.has(name) || (next === 47 && WORD_DOMAINS.has(name))
}

function startOfScheme(text: string, from: number, at: number): number {
  let start = at
  while (start > from && isHostUnit(text.charCodeAt(start - 1)) && at - start < 32) start--
  return start
}

/** Offset at which a link or an address begins between two spaces, or -1. It reaches to the end of the chunk. */
export function findLink(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 58 && text.startsWith('//', at + 1) && at + 3 < to) return startOfScheme(text, from, at)
    if (unit !== DOT) continue
    if (
      at - from >= 3 &&
      /^www$/i.test(text.slice(at - 3, at)) &&
      (at - 3 === from || !isHostUnit(text.charCodeAt(at - 4)))
    )
      return at - 3
    if (!isDomain(text, at + 1, to)) continue
    const host = hostStart(text, from, at, '')
    if (host > from && text.charCodeAt(host - 1) === AT) return hostStart(text, from, host - 1, '+%')
    if (at - host >= 2) return host
  }
  return -1
}
