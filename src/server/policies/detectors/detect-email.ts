import type { Range } from './compact-view.ts'

const local = /[\p{L}\p{N}._%+'-]/u
const host = /[\p{L}\p{N}-]/u

/** Mail addresses: a local part, one @, a name whose last label is letters. `@bob@mastodon.social` is a mention. Linear. */
export function detectEmail(text: string): Range[] {
  const found: Range[] = []
  let floor = 0
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > floor && at - start < 64 && local.test(text[start - 1]!)) start--
    while (start < at && /[.'-]/.test(text[start]!)) start++
    const end = hostEnd(text, at + 1)
    floor = at + 1
    if (start === at || end === undefined || text[start - 1] === '@' || text[end] === '@') continue
    found.push([start, end])
    floor = end
  }
  return found
}

function hostEnd(text: string, from: number): number | undefined {
  let end: number | undefined
  let label = from
  for (let at = from; at <= text.length && at - from < 254; at++) {
    const character = text[at]
    if (character !== undefined && host.test(character)) continue
    if (at === label) break
    if (label > from && /^\p{L}{2,24}$/u.test(text.slice(label, at))) end = at
    if (character !== '.') break
    label = at + 1
  }
  return end
}
