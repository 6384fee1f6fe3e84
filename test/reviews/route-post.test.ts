import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evaluation, Severity } from '#server/policies/finding.ts'
import { planReviews, statusAfterVerdict } from '#server/reviews/route-post.ts'

const at = '2026-03-02T09:00:00.000Z'
const evaluation: Evaluation = {
  verdict: 'review',
  findings: [],
  requiredStages: [
    { name: 'line', need: 2 },
    { name: 'legal', need: 1, qualification: 'principal', unit: 'legal' },
  ],
  perNetwork: [],
  policyVersion: 'policy',
  trace: { now: at, applied: [], audited: [], routes: [], evasionSuspected: false, errors: [] },
}

function plan(change: Partial<Evaluation> = {}, scheduledAt: string | null = null) {
  const post = { postId: 'post', authorId: 'author', unitId: 'unit' }
  const revision = { revisionId: 'revision', contentHash: 'hash', scheduledAt, networks: ['sandbox'], at }
  return planReviews(post, revision, { ...evaluation, ...change }, 8)
}

test('A route becomes reviews, the first open and the others waiting, each with what its stage asks for', () => {
  assert.partialDeepStrictEqual(plan(), [
    { stageIndex: 0, stage: 'line', need: 2, qualification: null, stageUnit: null, status: 'open' },
    { stageIndex: 1, stage: 'legal', need: 1, qualification: 'principal', stageUnit: 'legal', status: 'waiting' },
  ])
  assert.deepEqual(plan({ requiredStages: [] }), [])
})

test('A review is due when the firm promised, or at the slot where that comes before', () => {
  const dueAt = (scheduledAt: string | null) => plan({}, scheduledAt)[0]!.dueAt
  assert.equal(dueAt(null), '2026-03-02T17:00:00.000Z')
  assert.equal(dueAt('2026-03-02T12:00:00.000Z'), '2026-03-02T12:00:00.000Z')
  assert.equal(dueAt('2026-03-09T12:00:00.000Z'), '2026-03-02T17:00:00.000Z')
})

test('A review shows the worst of its findings, wherever it stands among them', () => {
  const worst = (...severities: Severity[]) => {
    const findings = severities.map((severity) => ({ ruleId: 'x', severity, message: { en: '', fr: '' }, spans: [] }))
    const [review] = plan({ findings })
    return [review!.severity, review!.findingCount]
  }
  assert.deepEqual(worst(), [null, 0])
  assert.deepEqual(worst('note', 'block', 'review'), ['block', 3])
  assert.deepEqual(worst('review', 'note'), ['review', 2])
  assert.deepEqual(worst('note', 'note'), ['note', 2])
})

test('A verdict blocks, asks for reviews, or lets a post through to its time', () => {
  const status = (change: Partial<Evaluation>, scheduledAt: string | null = null) =>
    statusAfterVerdict({ ...evaluation, ...change }, scheduledAt)
  assert.equal(status({ verdict: 'block' }), 'blocked')
  assert.equal(status({ verdict: 'block', requiredStages: [] }), 'blocked')
  assert.equal(status({}), 'in_review')
  assert.equal(status({ verdict: 'pass' }), 'in_review', 'a route may want eyes on what no rule found')
  assert.equal(status({ verdict: 'pass', requiredStages: [] }), 'approved')
  assert.equal(status({ verdict: 'pass', requiredStages: [] }, at), 'scheduled')
})
