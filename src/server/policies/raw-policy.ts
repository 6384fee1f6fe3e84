import type { Bilingual, Severity, Verdict } from './finding.ts'
import type { EvasionLevel, FoldKind, Language, Term } from './matcher/lexicon.ts'

/** A policy file as written, after the schema: `policy-schema.ts` is its grammar, policies/README.md its meaning. */
export interface RawPolicy {
  policy: string
  title?: Bilingual
  regulator?: string
  defaults?: RawDefaults
  lists?: Record<string, Term[]>
  calendars?: Record<string, RawCalendar>
  disclosures?: Record<string, RawDisclosure>
  rules?: RawRule[]
  routes?: RawRoute[]
  cases?: RawCase[]
}

export interface RawDefaults {
  match?: 'word' | 'contains'
  fold?: FoldKind[]
  evasion?: EvasionLevel
  severity?: Severity | 'info'
  mode?: RuleMode
  lang?: Language
  clause?: string
}

/** The ladder of a new rule: `audit` only records, `warn` shows a note, `enforce` has its severity. */
export type RuleMode = 'audit' | 'warn' | 'enforce'

export interface RawRule extends RawDefaults {
  id: string
  any?: Term[]
  unless?: Term[]
  detector?: string | string[]
  formats?: string[]
  pattern?: RawPattern | RawPattern[]
  fields?: FieldKind[]
  when?: string
  scope?: RawScope
  require?: RawRequirement
  links?: RawHosts
  mentions?: { allow?: string[]; deny?: string[] }
  message?: Bilingual
  suggestion?: Bilingual
  tests?: RawExample[]
}

export type FieldKind = 'text' | 'linkText' | 'url' | 'altText'

export interface RawPattern {
  regex: string
  literal: string
  case?: 'exact' | 'fold'
}

export interface RawScope {
  units?: string[]
  networks?: string[]
  countries?: string[]
  communicationClass?: string[]
  audience?: string[]
  topics?: string[]
}

export interface RawRequirement {
  disclosure?: string | string[]
  visible?: 'anywhere' | 'beforeTruncation'
  sources?: 'always' | 'forFigures'
  hashtag?: string | string[]
  link?: true | string[]
  altText?: true
  fits?: true
  lasting?: true
  training?: true
  qualification?: string | string[]
}

export interface RawHosts {
  allow?: string[]
  deny?: string[]
  https?: true
}

/** `hit` marks its span with ⟦ and ⟧. `with` overlays the input of the example. */
export interface RawExample {
  hit?: string
  pass?: string
  lang?: Language
  with?: Record<string, unknown>
}

export interface RawCalendar {
  zone: string
  periods?: { from: string; to: string }[]
  yearly?: { from: string; to: string }[]
  weekly?: { days: string[]; from?: string; to?: string }[]
}

export interface RawDisclosure {
  any: Term[]
  match?: 'word' | 'contains'
  fold?: FoldKind[]
  text?: Bilingual
}

export interface RawStage {
  name: string
  need?: number
  qualification?: string
  unit?: string
}

export interface RawRoute {
  name?: string
  when?: string
  otherwise?: true
  stages: RawStage[]
  sample?: number | string
}

/** A whole post in, what is expected out. */
export interface RawCase {
  name: string
  with: Record<string, unknown>
  expect: { verdict?: Verdict; findings?: string[]; stages?: string[] }
}
