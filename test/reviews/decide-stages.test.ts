import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, submit, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import { recordsOf } from '#test/support/records-of.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

const text = 'We open our branch in Lyon on Monday.'
const withStages = (stages: string) =>
  testPolicy.map(({ path, text: yaml }) => ({ path, text: yaml.replace('{ name: compliance, need: 1 }', stages) }))

const me = async (person: SignedIn) =>
  (await person.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()

const decide = async (person: SignedIn, post: Post, stage: string, outcome = 'approved') => {
  const { reviewId } = post.reviews.find((review) => review.stage === stage)!
  const reason = outcome === 'approved' ? undefined : 'Name the street.'
  const answer = await person.post(`/api/reviews/${reviewId}/decision`, {
    outcome,
    contentHash: post.contentHash,
    ...(reason === undefined ? {} : { reason }),
  })
  return answer.statusCode === 200
    ? answer.json<{ status: string; postStatus: string; approvals: number }>()
    : answer.json<{ code: string }>().code
}

test('Stages open one after the other, each when as many people approved as it needs, and no two by one person (FIN-1)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, {
    policy: withStages('{ name: compliance, need: 2 }, { name: principal, need: 1 }'),
  })
  const [camille, ines, tom, ruth] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('ruth'),
  ]
  const post = await submit(camille, profileId, text)
  await giveRole(gateway, { userId: (await me(ruth)).userId, role: 'reviewer', unitId: post.unitId })
  assert.equal(await decide(ines, post, 'principal'), 'wrong_status', 'the second stage waits for the first')
  const first = await decide(ines, post, 'compliance')
  assert.partialDeepStrictEqual(first, { status: 'open', postStatus: 'in_review', approvals: 1 })
  assert.equal(await decide(ines, post, 'compliance'), 'already_decided', 'one person is not two')
  assert.equal(await decide(ruth, post, 'principal'), 'wrong_status', 'one approval of two opens nothing')
  const second = await decide(tom, post, 'compliance')
  assert.partialDeepStrictEqual(second, { status: 'approved', postStatus: 'in_review', approvals: 2 })
  assert.equal(await decide(ines, post, 'principal'), 'second_person_required')
  assert.equal(await decide(tom, post, 'principal'), 'second_person_required')
  const last = await decide(ruth, post, 'principal')
  assert.partialDeepStrictEqual(last, { status: 'approved', postStatus: 'approved' })
})

test('A stage that ends without an approval ends those after it, with a record each', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withStages('{ name: first }, { name: second }') })
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, text)
  const sent = await decide(ines, post, 'first', 'changes_requested')
  assert.partialDeepStrictEqual(sent, { status: 'changes_requested', postStatus: 'changes_requested', approvals: 0 })
  assert.equal(await decide(tom, post, 'second'), 'stale_revision')
  const after = await readPost(camille, post.postId)
  assert.deepEqual(
    after.reviews.map((review) => review.status),
    ['changes_requested', 'voided'],
  )
  const [voided, ...more] = await recordsOf(gateway, 'review.voided')
  assert.equal(voided!.content['reviewId'], post.reviews[1]!.reviewId)
  assert.deepEqual(more, [])
})

test('The review of a revision is over when the author writes another one, even with the same words', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, text)
  const again = { text, profileIds: [profileId], submit: true }
  const revised = await camille.post(`/api/posts/${post.postId}/revisions`, again)
  assert.equal(revised.statusCode, 201, revised.body)
  assert.equal(await decide(ines, post, 'compliance'), 'stale_revision')
})

test('A stage that names a unit is decided by people of that unit and below it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withStages('{ name: legal, unit: legal }') })
  const [camille, ines, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ada'),
  ]
  const { userId, unit } = await me(ines)
  const addUnit = async (slug: string, parentId: string) =>
    (await ada.post('/api/units', { parentId, name: slug, slug })).json<{ unitId: string }>().unitId
  const legal = await addUnit('legal', unit.unitId)
  const desk = await addUnit('legal-desk', legal)
  const moveTo = (unitId: string) =>
    gateway.db.updateTable('app_user').set({ unit_id: unitId }).where('id', '=', userId).execute()
  const [post, other] = [await submit(camille, profileId, text), await submit(camille, profileId, `${text} Welcome.`)]
  assert.equal(await decide(ines, post, 'legal'), 'not_qualified')
  await moveTo(legal)
  assert.partialDeepStrictEqual(await decide(ines, post, 'legal'), { status: 'approved' })
  await moveTo(desk)
  assert.partialDeepStrictEqual(await decide(ines, other, 'legal'), { status: 'approved' })
})

