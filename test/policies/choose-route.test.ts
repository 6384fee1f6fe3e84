import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluatePost, type Evaluation } from '#server/policies/evaluate-post.ts'
import { exampleInput, overlayInput } from '#server/policies/example-input.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'

const rules = 'rules:\n  - { id: watched, any: [watched] }\n  - { id: noted, any: [noted], severity: note }\n'

function judge(routes: string, text: string, more: Record<string, unknown> = {}): Evaluation {
  const policy = loadPolicy([{ path: 'p.yaml', text: `policy: p\n${rules}${routes}` }])
  return evaluatePost(
    policy,
    overlayInput(exampleInput, { ...more, post: { text, ...(more['post'] as object | undefined) } }),
  )
}

const firm = `routes:
  - { name: static, when: 'post.static', stages: [{ name: principal, qualification: finra-principal }] }
  - { name: watched, when: 'findings.exists(f, f.severity == "review")', stages: [{ name: compliance, need: 2 }, { name: legal, unit: legal }] }
  - { name: static-too, when: 'post.static', stages: [{ name: compliance }] }
  - { name: library, when: 'libraryItem.unchanged && !findings.exists(f, f.severity != "note")', stages: [], sample: 5% }
  - { name: rest, otherwise: true, stages: [{ name: compliance, need: 1 }] }
`

test('A policy without routes asks for one compliance officer', () => {
  assert.deepEqual(judge('', 'Hello').requiredStages, [{ name: 'compliance', need: 1 }])
})

test('Every route that applies adds its stages, and equal stages keep the larger number (FIN-1)', () => {
  const evaluation = judge(firm, 'watched', { post: { static: true } })
  assert.deepEqual(evaluation.requiredStages, [
    { name: 'principal', need: 1, qualification: 'finra-principal' },
    { name: 'compliance', need: 2 },
    { name: 'legal', need: 1, unit: 'legal' },
  ])
  assert.deepEqual(evaluation.trace.routes, ['static', 'watched', 'static-too'])
})

test('The route for everything else counts only when no other does', () => {
  assert.deepEqual(judge(firm, 'Hello').trace.routes, ['rest'])
})

test('An unchanged library item goes straight through and is sampled, until it has a finding', () => {
  const clean = judge(firm, 'noted', { libraryItem: { unchanged: true } })
  assert.deepEqual([clean.verdict, clean.requiredStages, clean.sample], ['pass', [], 0.05])
  const found = judge(firm, 'watched', { libraryItem: { unchanged: true } })
  assert.deepEqual(
    found.requiredStages.map((stage) => stage.name),
    ['compliance', 'legal'],
  )
  assert.equal(found.sample, undefined)
  const changed = judge(firm, 'Hello', { libraryItem: { unchanged: false } })
  assert.deepEqual(
    changed.requiredStages.map((stage) => stage.name),
    ['compliance'],
  )
})

test('Straight through never removes a stage that another route asks for', () => {
  const both = judge(firm, 'Hello', { libraryItem: { unchanged: true }, post: { static: true } })
  assert.deepEqual(
    both.requiredStages.map((stage) => stage.name),
    ['principal', 'compliance'],
  )
})

test('A route that cannot be asked sends the post to review and asks for the built-in stage besides', () => {
  const routes = "routes:\n  - { name: odd, when: 'timestamp(post.text) < now', stages: [] }\n"
  const evaluation = judge(routes, 'not a time')
  assert.equal(evaluation.verdict, 'review')
  assert.deepEqual(evaluation.requiredStages, [{ name: 'compliance', need: 1 }])
  assert.deepEqual(
    evaluation.trace.errors.map((error) => error.ruleId),
    ['route odd'],
  )
})
