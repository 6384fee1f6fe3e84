import { findUrls } from '#shared/find-urls.ts'
import { hostOf } from './condition-context.ts'
import type { Span } from './finding.ts'
import type { OwnedHit, PostReading } from './read-post.ts'
import type { Requirement } from './policy.ts'
import { unknownFacts, type UnknownFact } from './unknown-fact.ts'

/** `undefined` when the requirement is met, else the spans that show what is missing (often none: it is not there). */
type Missing = readonly Span[] | undefined

/** Formats that delete themselves, which nobody could retain (FIN-11). */
const fleeting: ReadonlySet<string> = new Set(['story', 'disappearing', 'ephemeral', 'fleet', 'snap'])

/** Media that somebody who cannot see needs described. */
const pictures: ReadonlySet<string> = new Set(['image', 'gif', 'video'])

/**
 * Checks one requirement. `triggers` are the rule's own hits: then only the items that hold one must comply, each by
 * itself; without terms every item of a thread must (FCA-1). Answers the fact that decides and that nobody knows, if so.
 */
export function judgeRequirement(
  reading: PostReading,
  requirement: Requirement,
  triggers: readonly OwnedHit[] | undefined,
): Missing | UnknownFact {
  const items =
    triggers === undefined ? reading.items.map((_, item) => item) : [...new Set(triggers.map((hit) => hit.item))]
  const missing: Span[] = []
  let unmet = false
  for (const check of checksOf(requirement)) {
    const spans = check(reading, requirement, items, triggers)
    if (spans === undefined) continue
    unmet = true
    missing.push(...spans)
  }
  // Asked last: what is certainly missing is told even while this is not known.
  const untrained = !unmet && requirement.training === true && isUntrained(reading)
  if (untrained === 'unknown') return unknownFacts.training
  if (!unmet && !untrained) return undefined
  return triggers === undefined || missing.length > 0
    ? missing
    : triggers.map(({ start, end, field }) => ({ start, end, field }))
}

type Triggers = readonly OwnedHit[] | undefined

type Check = (reading: PostReading, requirement: Requirement, items: readonly number[], triggers: Triggers) => Missing

/** Each check, and whether a requirement asks for it at all. */
const checks: readonly (readonly [asks: (requirement: Requirement) => boolean, check: Check])[] = [
  [({ disclosures }) => disclosures.length > 0, missDisclosure],
  [({ sources }) => sources !== undefined, missSources],
  [({ hashtags }) => hashtags.length > 0, missHashtag],
  [({ linkHosts }) => linkHosts !== undefined, missLink],
  [({ altText }) => altText === true, missAltText],
  [({ fits }) => fits === true, missFit],
  [({ lasting }) => lasting === true, (reading) => (isFleeting(reading) ? [] : undefined)],
  [
    ({ qualifications }) => qualifications.length > 0,
    (reading, { qualifications }) =>
      qualifications.some((name) => reading.input.author.qualifications.includes(name)) ? undefined : [],
  ],
]

const asked = new WeakMap<Requirement, readonly Check[]>()

/** The checks of one requirement, told once: every post is asked. */
function checksOf(requirement: Requirement): readonly Check[] {
  let list = asked.get(requirement)
  if (list === undefined) {
    list = checks.filter(([asks]) => asks(requirement)).map(([, check]) => check)
    asked.set(requirement, list)
  }
  return list
}

function missDisclosure(
  reading: PostReading,
  requirement: Requirement,
  items: readonly number[],
  triggers: Triggers,
): Missing {
  const absent: Span[] = []
  const hidden: Span[] = []
  let isAbsent = false
  for (const disclosure of requirement.disclosures) {
    const seen = (reading.byDisclosure.get(disclosure) ?? []).filter((hit) => hit.kind === 'text')
    for (const item of items) {
      const here = seen.filter((hit) => hit.item === item)
      if (here.length === 0) {
        isAbsent = true
        absent.push(...whereMissing(reading, item, triggers))
        continue
      }
      const cut = requirement.visible === 'beforeTruncation' ? reading.truncationOf(item) : Number.POSITIVE_INFINITY
      if (!here.some((hit) => hit.end <= cut))
        hidden.push(...here.map(({ start, end, field }) => ({ start, end, field })))
    }
  }
  if (isAbsent) return [...absent, ...hidden]
  return hidden.length > 0 ? hidden : undefined
}

/** Which item of a thread lacks what it must carry: by its hits, else whole. A post without a thread needs no such mark. */
function whereMissing({ items }: PostReading, item: number, triggers: Triggers): Span[] {
  if (triggers !== undefined)
    return triggers.filter((hit) => hit.item === item).map(({ start, end, field }) => ({ start, end, field }))
  if (items.length === 1) return []
  return [{ start: 0, end: items[item]!.length, field: item === 0 ? 'text' : `thread:${item}` }]
}

function missSources(reading: PostReading, requirement: Requirement): Missing {
  if (reading.input.post.sources.length > 0) return undefined
  if (requirement.sources === 'always') return []
  const figures = reading.fields
    .filter((field) => field.kind !== 'url')
    .flatMap((field) =>
      reading
        .identifiersOf(field)
        .detect('figure')
        .map(([start, end]) => ({ start, end, field: field.field })),
    )
  return figures.length > 0 ? figures : undefined
}

function missHashtag(
  reading: PostReading,
  requirement: Requirement,
  items: readonly number[],
  triggers: Triggers,
): Missing {
  const tagged = (text: string): boolean =>
    [...text.matchAll(/[#＃]([\p{L}\p{N}_]+)/gu)].some((match) =>
      requirement.hashtags.includes(match[1]!.toLowerCase()),
    )
  const bare = items.filter((item) => !tagged(reading.items[item]!))
  return bare.length === 0 ? undefined : bare.flatMap((item) => whereMissing(reading, item, triggers))
}

function missLink(reading: PostReading, requirement: Requirement): Missing {
  const hosts = [
    ...reading.input.post.links.map((link) => hostOf(link.url)),
    ...reading.items.flatMap((item) => findUrls(item).map((url) => url.host)),
  ]
  const wanted = requirement.linkHosts ?? []
  return hosts.some((host) => wanted.length === 0 || wanted.some((name) => isWithin(host, name))) ? undefined : []
}

function missAltText(reading: PostReading): Missing {
  const silent = [...reading.input.post.media.entries()].filter(
    ([, media]) => pictures.has(media.kind) && (media.altText ?? '').trim() === '',
  )
  // An empty span stands where the words are missing.
  return silent.length === 0 ? undefined : silent.map(([at]) => ({ start: 0, end: 0, field: `alt:${at}` }))
}

function isUntrained({ input }: PostReading): boolean | 'unknown' {
  const { trainingValid } = input.author
  return trainingValid === 'unknown' ? trainingValid : trainingValid === false
}

function missFit(reading: PostReading): Missing {
  return reading.fits().every((fit) => fit.fits) ? undefined : []
}

function isFleeting({ input }: PostReading): boolean {
  return fleeting.has(input.post.format ?? 'post') || input.post.media.some((media) => fleeting.has(media.kind))
}

/** True for a host itself and for everything below it. */
export function isWithin(host: string, name: string): boolean {
  return host === name || host.endsWith(`.${name}`)
}
