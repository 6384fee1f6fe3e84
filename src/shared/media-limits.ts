/** One picture or film as it is attached to a post. */
export interface AttachedMedia {
  readonly mimeType: string
  /** Bytes. */
  readonly size: number
  readonly altText?: string | null | undefined
}

/** The largest file that any of the networks takes as one piece here: 50 MB. */
export const mediaBytesAtMost = 50_000_000
/** What networks show and reviewers can see in the browser. SVG is a program and stays out. */
export const mediaTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'video/mp4'] as const
/** How many files one post carries at most, whatever the network. */
export const mediaAtMost = 20
/** Characters of one description. */
export const altTextAtMost = 2000

interface MediaLimit {
  readonly count: number
  readonly imageBytes: number
  /** Films: none, or one that stands alone, or as many as pictures. */
  readonly films: 'none' | 'alone' | 'any'
  readonly altText: number
}

/** The published limits of the networks that the gateway speaks to. */
const limits: Readonly<Record<string, MediaLimit>> = {
  bluesky: { count: 4, imageBytes: 2_000_000, films: 'none', altText: altTextAtMost },
  mastodon: { count: 4, imageBytes: 16_000_000, films: 'alone', altText: 1500 },
  sandbox: { count: mediaAtMost, imageBytes: mediaBytesAtMost, films: 'any', altText: altTextAtMost },
}

/** Why a network does not take the media of a post: one reason at a time, the first. `at` is the file's place, from 0. */
export type MediaMisfit =
  | { readonly why: 'too_many'; readonly limit: number }
  | { readonly why: 'film'; readonly at: number }
  | { readonly why: 'film_alone'; readonly at: number }
  | { readonly why: 'too_large'; readonly at: number; readonly limit: number }
  | { readonly why: 'alt_text'; readonly at: number; readonly limit: number }

/** Pure; browser and server. `undefined`: it takes them, or its adapter alone knows what it takes. */
export function fitMedia(network: string, media: readonly AttachedMedia[]): MediaMisfit | undefined {
  const limit = limits[network]
  if (limit === undefined) return undefined
  if (media.length > limit.count) return { why: 'too_many', limit: limit.count }
  for (const [at, { mimeType, size, altText }] of media.entries()) {
    const isFilm = mimeType.startsWith('video/')
    if (isFilm && limit.films === 'none') return { why: 'film', at }
    if (isFilm && limit.films === 'alone' && media.length > 1) return { why: 'film_alone', at }
    if (!isFilm && size > limit.imageBytes) return { why: 'too_large', at, limit: limit.imageBytes }
    if (Array.from(altText ?? '').length > limit.altText) return { why: 'alt_text', at, limit: limit.altText }
  }
  return undefined
}
