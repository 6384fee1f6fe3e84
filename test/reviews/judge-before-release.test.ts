import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addMilliseconds } from '#server/platform/clock.ts'
import { approve, furnishFirm, readPost, runJobs, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { runSql } from '#test/support/test-cluster.ts'

const day = 86_400_000
const start = '2026-12-10T09:00:00.000Z'
const withQuietPeriod = (severity: string) =>
  testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace(
      'rules:\n',
      `calendars:
  quiet: { zone: Europe/Paris, periods: [{ from: 2026-12-15, to: 2026-12-31 }] }
rules:
  - id: quiet
    severity: ${severity}
    when: 'now in calendar("quiet")'
    tests: [{ hit: a, with: { now: '2026-12-20T10:00:00.000Z' } }, { pass: a }]
`,
    ),
  }))

test('A post approved before a quiet period and due in it does not leave, and its record says why', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withQuietPeriod('block') })
  gateway.clock.set(start)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = addMilliseconds(start, 7 * day)
  const post = await submit(camille, profileId, 'Our branch in Lyon opens.', { scheduledAt })
  await approve(ines, post)
  await runJobs(gateway)
  assert.equal((await readPost(ines, post.postId)).status, 'scheduled')
  gateway.clock.set(addMilliseconds(scheduledAt, 1_000))
  await runJobs(gateway)
  const after = await readPost(await gateway.signIn('ines'), post.postId)
  assert.equal(after.status, 'blocked')
  assert.deepEqual(
    after.findings.map((finding) => finding.ruleId),
    ['quiet'],
  )
  assert.ok(after.timeline.some((entry) => entry.type === 'post.pulled_back'))
  assert.ok(after.publications.every((publication) => publication.publishedAt === null))
})

test('A finding that only the day of release brings sends the post back to a reviewer, who can let it leave', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withQuietPeriod('review') })
  gateway.clock.set(start)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = addMilliseconds(start, 7 * day)
  const post = await submit(camille, profileId, 'Our branch in Lyon opens.', { scheduledAt })
  await approve(ines, post)
  await runJobs(gateway)
  gateway.clock.set(addMilliseconds(scheduledAt, 1_000))
  await runJobs(gateway)
  const back = await readPost(await gateway.signIn('camille'), post.postId)
  assert.deepEqual([back.status, back.reviews.at(-1)?.status], ['in_review', 'open'])
})

test('A post whose verdict is of its own day leaves without another one', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withQuietPeriod('block') })
  gateway.clock.set(start)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'Our branch in Lyon opens.')
  await approve(ines, post)
  await runJobs(gateway)
  const after = await readPost(ines, post.postId)
  assert.equal(after.status, 'published')
  assert.ok(!after.timeline.some((entry) => entry.type === 'policy.evaluated'))
})

test('While the engine cannot answer, a due post waits and does not hold up another one', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withQuietPeriod('block') })
  gateway.clock.set(start)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = addMilliseconds(start, day)
  const waiting = await submit(camille, profileId, 'Our branch in Lyon opens.', { scheduledAt })
  await approve(ines, waiting)
  await runJobs(gateway)
  gateway.clock.set(addMilliseconds(scheduledAt, 1_000))
  const other = await submit(await gateway.signIn('camille'), profileId, 'Our branch in Nice opens.')
  await approve(await gateway.signIn('ines'), other)
  // No version is active: nothing can be judged, and the gate lets nothing out either.
  await runSql(gateway.database.ownerUrl, `update policy_version set state = 'retired'`)
  await runJobs(gateway)
  const reader = await gateway.signIn('ines')
  assert.equal((await readPost(reader, waiting.postId)).publications[0]?.attempts, 0)
  assert.equal((await readPost(reader, other.postId)).publications[0]?.attempts, 0)
  assert.ok(gateway.logLines.some((line) => line.includes('could not be judged for its release')))
  await runSql(gateway.database.ownerUrl, `update policy_version set state = 'active'`)
  gateway.clock.advance(30_000)
  await runJobs(gateway)
  assert.equal((await readPost(await gateway.signIn('ines'), waiting.postId)).status, 'published')
  assert.equal((await readPost(await gateway.signIn('ines'), other.postId)).status, 'published')
})
