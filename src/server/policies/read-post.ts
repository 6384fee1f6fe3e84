import { isSupportedCountry, type CountryCode } from 'libphonenumber-js/max'
import { fitNetwork, type TextFit } from '#shared/network-limits.ts'
import { openContext, type ConditionContext } from './condition-context.ts'
import { IdentifierReader } from './detectors/detect-identifiers.ts'
import type { Hit, Language, TextField } from './matcher/lexicon.ts'
import { matchText } from './matcher/match-text.ts'
import type { CompiledPolicy } from './policy.ts'
import type { PolicyInput } from './policy-input.ts'
import type { FieldKind } from './raw-policy.ts'

/** One text of a post. `item` is the thread's item that a reader sees it with. */
export interface PostField {
  readonly field: string
  readonly text: string
  readonly kind: FieldKind
  readonly item: number
}

/** A hit that belongs to a rule or a disclosure, with the item it stands in. */
export interface OwnedHit {
  readonly start: number
  readonly end: number
  readonly field: string
  readonly via: string
  readonly kind: FieldKind
  readonly item: number
}

/** A post as the rules see it: read once, asked by every rule. */
export interface PostReading {
  readonly input: PolicyInput
  readonly language: Language | undefined
  readonly fields: readonly PostField[]
  /** The items of the thread, or the one text. */
  readonly items: readonly string[]
  readonly byRule: ReadonlyMap<number, readonly OwnedHit[]>
  readonly byDisclosure: ReadonlyMap<number, readonly OwnedHit[]>
  readonly context: ConditionContext
  /** Where each item is cut on the strictest of the target networks. */
  truncationOf(item: number): number
  identifiersOf(field: PostField): IdentifierReader
  /** How each target's network takes the post. */
  fits(): readonly TextFit[]
}

const matcherKind: Readonly<Record<FieldKind, TextField['kind']>> = {
  text: 'body',
  linkText: 'short',
  altText: 'short',
  url: 'url',
}

/** Ways of reading that an honest author produces too: everything else suggests that somebody tries to pass by. */
const honest: ReadonlySet<string> = new Set(['plain', 'hashtag'])

/** Opens a post: collects its fields and scans them all in one pass. */
export function readPost(policy: CompiledPolicy, input: PolicyInput): PostReading {
  const language = input.post.language
  const fields = collectFields(input)
  const items = [input.post.text, ...(input.post.thread ?? [])]
  const byRule = new Map<number, OwnedHit[]>()
  const byDisclosure = new Map<number, OwnedHit[]>()
  const scanned = fields.map(({ field, text, kind }) => ({ field, text, kind: matcherKind[kind] }))
  const context = openContext(input)
  for (const hit of matchText(policy.matcher, scanned, language === undefined ? {} : { lang: language })) {
    const place = fields.find((field) => field.field === hit.field)!
    addHit(policy, hit, [{ ...place, start: hit.start, end: hit.end }], byRule, byDisclosure)
    if (!honest.has(hit.via)) context.evasionSuspected = true
  }
  if (items.length > 1) readWhole(policy, items, language, byRule, byDisclosure)
  const readers = new Map<string, IdentifierReader>()
  const countries = (): CountryCode[] => phoneCountries(input)
  let fits: readonly TextFit[] | undefined
  return {
    input,
    language,
    fields,
    items,
    byRule,
    byDisclosure,
    context,
    fits: () => (fits ??= input.targets.map((target) => fitItems(target.network, items, target))),
    truncationOf: (item) => truncationOf(input, items[item]!),
    identifiersOf: (field) => {
      const known = readers.get(field.field)
      if (known !== undefined) return known
      const reader = new IdentifierReader(field.text, countries)
      readers.set(field.field, reader)
      return reader
    },
  }
}

