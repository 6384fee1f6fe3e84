import type { Condition } from './compile-condition.ts'
import type { Range } from './detectors/compact-view.ts'
import { detectFormats } from './detectors/detect-record-number.ts'
import type { Finding, Span } from './finding.ts'
import { judgeLinks, judgeMentions } from './judge-links.ts'
import { judgeRequirement } from './judge-requirement.ts'
import { isClearlyNot } from './matcher/guess-language.ts'
import type { CompiledRule } from './policy.ts'
import type { PolicyInput } from './policy-input.ts'
import type { OwnedHit, PostField, PostReading } from './read-post.ts'
import type { RawScope } from './raw-policy.ts'
import { UnknownFact } from './unknown-fact.ts'

/** Answers a rule's condition; the evaluator keeps the answers of those that read only metadata. */
export type Ask = (rule: CompiledRule, condition: Condition) => boolean

/**
 * What one rule says of a post, or `undefined`; or the fact that decides and that nobody knows. Throws when the rule cannot
 * run: the caller sends the post to review.
 */
export function judgeRule(rule: CompiledRule, reading: PostReading, ask: Ask): Finding | UnknownFact | undefined {
  if (!isInLanguage(rule, reading, ask)) return undefined
  const hits = rule.needsHit ? hitsOf(rule, reading) : undefined
  if (hits !== undefined && hits.length === 0) return undefined
  if (rule.scope !== undefined && !isInScope(rule.scope, reading.input)) return undefined
  if (rule.condition !== undefined && !ask(rule, rule.condition)) return undefined
  const spans = spansOf(rule, reading, hits)
  if (spans === undefined || spans instanceof UnknownFact) return spans
  return makeFinding(rule, spans, hits ?? [])
}

/**
 * A rule for one language stands back in a post of the other. The matcher decides that for terms, place by place, so that
 * stating a language is no way round a rule; the other checks believe what was stated unless the text contradicts it.
 */
function isInLanguage(rule: CompiledRule, { language, items }: PostReading, ask: Ask): boolean {
  if (rule.lang === undefined || rule.hasTerms || language === undefined || language === rule.lang) return true
  return !isSurelyUnmet(rule, ask) && !items.every((item) => isClearlyNot(rule.lang!, item))
}

/** Most conditions are answered sooner than a text's language. One that fails is asked again, and fails then. */
function isSurelyUnmet(rule: CompiledRule, ask: Ask): boolean {
  try {
    return rule.condition !== undefined && !ask(rule, rule.condition)
  } catch {
    return false
  }
}

function spansOf(
  rule: CompiledRule,
  reading: PostReading,
  hits: readonly OwnedHit[] | undefined,
): readonly Span[] | UnknownFact | undefined {
  if (rule.requirement !== undefined) return judgeRequirement(reading, rule.requirement, hits)
  if (rule.links !== undefined || rule.mentions !== undefined) {
    const spans = [
      ...(rule.links === undefined ? [] : judgeLinks(reading, rule.links)),
      ...(rule.mentions === undefined ? [] : judgeMentions(reading, rule.mentions)),
    ]
    return spans.length > 0 ? spans : undefined
  }
  return (hits ?? []).map(({ start, end, field }) => ({ start, end, field }))
}

const noHits: readonly OwnedHit[] = []

function hitsOf(rule: CompiledRule, reading: PostReading): readonly OwnedHit[] {
  const own = rule.hasTerms ? reading.byRule.get(rule.index) : undefined
  const hits = own === undefined ? [] : own.filter((hit) => rule.fields.has(hit.kind))
  if (rule.detectors.length + rule.formats.length + rule.patterns.length === 0) return hits
  for (const field of reading.fields) {
    if (!rule.fields.has(field.kind)) continue
    const reader = reading.identifiersOf(field)
    for (const name of rule.detectors) addRanges(hits, field, reader.detect(name))
    if (rule.formats.length > 0) addRanges(hits, field, detectFormats(rule.formats, field.text))
    for (const pattern of rule.patterns) addRanges(hits, field, pattern.find(field.text, reader))
  }
  return hits.length === 0 ? noHits : hits
}

function addRanges(hits: OwnedHit[], { field, kind, item }: PostField, ranges: readonly Range[]): void {
  for (const [start, end] of ranges) hits.push({ start, end, field, via: 'plain', kind, item })
}

/** Spans in reading order, without those that lie inside another of the same field. */
function tidySpans(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((a, b) =>
    a.field === b.field ? a.start - b.start || b.end - a.end : a.field < b.field ? -1 : 1,
  )
  const kept: Span[] = []
  for (const span of sorted) {
    const last = kept.at(-1)
    if (last === undefined || last.field !== span.field || span.end > last.end) kept.push(span)
  }
  return kept
}

function makeFinding(rule: CompiledRule, spans: readonly Span[], hits: readonly OwnedHit[]): Finding {
  const via = hits.find((hit) => hit.via !== 'plain')?.via ?? (hits.length > 0 ? 'plain' : undefined)
  return {
    ruleId: rule.id,
    severity: rule.mode === 'enforce' ? rule.severity : 'note',
    ...(rule.clause === undefined ? {} : { clause: rule.clause }),
    message: rule.message,
    ...(rule.suggestion === undefined ? {} : { suggestion: rule.suggestion }),
    ...(via === undefined ? {} : { via }),
    spans: tidySpans(spans),
  }
}

function meets(wanted: readonly string[] | undefined, given: readonly (string | undefined)[]): boolean {
  if (wanted === undefined) return true
  const known = given.filter((value) => value !== undefined)
  // What is not known yet (a composer with no profile chosen) cannot take a rule away.
  return known.length === 0 || known.some((value) => wanted.includes(value))
}

/** True when the rule is meant for this post. */
function isInScope(scope: RawScope, { post, author, targets }: PolicyInput): boolean {
  return (
    meets(scope.communicationClass, [post.communicationClass]) &&
    (scope.units === undefined || author.unitPath.some((unit) => scope.units!.includes(unit))) &&
    meets(
      scope.networks,
      targets.map((target) => target.network),
    ) &&
    meets(scope.countries, [author.country, ...targets.map((target) => target.country)]) &&
    meets(scope.audience, [post.audience]) &&
    (scope.topics === undefined || post.topics.some((topic) => scope.topics!.includes(topic)))
  )
}
