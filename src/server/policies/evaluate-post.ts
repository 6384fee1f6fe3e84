import { chooseRoute, type ChosenRoute } from './choose-route.ts'
import { FindingValue } from './condition-context.ts'
import type { Condition } from './compile-condition.ts'
import { errorMessage } from './default-message.ts'
import type { Evaluation, Finding, NetworkFit, Severity, Verdict } from './finding.ts'
import { judgeRule } from './judge-rule.ts'
import type { CompiledPolicy, CompiledRule } from './policy.ts'
import type { PolicyInput } from './policy-input.ts'
import { readPost, type PostReading } from './read-post.ts'
import { UnknownFact, unknownFactOf } from './unknown-fact.ts'

export type { Evaluation } from './finding.ts'
export type { PolicyInput } from './policy-input.ts'

/**
 * Judges one post: findings with spans, verdict, the review stages it needs and how each network will take it.
 * Pure and deterministic: equal policy version and input give equal bytes, at submission, at release and in a replay.
 * A rule that fails to run makes a `review` finding; it never lets a post pass.
 */
export function evaluatePost(policy: CompiledPolicy, input: PolicyInput): Evaluation {
  const { reading, judged, findings, route } = findAll(policy, input)
  return {
    verdict: verdictOf(findings),
    findings,
    requiredStages: route.stages,
    ...(route.sample === undefined ? {} : { sample: route.sample }),
    perNetwork: fitNetworks(reading),
    policyVersion: policy.version,
    trace: {
      now: input.now,
      ...(reading.language === undefined ? {} : { language: reading.language }),
      applied: judged.applied,
      audited: judged.audited,
      routes: route.routes,
      evasionSuspected: reading.context.evasionSuspected,
      errors: [...judged.errors, ...route.errors],
      ...(judged.unknown.length + route.unknown.length === 0 ? {} : { unknown: [...judged.unknown, ...route.unknown] }),
    },
  }
}

/** What a simulation counts: verdict, findings and stages as `evaluatePost` tells them, without what only a record keeps. */
export function weighPost(
  policy: CompiledPolicy,
  input: PolicyInput,
): Pick<Evaluation, 'verdict' | 'findings' | 'requiredStages'> {
  const { reading, findings, route } = findAll(policy, input)
  // Asked for its failures: what cannot be evaluated whole cannot be weighed.
  reading.fits()
  return { verdict: verdictOf(findings), findings, requiredStages: route.stages }
}

interface Found {
  readonly reading: PostReading
  readonly judged: Judged
  /** Those of the rules, and of routes that failed. */
  readonly findings: readonly Finding[]
  readonly route: ChosenRoute
}

function findAll(policy: CompiledPolicy, input: PolicyInput): Found {
  const reading = readPost(policy, input)
  const judged = judgeAll(policy, reading)
  const findings = judged.findings.sort(byWeight)
  reading.context.findings = findings.map((finding) => new FindingValue(finding))
  const route = chooseRoute(policy, reading.context)
  for (const { ruleId } of route.errors) findings.push({ ruleId, severity: 'review', message: errorMessage, spans: [] })
  return { reading, judged, findings, route }
}

interface Judged {
  readonly findings: Finding[]
  readonly audited: Finding[]
  readonly applied: string[]
  readonly errors: { ruleId: string; error: string }[]
  readonly unknown: string[]
}

