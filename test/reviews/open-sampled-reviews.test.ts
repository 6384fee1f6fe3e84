import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSampledReviews } from '#server/reviews/open-sampled-reviews.ts'
import type { Review } from '#shared/api/reviews.ts'
import { furnishFirm, readPost, runJobs, submit, testPolicy } from '#test/support/furnish-firm.ts'

const straight = (sample: string) =>
  testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace('stages: [{ name: compliance, need: 1 }]', `stages: []\n    sample: ${sample}`),
  }))

test('What went straight through and was drawn is reviewed after release; the review moves nothing (FIN-5, FIN-9)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: straight('100%') })
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'Our branch in Lyon opens on Monday.')
  assert.equal(post.status, 'approved')
  assert.equal(await openSampledReviews(gateway), 0, 'not before it is out')
  await runJobs(gateway)
  assert.equal(await openSampledReviews(gateway), 1)
  assert.equal(await openSampledReviews(gateway), 0)

  const queue = (await ines.get('/api/reviews')).json<{ items: Review[] }>().items
  assert.deepEqual(
    queue.map(({ postId, stage, status }) => [postId, stage, status]),
    [[post.postId, 'sampled', 'open']],
  )
  const decided = await ines.post(`/api/reviews/${queue[0]!.reviewId}/decision`, {
    outcome: 'rejected',
    contentHash: post.contentHash,
    reason: 'The date was not announced yet.',
  })
  assert.equal(decided.statusCode, 200, decided.body)
  const after = await readPost(ines, post.postId)
  assert.deepEqual([after.status, after.reviews[0]?.status], ['published', 'rejected'])
  assert.ok(after.timeline.some((entry) => entry.type === 'review.opened'))
  assert.ok(after.timeline.some((entry) => entry.type === 'review.decided'))
})

test('What was not drawn is not reviewed', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: straight('0%') })
  const camille = await gateway.signIn('camille')
  await submit(camille, profileId, 'Our branch in Lyon opens on Monday.')
  await runJobs(gateway)
  assert.equal(await openSampledReviews(gateway), 0)
})
