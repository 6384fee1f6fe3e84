import type { Calendar } from './compile-calendars.ts'
import type { Condition } from './compile-condition.ts'
import type { Pattern } from './compile-pattern.ts'
import type { DetectorName } from './detectors/detect-identifiers.ts'
import type { Bilingual, RequiredStage, Severity } from './finding.ts'
import type { Language } from './matcher/lexicon.ts'
import type { Matcher } from './matcher/compile-lexicons.ts'
import type { FieldKind, RawCase, RawExample, RawRequirement, RawScope, RuleMode } from './raw-policy.ts'

/** One rule, ready to run. */
export interface CompiledRule {
  readonly index: number
  readonly id: string
  readonly pack: string
  readonly file: string
  readonly line: number
  readonly clause?: string
  readonly severity: Severity
  readonly mode: RuleMode
  readonly message: Bilingual
  readonly suggestion?: Bilingual
  readonly tests: readonly RawExample[]
  readonly lang?: Language
  readonly fields: ReadonlySet<FieldKind>
  /** True when the rule has terms, a detector, a format or a pattern: then nothing is found without a hit of one. */
  readonly needsHit: boolean
  readonly hasTerms: boolean
  readonly detectors: readonly DetectorName[]
  readonly formats: readonly RegExp[]
  readonly patterns: readonly Pattern[]
  readonly condition?: Condition
  readonly scope?: RawScope
  readonly requirement?: Requirement
  readonly links?: Hosts
  readonly mentions?: Handles
}

/** What must be there. `disclosures` are indexes into the policy's disclosures; all of them must be there. */
export interface Requirement extends Omit<RawRequirement, 'disclosure' | 'hashtag' | 'link' | 'qualification'> {
  readonly disclosures: readonly number[]
  readonly hashtags: readonly string[]
  readonly linkHosts?: readonly string[]
  readonly qualifications: readonly string[]
}

export interface Hosts {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly https: boolean
}

export interface Handles {
  readonly allow: ReadonlySet<string>
  readonly deny: ReadonlySet<string>
}

export interface Disclosure {
  readonly name: string
  readonly text?: Bilingual
}

/** One route. `condition` is absent on the route for everything else. */
export interface CompiledRoute {
  readonly name: string
  readonly condition?: Condition
  readonly stages: readonly RequiredStage[]
  readonly sample?: number
  /** The units that its stages name, as they are written there. */
  readonly units?: readonly { readonly name: string; readonly file: string; readonly line: number }[]
}

/** Who a hit of the matcher belongs to: an index into `rules`, or into `disclosures`. */
export type LexiconOwner = { readonly rule: number } | { readonly disclosure: number }

/** A set of policy files, compiled once. Immutable; equal content has an equal version. */
export interface CompiledPolicy {
  /** SHA-256, in hex, of the canonical form of the files' content. */
  readonly version: string
  readonly packs: readonly {
    readonly policy: string
    readonly title?: Bilingual
    readonly regulator?: string
    readonly file: string
  }[]
  readonly rules: readonly CompiledRule[]
  readonly disclosures: readonly Disclosure[]
  readonly calendars: ReadonlyMap<string, Calendar>
  readonly routes: readonly CompiledRoute[]
  readonly cases: readonly (RawCase & { readonly file: string; readonly line: number })[]
  readonly matcher: Matcher
  readonly owners: readonly LexiconOwner[]
  /** Indexes of rules that must be asked although no term of theirs was hit. */
  readonly asked: readonly number[]
  /** How many of the rules always asked have a condition on metadata alone. */
  readonly metadataConditions: number
}