function judgeAll(policy: CompiledPolicy, reading: PostReading): Judged {
  const judged: Judged = { findings: [], audited: [], applied: [], errors: [], unknown: [] }
  const ask = askWith(policy, reading)
  for (const index of rulesToAsk(policy, reading)) {
    const rule = policy.rules[index]!
    try {
      const finding = judgeRule(rule, reading, ask)
      if (finding === undefined) continue
      if (finding instanceof UnknownFact) {
        leaveToPerson(judged, rule, finding)
        continue
      }
      judged.applied.push(rule.id)
      if (rule.mode === 'audit') judged.audited.push(finding)
      else judged.findings.push(finding)
    } catch (error) {
      const unknown = unknownFactOf(error)
      if (unknown !== undefined) {
        leaveToPerson(judged, rule, unknown)
        continue
      }
      judged.errors.push({ ruleId: rule.id, error: (error as Error).message.split('\n')[0]! })
      judged.findings.push({
        ruleId: rule.id,
        severity: 'review',
        ...(rule.clause === undefined ? {} : { clause: rule.clause }),
        message: errorMessage,
        spans: [],
      })
    }
  }
  return judged
}

/** A rule that asks for what nobody knows takes its step of the ladder, and blocks nobody by itself. */
function leaveToPerson(judged: Judged, rule: CompiledRule, { fact, sentence }: UnknownFact): void {
  const finding: Finding = {
    ruleId: rule.id,
    severity: rule.mode === 'enforce' && rule.severity !== 'note' ? 'review' : 'note',
    ...(rule.clause === undefined ? {} : { clause: rule.clause }),
    message: sentence,
    spans: [],
  }
  judged.unknown.push(`${rule.id}: ${fact}`)
  if (rule.mode === 'audit') judged.audited.push(finding)
  else judged.findings.push(finding)
}

/** Rules that are always asked and those with a hit, in policy order. */
function rulesToAsk(policy: CompiledPolicy, reading: PostReading): readonly number[] {
  if (reading.byRule.size === 0) return policy.asked
  return [...new Set([...policy.asked, ...reading.byRule.keys()])].sort((a, b) => a - b)
}

/** Answers of metadata conditions, by policy and metadata. They cannot change, so keeping them cannot be observed. */
const memos = new WeakMap<CompiledPolicy, Map<string, Map<number, boolean>>>()
const mostMemos = 500
/** Fewer conditions are answered sooner than their key is made. */
const fewestKept = 8

function askWith(policy: CompiledPolicy, reading: PostReading): (rule: CompiledRule, condition: Condition) => boolean {
  let answers: Map<number, boolean> | undefined
  return (rule, condition) => {
    if (!condition.metadataOnly || policy.metadataConditions < fewestKept) return condition.evaluate(reading.context)
    answers ??= memoFor(policy, reading.input)
    const known = answers.get(rule.index)
    if (known !== undefined) return known
    const answer = condition.evaluate(reading.context)
    answers.set(rule.index, answer)
    return answer
  }
}

function memoFor(policy: CompiledPolicy, { post, author, targets, libraryItem }: PolicyInput): Map<number, boolean> {
  let memo = memos.get(policy)
  if (memo === undefined) memos.set(policy, (memo = new Map()))
  const places = targets.map((target) => [target.network, target.country])
  const key = JSON.stringify([
    post.language,
    post.communicationClass,
    post.static,
    post.topics,
    post.audience,
    post.format,
    post.scheduledAt !== undefined,
    author,
    places,
    libraryItem,
  ])
  let answers = memo.get(key)
  if (answers === undefined) {
    if (memo.size >= mostMemos) memo.clear()
    memo.set(key, (answers = new Map()))
  }
  return answers
}

const weight: Readonly<Record<Severity, number>> = { block: 0, review: 1, note: 2 }

/** Gravest first, then in reading order, then by name: the order is part of the answer. */
function byWeight(a: Finding, b: Finding): number {
  return (
    weight[a.severity] - weight[b.severity] ||
    (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0) ||
    (a.ruleId < b.ruleId ? -1 : 1)
  )
}

function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some((finding) => finding.severity === 'block')) return 'block'
  return findings.some((finding) => finding.severity === 'review') ? 'review' : 'pass'
}

function fitNetworks(reading: PostReading): NetworkFit[] {
  const fits = reading.fits()
  return reading.input.targets.map(({ network, profileId }, index) => ({ network, profileId, ...fits[index]! }))
}
