import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reevaluatePosts } from '#server/reviews/reevaluate-posts.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import type { Post } from '#shared/api/posts.ts'
import { furnishFirm, readPost, simulate, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

const minutes = 60_000

/** Writes, simulates, approves and activates the test policy with one more blocked word. */
async function goLive(gateway: TestGateway, word: string): Promise<void> {
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const rule = `  - { id: ban-${word}, severity: block, any: ['${word}'], message: { en: No., fr: Non. }, tests: [{ hit: "⟦${word}⟧" }, { pass: x }] }\n`
  const files = testPolicy.map(({ path, text }) => ({ path, text: text.replace('rules:\n', `rules:\n${rule}`) }))
  const { version } = (await ada.post('/api/policies/versions', { files })).json<PolicyVersion>()
  await simulate(gateway, ada, version)
  await ines.post(`/api/policies/versions/${version}/approve`)
  const live = await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'Now' })
  assert.equal(live.statusCode, 200, live.body)
}

/** Makes a post look as if its last verdict were of an older version: one that was under way during the activation. */
async function judgeUnderOlder(gateway: TestGateway, post: Post): Promise<void> {
  await runSql(
    gateway.database.ownerUrl,
    `update policy_evaluation set policy_version = (select version from policy_version where state <> 'active' limit 1)
       where revision_id = '${post.currentRevisionId}'`,
  )
}

test('After an activation everything is judged anew, also what was handed in under the older version a little later (FCA-4)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const first = await submit(camille, profileId, 'A moonshot for Lyon.')
  await goLive(gateway, 'moonshot')
  assert.equal(await reevaluatePosts(gateway), 1)
  assert.equal((await readPost(camille, first.postId)).status, 'blocked')
  assert.equal(await reevaluatePosts(gateway), 0)

  const late = await submit(camille, profileId, 'A branch for Lyon.')
  await judgeUnderOlder(gateway, late)
  assert.equal(await reevaluatePosts(gateway), 1)
})

test('When nothing is left to judge anew, posts are not looked through until a version goes live, or ten minutes later', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  await goLive(gateway, 'moonshot')
  gateway.clock.advance(10 * minutes)
  const camille = await gateway.signIn('camille')
  const post = await submit(camille, profileId, 'A sunshot for Lyon.')
  assert.equal(await reevaluatePosts(gateway), 0)
  await judgeUnderOlder(gateway, post)
  gateway.clock.advance(10 * minutes - 1)
  assert.equal(await reevaluatePosts(gateway), 0, 'nothing is looked through')
  gateway.clock.advance(1)
  assert.equal(await reevaluatePosts(gateway), 1, 'but now and then it is')

  assert.equal(await reevaluatePosts(gateway), 0)
  await goLive(gateway, 'sunshot')
  assert.equal(await reevaluatePosts(gateway), 1, 'an activation brings new work at once')
  assert.equal((await readPost(await gateway.signIn('camille'), post.postId)).status, 'blocked')
})