function collectFields({ post }: PolicyInput): PostField[] {
  const fields: PostField[] = [{ field: 'text', text: post.text, kind: 'text', item: 0 }]
  post.thread?.forEach((text, index) =>
    fields.push({ field: `thread:${index + 1}`, text, kind: 'text', item: index + 1 }),
  )
  for (const [index, link] of post.links.entries()) {
    if (link.text !== undefined && link.text !== '')
      fields.push({ field: `link:${index}`, text: link.text, kind: 'linkText', item: 0 })
    fields.push({ field: `url:${index}`, text: link.url, kind: 'url', item: 0 })
  }
  for (const [index, media] of post.media.entries()) {
    if (media.altText !== undefined && media.altText !== '')
      fields.push({ field: `alt:${index}`, text: media.altText, kind: 'altText', item: 0 })
  }
  return fields
}

type Piece = Pick<PostField, 'field' | 'kind' | 'item'> & { readonly start: number; readonly end: number }

function addHit(
  policy: CompiledPolicy,
  hit: Hit,
  pieces: readonly Piece[],
  byRule: Map<number, OwnedHit[]>,
  byDisclosure: Map<number, OwnedHit[]>,
): void {
  const owner = policy.owners[hit.rule]!
  const [map, key] = 'rule' in owner ? [byRule, owner.rule] : [byDisclosure, owner.disclosure]
  const list = map.get(key)
  const owned = pieces.map(({ field, kind, item, start, end }) => ({ start, end, field, via: hit.via, kind, item }))
  if (list === undefined) map.set(key, owned)
  else list.push(...owned)
}

/** The thread as one text: only what runs over the edge of an item is new. A disclosure must stand in one item. */
function readWhole(
  policy: CompiledPolicy,
  items: readonly string[],
  language: Language | undefined,
  byRule: Map<number, OwnedHit[]>,
  byDisclosure: Map<number, OwnedHit[]>,
): void {
  const starts: number[] = []
  let length = 0
  for (const item of items) {
    starts.push(length)
    length += item.length + 1
  }
  const whole: TextField = { field: 'whole', text: items.join(' '), kind: 'body' }
  for (const hit of matchText(policy.matcher, [whole], language === undefined ? {} : { lang: language })) {
    const pieces = cutHit(hit, items, starts)
    if (pieces.length > 1 && 'rule' in policy.owners[hit.rule]!) addHit(policy, hit, pieces, byRule, byDisclosure)
  }
}

function cutHit(hit: Hit, items: readonly string[], starts: readonly number[]): Piece[] {
  return items.flatMap((text, item) => {
    const start = Math.max(0, hit.start - starts[item]!)
    const end = Math.min(text.length, hit.end - starts[item]!)
    return start < end
      ? [{ field: item === 0 ? 'text' : `thread:${item}`, kind: 'text' as const, item, start, end }]
      : []
  })
}

function phoneCountries(input: PolicyInput): CountryCode[] {
  const named = [input.author.country, ...input.targets.map((target) => target.country)].map((country) =>
    country?.toUpperCase(),
  )
  return [...new Set([...named, 'FR', 'GB', 'US'])].filter(
    (country): country is CountryCode => country !== undefined && isSupportedCountry(country),
  )
}

function truncationOf(input: PolicyInput, text: string): number {
  const cuts = input.targets.map(
    (target) => fitNetwork(target.network, text, target).truncatesAt ?? Number.POSITIVE_INFINITY,
  )
  return Math.min(Number.POSITIVE_INFINITY, ...cuts)
}

/** One text on one network: the item of a thread that fares worst. */
function fitItems(
  network: string,
  items: readonly string[],
  limits: { limit?: number | undefined; urlLength?: number | undefined },
): TextFit {
  if (items.length === 1) return fitNetwork(network, items[0]!, limits)
  const fits = items.map((item) => fitNetwork(network, item, limits))
  return fits.find((fit) => !fit.fits) ?? fits.reduce((worst, fit) => (fit.length > worst.length ? fit : worst))
}
