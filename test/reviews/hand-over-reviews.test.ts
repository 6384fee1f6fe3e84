import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addMilliseconds } from '#server/platform/clock.ts'
import { handOverReviews } from '#server/reviews/hand-over-reviews.ts'
import { approve, furnishFirm, readPost, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import { recordsOf } from '#test/support/records-of.ts'

const text = 'We open our branch in Lyon on Monday.'

test('the open work of somebody who leaves is in the queue again, and a colleague decides it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ada'),
  ]
  const tomId = (await tom.get('/api/me')).json<{ userId: string }>().userId
  const [claimed, assigned] = [
    await submit(camille, profileId, text),
    await submit(camille, profileId, `${text} Welcome.`),
  ]
  const urlOf = (post: typeof claimed) => `/api/reviews/${post.reviews[0]!.reviewId}`
  assert.equal((await tom.post(`${urlOf(claimed)}/claim`)).statusCode, 200)
  assert.equal((await ines.post(`${urlOf(assigned)}/delegate`, { userId: tomId })).statusCode, 200)
  const decide = (post: typeof claimed) =>
    ines.post(`${urlOf(post)}/decision`, { outcome: 'approved', contentHash: post.contentHash })
  assert.equal((await decide(assigned)).json<{ code: string }>().code, 'already_claimed')
  await ada.post(`/api/users/${tomId}/deactivate`, { reason: 'left the firm' })
  assert.equal(await handOverReviews(gateway), 2)
  assert.equal(await handOverReviews(gateway), 0)
  const released = (await recordsOf(gateway, 'review.released')).map(({ content }) => content)
  assert.deepEqual(
    new Set(released.map(({ reviewId }) => reviewId)),
    new Set([claimed, assigned].map(({ reviews }) => reviews[0]!.reviewId)),
  )
  assert.partialDeepStrictEqual(released, [{ because: 'deactivated', from: [tomId] }, { from: [tomId] }])
  assert.equal((await decide(claimed)).statusCode, 200)
  assert.equal((await decide(assigned)).statusCode, 200)
})

test('a review is handed only to somebody who reviews its unit already', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, ruth] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ruth'),
  ]
  const { userId, unit } = (await ruth.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
  const post = await submit(camille, profileId, text)
  const hand = () => ines.post(`/api/reviews/${post.reviews[0]!.reviewId}/delegate`, { userId })
  const from = addMilliseconds(gateway.clock.now(), 60_000)
  await giveRole(gateway, { userId, role: 'reviewer', unitId: unit.unitId, from })
  assert.equal((await hand()).statusCode, 422)
  gateway.clock.advance(60_000)
  assert.equal((await hand()).statusCode, 200)
})

test('what one’s deputy decides on one’s own post is refused: delegation does not lead around law 4 (FIN-12)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ada'),
  ]
  const idOf = async (person: typeof camille) => (await person.get('/api/me')).json<{ userId: string }>().userId
  const [camilleId, inesId] = [await idOf(camille), await idOf(ines)]
  const firmId = (await ada.get('/api/me')).json<{ unit: { unitId: string } }>().unit.unitId
  const other = (await ada.post('/api/units', { parentId: firmId, name: 'Tokyo', slug: 'tokyo-desk' })).json<{
    unitId: string
  }>().unitId
  // Camille reviews the firm and lends it to Inès, whose own reviewing is in Tokyo only.
  await giveRole(gateway, { userId: camilleId, role: 'reviewer', unitId: firmId })
  await gateway.db
    .updateTable('role_grant')
    .set({ unit_id: other })
    .where('user_id', '=', inesId)
    .where('role', '=', 'reviewer')
    .execute()
  const lent = await camille.post('/api/delegations', {
    toUserId: inesId,
    unitId: firmId,
    validUntil: '2026-03-09T09:00:00.000Z',
    reason: 'holidays',
  })
  assert.equal(lent.statusCode, 201, lent.body)
  const post = await submit(camille, profileId, text)
  const decision = { outcome: 'approved', contentHash: post.contentHash }
  const url = `/api/reviews/${post.reviews[0]!.reviewId}/decision`
  const answer = await ines.post(url, decision)
  assert.equal(answer.statusCode, 404, answer.body)

  // The loan comes from a second account of the author.
  await gateway.signIn('tom')
  const twins = gateway.db.updateTable('app_user').set({ employee_number: '17' })
  await twins.where('subject', 'in', ['camille', 'tom']).execute()
  const tomId = await idOf(await gateway.signIn('tom'))
  await gateway.db.updateTable('delegation').set({ from_user_id: tomId }).where('to_user_id', '=', inesId).execute()
  const byTwin = await ines.post(url, decision)
  assert.equal(byTwin.statusCode, 404, byTwin.body)
})

test('a second account of the author is the author (FIN-12)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, text)
  const ids = await Promise.all(
    [camille, ines].map(async (person) => (await person.get('/api/me')).json<{ userId: string }>().userId),
  )
  await gateway.db.updateTable('app_user').set({ employee_number: '4711' }).where('id', 'in', ids).execute()
  const answer = await ines.post(`/api/reviews/${post.reviews[0]!.reviewId}/decision`, {
    outcome: 'approved',
    contentHash: post.contentHash,
  })
  assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [403, 'own_post'])
})

for (const [what, stages] of [
  ['one stage that needs two', '[{ name: compliance, need: 2 }]'],
  ['two stages', '[{ name: compliance, need: 1 }, { name: legal, need: 1 }]'],
] as const) {
  test(`two accounts of one reviewer are not two pairs of eyes: ${what} (FIN-12)`, async (t) => {
    const policy = testPolicy.map(({ path, text: rules }) => ({
      path,
      text: rules.replace('[{ name: compliance, need: 1 }]', stages),
    }))
    const { gateway, profileId } = await furnishFirm(t, { policy })
    const [camille, ines, tom] = [
      await gateway.signIn('camille'),
      await gateway.signIn('ines'),
      await gateway.signIn('tom'),
    ]
    const post = await submit(camille, profileId, text)
    await approve(ines, post)
    const reviews = (await readPost(camille, post.postId)).reviews
    const { reviewId } = reviews.find(({ status }) => status === 'open')!
    const decide = () =>
      tom.post(`/api/reviews/${reviewId}/decision`, { outcome: 'approved', contentHash: post.contentHash })
    await gateway.db
      .updateTable('app_user')
      .set({ employee_number: '4711' })
      .where('subject', 'in', ['ines', 'tom'])
      .execute()
    const twin = await decide()
    assert.ok(
      ['already_decided', 'second_person_required'].includes(twin.json<{ code: string }>().code),
      `${twin.statusCode} ${twin.body}`,
    )
    await gateway.db.updateTable('app_user').set({ employee_number: '4712' }).where('subject', '=', 'tom').execute()
    assert.equal((await decide()).statusCode, 200)
  })
}
