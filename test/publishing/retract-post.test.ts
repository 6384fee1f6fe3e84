import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Network } from '#server/platform/network.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { NetworkError } from '#server/platform/network.ts'
import { retractPublications } from '#server/publishing/retract-post.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/** A published post, asked to be retracted at a network that answers as told; `asked` counts how often. */
async function retracting(t: TestContext, answers: readonly NetworkError[]) {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  await approve(ines, post)
  await runJobs(gateway)
  const sandbox = gateway.networks.get('sandbox')!
  let asked = 0
  const refusing: Network = {
    ...sandbox,
    retract: (account, id) => {
      const answer = answers[asked]
      asked += 1
      return answer === undefined ? sandbox.retract(account, id) : Promise.reject(answer)
    },
  }
  const faulty: TestGateway = { ...gateway, networks: new Map([['sandbox', refusing]]) }
  const ask = async () => {
    const answer = await camille.post(`/api/posts/${post.postId}/retract`, { reason: 'The date moved.' })
    assert.equal(answer.statusCode, 200, answer.body)
  }
  await ask()
  return {
    gateway,
    ask,
    asked: () => asked,
    read: () => readPost(camille, post.postId),
    run: () => retractPublications(faulty),
  }
}

test('What the network says to a retraction is shown and recorded, and its time is waited for', async (t) => {
  const busy = new NetworkError('retry_later', 'Sandbox has too much to do.', { retryAt: '2099-01-01T00:00:00.000Z' })
  const { gateway, run, read, asked } = await retracting(t, [busy])
  const asking = gateway.clock.now()
  await run()
  const post = await read()
  assert.match(post.publications[0]!.lastError!, /Sandbox has too much to do/)
  assert.equal(post.publications[0]!.nextAttemptAt, addMilliseconds(asking, 86_400_000), 'for a day at most')
  assert.equal(post.timeline.filter((entry) => entry.type === 'publication.answered').length, 1)
  gateway.clock.advance(900_000)
  await run()
  assert.equal(asked(), 1, 'not before the network’s time')
})

test('A network that comes back deletes the post after all (FCA-7)', async (t) => {
  const { gateway, run, read, asked } = await retracting(t, [new NetworkError('outcome_unknown', 'No answer.')])
  await run()
  await run()
  assert.equal(asked(), 1, 'after a pause')
  gateway.clock.advance(60_000)
  await run()
  const post = await read()
  assert.deepEqual([post.status, post.publications[0]!.lastError], ['retracted', null])
})

test('A network that refuses for good is asked three times, the author is told so and may ask again', async (t) => {
  const never = new NetworkError('rejected', 'Sandbox never deletes.')
  const { gateway, run, read, ask, asked } = await retracting(
    t,
    Array.from({ length: 5 }, () => never),
  )
  const runOften = async () => {
    for (let round = 0; round < 6; round += 1) {
      await run()
      gateway.clock.advance(120_000)
    }
  }
  await runOften()
  assert.equal(asked(), 3)
  const told = (await read()).publications[0]!
  assert.equal(told.status, 'published', 'it stands there still')
  assert.match(told.lastError!, /refuses to delete the post: Sandbox never deletes\. Delete it there by hand/)
  await ask()
  await runOften()
  assert.equal(asked(), 6)
  assert.equal((await read()).status, 'retracted', 'the sixth answer was a deletion')
})

test('A spent credential waits for a new one and says so', async (t) => {
  const { gateway, run, read } = await retracting(t, [
    new NetworkError('reauthorise', 'Sandbox refused the credential.'),
  ])
  await run()
  assert.match((await read()).publications[0]!.lastError!, /refused the credential/)
  const profile = await gateway.db.selectFrom('profile').select('status').executeTakeFirstOrThrow()
  assert.equal(profile.status, 'needs_reauthorisation')
})