test('A stage that names a unit which the firm does not have is decided by nobody until there is one', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy: withStages('{ name: legal, unit: legal }') })
  const [camille, ines, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ada'),
  ]
  const post = await submit(camille, profileId, text)
  const { reviewId } = post.reviews[0]!
  const wish = { outcome: 'approved', contentHash: post.contentHash }
  const refused = await ines.post(`/api/reviews/${reviewId}/decision`, wish)
  assert.equal(refused.json<{ code: string }>().code, 'not_qualified')
  assert.match(refused.json<{ detail: string }>().detail, /belongs to the unit “legal”, which does not exist/)
  const { userId, unit } = await me(ines)
  const made = await ada.post('/api/units', { parentId: unit.unitId, name: 'Legal', slug: 'legal' })
  assert.equal(await decide(ines, post, 'legal'), 'not_qualified', 'it is not hers')
  const { unitId } = made.json<{ unitId: string }>()
  await gateway.db.updateTable('app_user').set({ unit_id: unitId }).where('id', '=', userId).execute()
  assert.partialDeepStrictEqual(await decide(ines, post, 'legal'), { status: 'approved' })
})

test('A review that is taken in hand, given back, handed on and escalated is so for everybody, with a record each', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, text)
  const url = `/api/reviews/${post.reviews[0]!.reviewId}`
  const codeOf = async (person: SignedIn, act: string, body: object = {}) => {
    const answer = await person.post(`${url}/${act}`, body)
    return answer.statusCode === 200 ? 'done' : answer.json<{ code: string }>().code
  }
  assert.equal(await codeOf(ines, 'claim'), 'done')
  assert.equal(await codeOf(ines, 'claim'), 'done', 'for ten minutes more')
  assert.equal(await codeOf(tom, 'claim'), 'already_claimed')
  assert.equal(await codeOf(tom, 'release'), 'wrong_status')
  assert.equal(await codeOf(ines, 'release'), 'done')
  assert.equal(await codeOf(ines, 'release'), 'wrong_status')
  assert.equal(await codeOf(tom, 'claim'), 'done')
  assert.equal(await codeOf(ines, 'escalate', { reason: 'A question of law.' }), 'done')
  assert.equal(await codeOf(ines, 'claim'), 'done', 'escalated, it is in nobody’s hand')
  const [inesId, camilleId] = [(await me(ines)).userId, (await me(camille)).userId]
  assert.equal(await codeOf(tom, 'delegate', { userId: camilleId }), 'own_post')
  assert.equal(await codeOf(tom, 'delegate', { userId: inesId, reason: 'She knows it.' }), 'done')
  assert.equal(await decide(tom, post, 'compliance'), 'already_claimed')
  await approve(ines, post)
  for (const act of ['claim', 'release', 'escalate', 'delegate'])
    assert.equal(await codeOf(tom, act, { reason: 'x', userId: inesId }), 'already_decided', act)
  const contents = async (type: string) => (await recordsOf(gateway, type)).map((record) => record.content)
  assert.equal((await contents('review.claimed')).length, 4)
  assert.equal((await contents('review.released')).length, 1)
  assert.partialDeepStrictEqual(await contents('review.escalated'), [{ reason: 'A question of law.' }])
  assert.partialDeepStrictEqual(await contents('review.delegated'), [{ to: inesId, reason: 'She knows it.' }])
})

test('A claim ends after ten minutes to the millisecond', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, text)
  const claim = async (person: SignedIn) =>
    (await person.post(`/api/reviews/${post.reviews[0]!.reviewId}/claim`)).statusCode
  assert.equal(await claim(ines), 200)
  gateway.clock.advance(10 * 60_000 - 1)
  assert.equal(await claim(tom), 409)
  gateway.clock.advance(1)
  assert.equal(await claim(tom), 200)
})
