import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseSample } from '#server/policies/choose-sample.ts'
import type { EvaluationRow } from '#server/posts/stored-post.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import type { replayVerdict } from '#shared/api/simulations.ts'
import { furnishFirm, simulate, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { runSql } from '#test/support/test-cluster.ts'

type Replay = AnswerOf<typeof replayVerdict>

async function replay(person: SignedIn, wish: object): Promise<Replay> {
  const answer = await person.post('/api/policies/replays', wish)
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json<Replay>()
}

test('A past verdict replays to the same bytes after five policy changes', async (t) => {
  const sampled = testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace('need: 1 }]', 'need: 1 }]\n    sample: 5%'),
  }))
  const { gateway, profileId } = await furnishFirm(t, { policy: sampled })
  const [camille, ada, ines, ruth] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
    await gateway.signIn('ruth'),
  ]
  const post = await submit(camille, profileId, 'Our outlook: no guaranteed returns, word1 and word5.')
  for (const number of [1, 2, 3, 4, 5]) {
    const rule = `  - id: ban-${number}\n    severity: block\n    any: ['word${number}']\n    message: { en: No., fr: Non. }\n    tests: [{ hit: "⟦word${number}⟧" }, { pass: "x" }]\n`
    const files = sampled.map(({ path, text }) => ({ path, text: text.replace('rules:\n', `rules:\n${rule}`) }))
    const { version } = (await ada.post('/api/policies/versions', { files })).json<PolicyVersion>()
    await simulate(gateway, ada, version)
    await ines.post(`/api/policies/versions/${version}/approve`)
    const active = await ada.post(`/api/policies/versions/${version}/activate`, { reason: `Change ${number}` })
    assert.equal(active.json<PolicyVersion>().state, 'active', active.body)
  }
  const again = await replay(ruth, { revisionId: post.currentRevisionId })
  assert.equal(again.same, true)
  assert.deepEqual(again.replayed, again.recorded)
  assert.equal(again.recorded.policyVersion, post.policyVersion)
  assert.match(again.recorded.bytes, /"ruleId":"promise"/)
  assert.doesNotMatch(again.replayed.bytes, /ban-/)
  const { sample, trace } = JSON.parse(again.replayed.bytes) as Pick<EvaluationRow, 'sample' | 'trace'>
  assert.deepEqual(sample, chooseSample(post.currentRevisionId, 0.05))
  assert.deepEqual([trace?.routes, trace?.unknown], [['test-1'], undefined])
  assert.deepEqual(await replay(ada, { evaluationId: again.evaluationId }), again)
})

test('A replay tells when the stored inputs or the stored verdict are not what they were', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ruth] = [await gateway.signIn('camille'), await gateway.signIn('ruth')]
  const post = await submit(camille, profileId, 'Our outlook for Lyon.')
  const wish = { revisionId: post.currentRevisionId }
  await runSql(gateway.database.ownerUrl, `update policy_evaluation set verdict = 'pass'`)
  const lied = await replay(ruth, wish)
  assert.deepEqual([lied.same, lied.recorded.verdict, lied.replayed.verdict], [false, 'pass', 'review'])
  await runSql(
    gateway.database.ownerUrl,
    `update policy_evaluation set verdict = 'review', inputs = jsonb_set(inputs::jsonb, '{now}', '"2020-01-01T00:00:00.000Z"')`,
  )
  const moved = await replay(ruth, wish)
  assert.equal(moved.same, false)
  assert.notEqual(moved.recorded.inputsHash, moved.replayed.inputsHash)
})

test('A replay tells when the stored sample or trace is not what it was, and a verdict of before they were kept replays', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ruth] = [await gateway.signIn('camille'), await gateway.signIn('ruth')]
  const post = await submit(camille, profileId, 'Our outlook for Lyon.')
  const wish = { revisionId: post.currentRevisionId }
  const set = (change: string) => runSql(gateway.database.ownerUrl, `update policy_evaluation set ${change}`)
  assert.equal((await replay(ruth, wish)).same, true)
  await set(`sample = '{"perMillion": 50000, "selected": false}'`)
  assert.equal((await replay(ruth, wish)).same, false)
  await set(`sample = null, trace = jsonb_set(trace, '{evasionSuspected}', 'true')`)
  assert.equal((await replay(ruth, wish)).same, false)
  await set('trace = null')
  assert.equal((await replay(ruth, wish)).same, true)
})

test('An author replays nothing, and what names no verdict is refused', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [camille, ruth] = [await gateway.signIn('camille'), await gateway.signIn('ruth')]
  const revisionId = '01a00000-0000-7000-8000-000000000000'
  assert.equal((await camille.post('/api/policies/replays', { revisionId })).statusCode, 403)
  assert.equal((await ruth.post('/api/policies/replays', { revisionId })).statusCode, 404)
  assert.equal((await ruth.post('/api/policies/replays', {})).statusCode, 400)
})
