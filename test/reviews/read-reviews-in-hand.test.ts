import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { listReviewsInHand } from '#shared/api/reviews.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'

test('who off-boards somebody is told which reviews are in their hands, and not what the posts say', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ada'),
  ]
  const tomId = (await tom.get('/api/me')).json<{ userId: string }>().userId
  const path = `/api/users/${tomId}/reviews`
  const read = async () => (await ada.get(path)).json<AnswerOf<typeof listReviewsInHand>>()
  assert.deepEqual(await read(), { total: 0, items: [] })

  const [claimed, handed] = [
    await submit(camille, profileId, 'We open our branch in Lyon on Monday.'),
    await submit(camille, profileId, 'We open our branch in Nantes on Monday.'),
  ]
  const idOf = (post: typeof claimed) => post.reviews[0]!.reviewId
  assert.equal((await tom.post(`/api/reviews/${idOf(claimed)}/claim`)).statusCode, 200)
  assert.equal((await ines.post(`/api/reviews/${idOf(handed)}/delegate`, { userId: tomId })).statusCode, 200)
  const { total, items } = await read()
  assert.equal(total, 2)
  assert.deepEqual(items.map(({ reviewId }) => reviewId).toSorted(), [idOf(claimed), idOf(handed)].toSorted())
  assert.ok(!(await ada.get(path)).body.includes('branch'), 'who administers people reads no posts')
  assert.equal((await ines.get(path)).statusCode, 403)

  // What was only taken in hand is in nobody's hands once its ten minutes are over; what was handed stays.
  gateway.clock.advance(11 * 60_000)
  assert.deepEqual(
    (await read()).items.map(({ reviewId }) => reviewId),
    [idOf(handed)],
  )
})
