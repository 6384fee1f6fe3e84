import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { addMilliseconds } from '#server/platform/clock.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { NetworkError } from '#server/platform/network.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { SandboxStore } from '#server/publishing/sandbox-store.ts'
import { reevaluatePosts } from '#server/reviews/reevaluate-posts.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, runJobs, simulate, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

const minutes = 60_000

/** One more rule that finds a word. */
const finding =
  (word: string, severity = 'block') =>
  (yaml: string) =>
    yaml.replace(
      'rules:\n',
      `rules:\n  - { id: ban-${word}, severity: ${severity}, any: ['${word}'], message: { en: No., fr: Non. }, tests: [{ hit: "⟦${word}⟧" }, { pass: x }] }\n`,
    )

/** Writes, simulates, approves and activates the test policy with a change. */
async function goLive(gateway: TestGateway, change: (yaml: string) => string): Promise<void> {
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const files = testPolicy.map(({ path, text }) => ({ path, text: change(text) }))
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
  await goLive(gateway, finding('moonshot'))
  assert.equal(await reevaluatePosts(gateway), 1)
  assert.equal((await readPost(camille, first.postId)).status, 'blocked')
  assert.equal(await reevaluatePosts(gateway), 0)

  const late = await submit(camille, profileId, 'A branch for Lyon.')
  await judgeUnderOlder(gateway, late)
  assert.equal(await reevaluatePosts(gateway), 1)
})

test('When nothing is left to judge anew, posts are not looked through until a version goes live, or ten minutes later', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  await goLive(gateway, finding('moonshot'))
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
  await goLive(gateway, finding('sunshot'))
  assert.equal(await reevaluatePosts(gateway), 1, 'an activation brings new work at once')
  assert.equal((await readPost(await gateway.signIn('camille'), post.postId)).status, 'blocked')
})

test('What a new policy sends back leaves when it is agreed to again, on every profile (FCA-4)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ada'),
  ]
  await ada.post(`/api/profiles/${profileId}/pause`)
  const post = await submit(camille, profileId, 'A moonshot for Lyon.')
  await approve(ines, post)
  await runJobs(gateway, 1)
  await goLive(gateway, finding('moonshot', 'review'))
  await reevaluatePosts(gateway)
  gateway.clock.advance(60_000)
  await runJobs(gateway, 1)
  const back = await readPost(camille, post.postId)
  assert.deepEqual([back.status, back.publications[0]?.status], ['in_review', 'cancelled'])
  await approve(tom, back)
  await ada.post(`/api/profiles/${profileId}/connect`, { credential: 'test' })
  gateway.clock.advance(60_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'published')
})

test('A policy that asks for less leaves what is agreed to where it is, and it leaves at its time', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = addMilliseconds(gateway.clock.now(), minutes)
  const posts = [
    await submit(camille, profileId, 'A branch for Lyon.', { scheduledAt }),
    await submit(camille, profileId, 'A branch for Nice.'),
  ]
  for (const post of posts) await approve(ines, post)
  await goLive(gateway, (yaml) => yaml.replace('[{ name: compliance, need: 1 }]', '[]'))
  assert.equal(await reevaluatePosts(gateway), 2)
  const statuses = async () => Promise.all(posts.map(async ({ postId }) => (await readPost(camille, postId)).status))
  assert.deepEqual(await statuses(), ['scheduled', 'approved'])
  gateway.clock.advance(minutes)
  await runJobs(gateway)
  assert.deepEqual(await statuses(), ['published', 'published'])
})

const stricter: Readonly<Record<string, (yaml: string) => string>> = {
  'finds something in it': finding('moonshot', 'review'),
  'asks for another right': (yaml) => yaml.replace('need: 1', 'need: 1, qualification: finra-principal'),
}

test('What was let out and no network has goes back under a policy that asks for more; what a network has is settled first (FIN-1)', async (t) => {
  const { gateway, profileId, sandboxDirectory } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  for (const [what, change] of Object.entries(stricter)) {
    const waiting = await submit(camille, profileId, `A moonshot for Lyon: it ${what}.`)
    const unseen = await submit(camille, profileId, `A moonshot for Nice: it ${what}.`)
    for (const post of [waiting, unseen]) await approve(ines, post)
    await planPublications(gateway)
    await releasePublications(gateway)
    await lose(gateway, unseen)
    await goLive(gateway, change)
    await reevaluatePosts(gateway)
    const status = async (post: Post) => (await readPost(camille, post.postId)).status
    assert.deepEqual([await status(waiting), await status(unseen)], ['in_review', 'unconfirmed'], what)
    gateway.clock.advance(120_000)
    await runJobs(gateway)
    assert.deepEqual([await status(waiting), await status(unseen)], ['in_review', 'in_review'], what)
    assert.deepEqual(await new SandboxStore(sandboxDirectory).list(), [])
  }
})

/** Sends one post to a network of which nothing is heard, and which has not got it. */
async function lose(gateway: TestGateway, { postId }: Post): Promise<void> {
  const sandbox = gateway.networks.get('sandbox')!
  const silent = { ...sandbox, publish: () => Promise.reject(new NetworkError('outcome_unknown', 'Silence.')) }
  const rest = (until: string) =>
    sql`update publication set next_attempt_at = ${until} where post_id <> ${postId}`.execute(gateway.db)
  await sealOnce(gateway, { force: true })
  await rest('2030-01-01T00:00:00.000Z')
  assert.equal(await attemptPublications({ ...gateway, networks: new Map([['sandbox', silent]]) }), 1)
  await rest(gateway.clock.now())
}
