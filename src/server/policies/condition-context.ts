import type { Finding } from './finding.ts'
import type { PolicyInput } from './policy-input.ts'
import { unknownFacts } from './unknown-fact.ts'

/**
 * The classes behind the variables of a condition. CEL knows each by its fields; nothing else of an object is visible.
 * Text is read from the post as submitted.
 */
export class UnitValue {
  readonly path: readonly string[]
  constructor(path: readonly string[]) {
    this.path = path
  }
}
export class LinkValue {
  readonly url: string
  readonly text: string
  readonly host: string
  constructor(url: string, text: string, host: string) {
    this.url = url
    this.text = text
    this.host = host
  }
}
export class MediaValue {
  readonly kind: string
  readonly altText: string
  constructor(kind: string, altText: string) {
    this.kind = kind
    this.altText = altText
  }
}
export class SourceValue {
  readonly claim: string
  readonly url: string
  readonly note: string
  constructor(claim: string, url: string, note: string) {
    this.claim = claim
    this.url = url
    this.note = note
  }
}
export class TargetValue {
  readonly network: string
  readonly country: string
  constructor(network: string, country: string) {
    this.network = network
    this.country = country
  }
}
export class FindingValue {
  readonly ruleId: string
  readonly severity: string
  readonly via: string
  constructor(finding: Finding) {
    this.ruleId = finding.ruleId
    this.severity = finding.severity
    this.via = finding.via ?? ''
  }
}
export class LibraryItemValue {
  readonly #item: PolicyInput['libraryItem']
  constructor(item: PolicyInput['libraryItem']) {
    this.#item = item
  }
  /** Not for conditions. */
  isUnknown(): boolean {
    return this.#item === 'unknown'
  }
  get present(): boolean {
    if (this.#item === 'unknown') throw unknownFacts.library
    return this.#item !== undefined
  }
  get unchanged(): boolean {
    if (this.#item === 'unknown') throw unknownFacts.library
    return this.#item?.unchanged === true
  }
}
export class CalendarValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** `post` of a condition. Lists that are seldom asked for are made when they are. */
export class PostValue {
  readonly #post: PolicyInput['post']
  readonly text: string
  readonly language: string
  readonly communicationClass: string
  readonly static: boolean
  readonly topics: readonly string[]
  readonly audience: string
  readonly format: string
  readonly scheduled: boolean
  readonly publishAt: Date

  constructor(post: PolicyInput['post'], now: string) {
    this.#post = post
    this.text = post.text
    this.language = post.language ?? ''
    this.communicationClass = post.communicationClass
    this.static = post.static
    this.topics = post.topics
    this.audience = post.audience ?? ''
    this.format = post.format ?? 'post'
    this.scheduled = post.scheduledAt !== undefined
    this.publishAt = new Date(post.scheduledAt ?? now)
  }
  get items(): bigint {
    return BigInt(1 + (this.#post.thread?.length ?? 0))
  }
  get links(): LinkValue[] {
    return this.#post.links.map((link) => new LinkValue(link.url, link.text ?? '', hostOf(link.url)))
  }
  get media(): MediaValue[] {
    return this.#post.media.map((media) => new MediaValue(media.kind, media.altText ?? ''))
  }
  get sources(): SourceValue[] {
    return this.#post.sources.map((source) => new SourceValue(source.claim ?? '', source.url ?? '', source.note ?? ''))
  }
}

/** `author` of a condition. */
export class AuthorValue {
  readonly id: string
  readonly unit: UnitValue
  readonly qualifications: readonly string[]
  readonly country: string
  readonly #trainingValid: boolean | 'unknown' | undefined

  constructor(author: PolicyInput['author']) {
    this.id = author.id
    this.unit = new UnitValue(author.unitPath)
    this.qualifications = author.qualifications
    this.country = author.country ?? ''
    this.#trainingValid = author.trainingValid
  }
  /** Not for conditions. */
  isTrainingUnknown(): boolean {
    return this.#trainingValid === 'unknown'
  }
  get trainingValid(): boolean {
    if (this.#trainingValid === 'unknown') throw unknownFacts.training
    return this.#trainingValid !== false
  }
}

/** What a condition reads. `instant` is `now` for calendars. */
export interface ConditionContext {
  post: PostValue
  author: AuthorValue
  targets: TargetValue[]
  libraryItem: LibraryItemValue
  now: Date
  evasionSuspected: boolean
  findings: FindingValue[]
}

/** Host of an address in lower case, or '' when it is none. */
export function hostOf(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\]*@)?([^/?#:\\]+)/i.exec(url.trim())
  return match?.[1]?.toLowerCase().replace(/\.$/, '') ?? ''
}

/** The context of one evaluation; `findings` and `evasionSuspected` are filled in as they become known. */
export function openContext(input: PolicyInput): ConditionContext {
  return {
    post: new PostValue(input.post, input.now),
    author: new AuthorValue(input.author),
    targets: input.targets.map((target) => new TargetValue(target.network, target.country ?? '')),
    libraryItem: new LibraryItemValue(input.libraryItem),
    now: new Date(input.now),
    evasionSuspected: false,
    findings: [],
  }
}
