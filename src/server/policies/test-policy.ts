import { evaluatePost } from './evaluate-post.ts'
import { exampleInput, overlayInput } from './example-input.ts'
import { findSlips } from './find-slips.ts'
import type { Evaluation } from './finding.ts'
import type { CompiledPolicy, CompiledRule } from './policy.ts'
import type { RawExample } from './raw-policy.ts'
import { runAtOnce } from './run-in-turns.ts'

/** One example or case that did not come out as written. */
export interface TestFailure {
  readonly file: string
  readonly line: number
  readonly ruleId?: string
  readonly message: string
}

/** What `policy test` found. A policy may go live only when `failures` and `untested` are empty. */
export interface TestReport {
  readonly checked: number
  readonly failures: readonly TestFailure[]
  /** Rules without at least one hit and one pass. */
  readonly untested: readonly TestFailure[]
}

/** Runs every example beside a rule and every case of a whole post. Pure. */
export function testPolicy(policy: CompiledPolicy): TestReport {
  return runAtOnce(testInSteps(policy))
}

/** The same, one example or case a step. */
export function* testInSteps(policy: CompiledPolicy): Generator<void, TestReport> {
  const failures: TestFailure[] = findSlips(policy)
  let checked = 0
  for (const rule of policy.rules) {
    for (const example of rule.tests) {
      checked++
      const message = checkExample(policy, rule, example)
      if (message !== undefined) failures.push({ file: rule.file, line: rule.line, ruleId: rule.id, message })
      yield
    }
  }
  for (const one of policy.cases) {
    checked++
    const evaluation = evaluatePost(policy, overlayInput(exampleInput, one.with))
    for (const message of compareCase(evaluation, one.expect))
      failures.push({ file: one.file, line: one.line, message: `Case "${one.name}": ${message}` })
    yield
  }
  return { checked, failures, untested: policy.rules.flatMap(describeUntested) }
}

function describeUntested(rule: CompiledRule): TestFailure[] {
  const missing = [
    ...(rule.tests.some((example) => example.hit !== undefined) ? [] : ['{ hit: "…" }']),
    ...(rule.tests.some((example) => example.pass !== undefined) ? [] : ['{ pass: "…" }']),
  ]
  if (missing.length === 0) return []
  return [{ file: rule.file, line: rule.line, ruleId: rule.id, message: `Add ${missing.join(' and ')} under tests:.` }]
}

const mark = /⟦([^⟧]*)⟧/g

interface Marked {
  readonly text: string
  readonly spans: readonly string[]
}

/** The text of an example without its marks, and the places they stood around. */
function readMarks(marked: string): Marked {
  const spans: string[] = []
  let removed = 0
  for (const match of marked.matchAll(mark)) {
    const start = match.index - removed
    spans.push(`${start}–${start + match[1]!.length}`)
    removed += 2
  }
  return { text: marked.replaceAll(mark, '$1'), spans }
}

function checkExample(policy: CompiledPolicy, rule: CompiledRule, example: RawExample): string | undefined {
  const { text, spans } = readMarks(example.hit ?? example.pass ?? '')
  const language = example.lang ?? rule.lang
  const base = overlayInput(exampleInput, example.with ?? {})
  const post = { ...base.post, text, ...(language === undefined ? {} : { language }) }
  const evaluation = evaluatePost(policy, { ...base, post })
  const finding = [...evaluation.findings, ...evaluation.trace.audited].find(({ ruleId }) => ruleId === rule.id)
  if (example.pass !== undefined)
    return finding === undefined ? undefined : `"${text}" should pass and is hit at ${spanTexts(finding.spans, text)}.`
  if (finding === undefined) return `"${text}" should be hit and passes.`
  const found = finding.spans.filter((span) => span.field === 'text').map((span) => `${span.start}–${span.end}`)
  const same = spans.length === 0 || (spans.length === found.length && spans.every((span) => found.includes(span)))
  return same ? undefined : `"${text}" is hit at ${spanTexts(finding.spans, text)}, not where ⟦ ⟧ mark it.`
}

function spanTexts(spans: Evaluation['findings'][number]['spans'], text: string): string {
  return (
    spans.map((span) => (span.field === 'text' ? `"${text.slice(span.start, span.end)}"` : span.field)).join(', ') ||
    'no place in particular'
  )
}

function compareCase(
  evaluation: Evaluation,
  expected: { verdict?: string; findings?: readonly string[]; stages?: readonly string[] },
): string[] {
  const messages: string[] = []
  if (expected.verdict !== undefined && expected.verdict !== evaluation.verdict)
    messages.push(`the verdict is ${evaluation.verdict}, not ${expected.verdict}.`)
  const found = evaluation.findings.map((finding) => finding.ruleId).sort()
  if (expected.findings !== undefined && found.join() !== [...expected.findings].sort().join())
    messages.push(`the findings are [${found.join(', ')}], not [${expected.findings.join(', ')}].`)
  const stages = evaluation.requiredStages.map((stage) => stage.name)
  if (expected.stages !== undefined && stages.join() !== expected.stages.join())
    messages.push(`the stages are [${stages.join(', ')}], not [${expected.stages.join(', ')}].`)
  return messages
}
