import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import { suggestExclusions } from '#server/reviews/suggest-exclusions.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { Post } from '#shared/api/posts.ts'
import type { getSimulation, readPrecision } from '#shared/api/simulations.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

type Rules = AnswerOf<typeof readPrecision>['rules']

async function judge(reviewer: SignedIn, post: Post, right: boolean): Promise<void> {
  const review = post.reviews[0]!
  const answer = await reviewer.post(`/api/reviews/${review.reviewId}/decision`, {
    outcome: 'approved',
    contentHash: post.contentHash,
    findingJudgements: { outlook: right },
  })
  assert.equal(answer.statusCode, 200, answer.body)
}

test('The precision of a rule is what reviewers said; its suggested exclusion spares the false hits in a simulation', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada, ines] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
  ]
  const spared = [
    await submit(camille, profileId, 'We moved to Microsoft Outlook today.'),
    await submit(camille, profileId, 'Write to us with Microsoft Outlook or by hand.'),
  ]
  const true1 = await submit(camille, profileId, 'The outlook for rates is good.')
  await submit(camille, profileId, 'An outlook that nobody has judged.')
  const [first] = spared
  assert.equal((await ines.post(`/api/reviews/${first!.reviews[0]!.reviewId}/claim`)).statusCode, 200)
  gateway.clock.advance(4 * 60_000)
  for (const post of spared) await judge(ines, post, false)
  await judge(ines, true1, true)
  gateway.clock.advance(1_000)

  const answer = await ada.get('/api/policies/precision')
  assert.equal(answer.statusCode, 200, answer.body)
  assert.deepEqual(answer.json<{ rules: Rules }>().rules, [
    {
      ruleId: 'outlook',
      hits: 4,
      judgedTrue: 1,
      judgedFalse: 2,
      precision: 1 / 3,
      reviewerMinutes: 4,
      exclusions: [{ unless: 'microsoft outlook', falseHits: 2 }],
    },
  ])
  const later = await ada.get(`/api/policies/precision?from=${gateway.clock.now()}`)
  assert.deepEqual(later.json<{ rules: Rules }>().rules, [])

  const asked = await ada.post('/api/policies/simulations', {
    exclusions: [{ ruleId: 'outlook', unless: 'microsoft outlook' }],
  })
  assert.equal(asked.statusCode, 202, asked.body)
  await runSimulations(gateway)
  const { report } = (
    await ada.get(`/api/policies/simulations/${asked.json<{ simulationId: string }>().simulationId}`)
  ).json<AnswerOf<typeof getSimulation>>()
  assert.deepEqual(report!.rules, [{ ruleId: 'outlook', hits: 2, judgedTrue: 1, judgedFalse: 0, precision: 1 }])
  assert.deepEqual(report!.matrix.review, { pass: 2, review: 2, block: 0 })
  assert.match(report!.assumption, /^4 minutes an approval \(the mean from claim to decision of 1 decisions/)
})

test('An exclusion for a rule that is not there is refused', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const answer = await ada.post('/api/policies/simulations', { exclusions: [{ ruleId: 'nothing', unless: 'x' }] })
  assert.equal(answer.statusCode, 422)
})

test('What also stands in a true hit, or in one false hit alone, is not suggested', () => {
  const wrong = [['a hit', 'hit b'], ['a hit', 'hit b'], ['hit c']]
  assert.deepEqual(suggestExclusions(wrong, [['a hit']]), [{ unless: 'hit b', falseHits: 2 }])
})
