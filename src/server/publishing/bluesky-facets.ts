import { RichText } from '@atproto/api'
import type { RenderInput } from '#server/platform/network.ts'
import type { JsonObject } from '#shared/json.ts'

type Link = RenderInput['links'][number]

/** A marked part of a text; offsets count UTF-8 bytes, as the lexicon wants. */
export interface Facet extends JsonObject {
  readonly index: { readonly byteStart: number; readonly byteEnd: number }
  readonly features: readonly JsonObject[]
}

/**
 * Marks the links and hashtags of a text, and turns words that stand for an approved link into one. Answers the links
 * that found no place in the text too. Mentions stay plain text: only a network could say whom they mean.
 */
export function markText(text: string, links: readonly Link[]): { facets: Facet[]; left: Link[] } {
  const detected = detectFacets(text)
  const facets: Facet[] = []
  const left: Link[] = []
  for (const link of links) {
    const own = findWords(text, link, facets)
    if (own !== undefined) facets.push(own)
    else if (!detected.some((facet) => facet.features.some((feature) => sameAddress(feature['uri'], link.url))))
      left.push(link)
  }
  for (const facet of detected) if (!facets.some((own) => overlaps(own, facet))) facets.push(facet)
  return { facets: facets.sort((a, b) => a.index.byteStart - b.index.byteStart), left }
}

function detectFacets(text: string): Facet[] {
  const rich = new RichText({ text })
  rich.detectFacetsWithoutResolution()
  return (rich.facets ?? [])
    .map((facet) => ({
      index: { byteStart: facet.index.byteStart, byteEnd: facet.index.byteEnd },
      features: facet.features.filter((feature) => isKept(feature as JsonObject)) as unknown as JsonObject[],
    }))
    .filter((facet) => facet.features.length > 0)
}

function isKept(feature: JsonObject): boolean {
  if (feature['$type'] === 'app.bsky.richtext.facet#tag') return true
  const uri = feature['uri']
  return feature['$type'] === 'app.bsky.richtext.facet#link' && typeof uri === 'string' && URL.canParse(uri)
}

/** A facet over the words of a link, when they stand in the text and nothing else is marked there. */
function findWords(text: string, link: Link, taken: readonly Facet[]): Facet | undefined {
  if (link.text === undefined || link.text.trim() === '') return undefined
  for (let at = text.indexOf(link.text); at !== -1; at = text.indexOf(link.text, at + 1)) {
    const byteStart = Buffer.byteLength(text.slice(0, at))
    const index = { byteStart, byteEnd: byteStart + Buffer.byteLength(link.text) }
    const facet = { index, features: [{ $type: 'app.bsky.richtext.facet#link', uri: link.url }] }
    if (!taken.some((other) => overlaps(other, facet))) return facet
  }
  return undefined
}

function overlaps(a: Facet, b: Facet): boolean {
  return a.index.byteStart < b.index.byteEnd && b.index.byteStart < a.index.byteEnd
}

function sameAddress(found: unknown, url: string): boolean {
  return typeof found === 'string' && URL.canParse(found) && new URL(found).href === new URL(url).href
}
