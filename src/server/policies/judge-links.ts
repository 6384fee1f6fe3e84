import { findUrls } from '#shared/find-urls.ts'
import { hostOf } from './condition-context.ts'
import type { Span } from './finding.ts'
import { isWithin } from './judge-requirement.ts'
import type { Handles, Hosts } from './policy.ts'
import type { PostReading } from './read-post.ts'

/** Spans of links whose host is denied, is not among the allowed ones, or is reached without encryption. */
export function judgeLinks(reading: PostReading, hosts: Hosts): Span[] {
  const listed = reading.input.post.links.flatMap(({ url }, index) =>
    isRefused(hostOf(url), !/^http:/i.test(url.trim()), hosts)
      ? [{ start: 0, end: url.length, field: `url:${index}` }]
      : [],
  )
  const written = reading.fields
    .filter((field) => field.kind === 'text')
    .flatMap(({ text, field }) =>
      findUrls(text)
        .filter((url) => isRefused(url.host, !/^http:/i.test(text.slice(url.start, url.end)), hosts))
        .map(({ start, end }) => ({ start, end, field })),
    )
  return [...written, ...listed]
}

function isRefused(host: string, encrypted: boolean, hosts: Hosts): boolean {
  if (hosts.https && !encrypted) return true
  if (hosts.deny.some((name) => isWithin(host, name))) return true
  return hosts.allow.length > 0 && !hosts.allow.some((name) => isWithin(host, name))
}

const mention =
  /(?<![\p{L}\p{N}_/=.@])@([\p{L}\p{N}_]+(?:[.-][\p{L}\p{N}_]+)*(?:@[\p{L}\p{N}_]+(?:[.-][\p{L}\p{N}_]+)*)?)/gu

/** Spans of mentions that are denied, or not among the allowed ones. */
export function judgeMentions(reading: PostReading, handles: Handles): Span[] {
  return reading.fields
    .filter((field) => field.kind === 'text')
    .flatMap(({ text, field }) =>
      [...text.matchAll(mention)]
        .filter((match) => isUnwanted(match[1]!.toLowerCase(), handles))
        .map((match) => ({ start: match.index, end: match.index + match[0].length, field })),
    )
}

function isUnwanted(handle: string, { allow, deny }: Handles): boolean {
  return deny.has(handle) || (allow.size > 0 && !allow.has(handle))
}
