import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'

function judge(yaml: string, input: Partial<PolicyInput> = {}) {
  const policy = loadPolicy([{ path: 'p.yaml', text: `policy: p\n${yaml}` }])
  return evaluatePost(policy, {
    ...exampleInput,
    author: { ...exampleInput.author, trainingValid: 'unknown' },
    libraryItem: 'unknown',
    ...input,
  })
}

const rule = (more: string): string => `rules:\n  - { id: r, severity: block, ${more} }\n`

test('A rule that needs to know of training sends the post to review while nobody knows, and says so', () => {
  for (const need of [
    'require: { training: true }',
    "when: '!author.trainingValid'",
    "when: 'author.trainingValid && post.items > 0'",
  ]) {
    const { verdict, findings, trace } = judge(rule(need))
    assert.equal(verdict, 'review', need)
    assert.match(findings[0]!.message.en, /does not know whether the author’s training/)
    assert.match(findings[0]!.message.fr, /ne sait pas si la formation/)
    assert.deepEqual([trace.unknown, trace.errors], [['r: training'], []])
  }
})

test('What decides a condition without the unknown is decided', () => {
  const { verdict, trace } = judge(rule("when: 'post.static && !author.trainingValid'"))
  assert.deepEqual([verdict, trace.unknown], ['pass', undefined])
  const known = judge(rule('require: { training: true }'), { author: { ...exampleInput.author, trainingValid: false } })
  assert.equal(known.verdict, 'block')
})

test('A rule on the ladder keeps its step: only recorded in audit, a note in warn', () => {
  const audited = judge(rule('mode: audit, require: { training: true }'))
  assert.deepEqual([audited.verdict, audited.findings.length, audited.trace.audited.length], ['pass', 0, 1])
  const warned = judge(rule('mode: warn, require: { training: true }'))
  assert.deepEqual([warned.verdict, warned.findings[0]?.severity], ['pass', 'note'])
})

test('A route that lets library items pass does not apply while nobody knows; one that asks for people does', () => {
  const routes = `routes:
  - { name: straight, when: 'libraryItem.unchanged', stages: [], sample: 5% }
  - { name: strict, when: '!libraryItem.present', stages: [{ name: legal }] }
`
  const { requiredStages, sample, trace } = judge(routes)
  assert.deepEqual(
    requiredStages.map((stage) => stage.name),
    ['legal'],
  )
  assert.equal(sample, undefined)
  assert.deepEqual(trace.unknown, ['route straight: library', 'route strict: library'])
  assert.equal(judge(routes, { libraryItem: { unchanged: true } }).sample, 0.05)
})

test('Inputs of before training was said are judged as they were then', () => {
  const { trainingValid: _left, ...author } = exampleInput.author
  assert.equal(judge(rule('require: { training: true }'), { author }).verdict, 'pass')
})

test('A condition sees when the post will be published, not only when it is judged', () => {
  const yaml = `calendars:
  quiet: { zone: Europe/Paris, periods: [{ from: 2026-02-01, to: 2026-02-10 }] }
${rule(`when: 'post.publishAt in calendar("quiet")'`)}`
  const at = (scheduledAt: string) => judge(yaml, { post: { ...exampleInput.post, scheduledAt } }).verdict
  assert.equal(judge(yaml).verdict, 'pass')
  assert.equal(at('2026-01-31T22:59:59.999Z'), 'pass')
  assert.equal(at('2026-01-31T23:00:00.000Z'), 'block')
  assert.equal(judge(yaml, { now: '2026-02-05T10:00:00.000Z' }).verdict, 'block')
})

test('A rule for one language that asks for what nobody knows is not asked of a post that is clearly in the other', () => {
  const needs = rule("lang: en, when: 'libraryItem.unchanged', require: { sources: always }")
  const post = { ...exampleInput.post, language: 'fr' as const }
  const french = judge(needs, { post: { ...post, text: 'Nous ouvrons notre agence et vous invitons à nous voir.' } })
  assert.deepEqual([french.verdict, french.findings.length, french.trace.unknown], ['pass', 0, undefined])
  const english = judge(needs, {
    post: { ...post, text: 'We are opening our branch and invite you to meet the team.' },
  })
  assert.deepEqual([english.verdict, english.trace.unknown], ['review', ['r: library']])
})
