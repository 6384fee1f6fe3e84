import type { Instant } from '#server/platform/clock.ts'

export type Severity = 'block' | 'review' | 'note'
export type Verdict = 'pass' | 'review' | 'block'

/** One text in both languages of the product. */
export interface Bilingual {
  readonly en: string
  readonly fr: string
}

/**
 * A place in a field. Offsets are UTF-16 code units of that field as submitted. Fields: `text` (the post, or the first
 * item of a thread), `thread:1` … (its later items), `link:0` (a link's text), `url:0` (its address), `alt:0`.
 */
export interface Span {
  readonly start: number
  readonly end: number
  readonly field: string
}

/** What one rule says of one post. `via` is how the text was read: anything but `plain` is a sign of evasion. */
export interface Finding {
  readonly ruleId: string
  readonly severity: Severity
  readonly clause?: string
  readonly message: Bilingual
  readonly suggestion?: Bilingual
  readonly via?: string
  readonly spans: readonly Span[]
}

/** One step of the required approval: `need` different people, each with the qualification and from the unit if named. */
export interface RequiredStage {
  readonly name: string
  readonly need: number
  readonly qualification?: string
  readonly unit?: string
}

/** How one network will count and cut the post. `truncatesAt` is a UTF-16 offset of the body. */
export interface NetworkFit {
  readonly network: string
  readonly profileId?: string
  readonly length: number
  readonly limit: number
  readonly truncatesAt?: number
  readonly fits: boolean
}

/** Why the verdict is what it is, for the record and for a replay. */
export interface EvaluationTrace {
  readonly now: Instant
  /** The language that the author stated. */
  readonly language?: string
  /** Rules whose scope or condition held and that asked for something, in policy order. */
  readonly applied: readonly string[]
  /** Findings of rules in `audit` mode: recorded, not shown and without effect. */
  readonly audited: readonly Finding[]
  /** Routes that applied, by name. */
  readonly routes: readonly string[]
  readonly evasionSuspected: boolean
  /** Rules that failed to run; each also made a `review` finding. */
  readonly errors: readonly { readonly ruleId: string; readonly error: string }[]
  /** What rules and routes asked for and the gateway does not know, as `rule: fact`; absent when nothing. */
  readonly unknown?: readonly string[]
}

/** The answer of the engine. Equal policy version and equal input give equal bytes. */
export interface Evaluation {
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  readonly requiredStages: readonly RequiredStage[]
  /** The share (0–1) of posts on this route to be reviewed after release. */
  readonly sample?: number
  readonly perNetwork: readonly NetworkFit[]
  readonly policyVersion: string
  readonly trace: EvaluationTrace
}
