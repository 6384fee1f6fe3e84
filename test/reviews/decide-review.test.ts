import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Review, ReviewSummary } from '#shared/api/reviews.ts'
import type { Post } from '#shared/api/posts.ts'
import { core, enterprise, scimToken } from '#test/identity/scim-client.ts'
import { sign, startLyingProvider } from '#test/identity/lying-provider.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { approve, furnishFirm, readPost, submit } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'

const text = 'We open our branch in Lyon on Monday.'

test('Staff see a blocked post with the rule, its clause, the span and a way to fix it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const post = await submit(camille, profileId, 'Join us: guaranteed returns of 8 %.')
  assert.equal(post.status, 'blocked')
  assert.deepEqual(
    post.findings.map(({ ruleId, clause, spans, message, suggestion }) => ({
      ruleId,
      clause,
      spans,
      message,
      suggestion,
    })),
    [
      {
        ruleId: 'promise',
        clause: 'FINRA 2210(d)(1)(B)',
        spans: [{ start: 9, end: 27, field: 'text' }],
        message: 'Returns must not be promised.',
        suggestion: 'State the aim and the risk.',
      },
    ],
  )
  const french = await camille.inject({
    method: 'GET',
    url: `/api/posts/${post.postId}`,
    headers: { 'accept-language': 'fr-FR,fr;q=0.9,en;q=0.5' },
  })
  assert.equal(french.json<Post>().findings[0]!.message, 'Ne promettez pas de rendement.')
})

test('A decision binds to the content that the officer saw: another hash is stale', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, text)
  const url = `/api/reviews/${post.reviews[0]!.reviewId}/decision`
  const wrong = await ines.post(url, { outcome: 'approved', contentHash: 'a'.repeat(64) })
  assert.equal(wrong.statusCode, 409)
  assert.equal(wrong.json<{ code: string }>().code, 'stale_revision')

  const revised = await camille.post(`/api/posts/${post.postId}/revisions`, {
    text: `${text} See you there.`,
    profileIds: [profileId],
    submit: true,
  })
  assert.equal(revised.statusCode, 201, revised.body)
  const stale = await ines.post(url, { outcome: 'approved', contentHash: post.contentHash })
  assert.equal(stale.json<{ code: string }>().code, 'stale_revision')
  await approve(ines, revised.json<Post>())
})

test('Nobody decides without a reason unless they approve, nor twice', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, text)
  const url = `/api/reviews/${post.reviews[0]!.reviewId}/decision`
  const silent = await ines.post(url, { outcome: 'rejected', contentHash: post.contentHash, reason: '  ' })
  assert.equal(silent.statusCode, 422)
  const said = await ines.post(url, {
    outcome: 'changes_requested',
    contentHash: post.contentHash,
    reason: 'Name the street.',
  })
  assert.equal(said.statusCode, 200, said.body)
  assert.equal((await readPost(camille, post.postId)).status, 'changes_requested')
  const late = await tom.post(url, { outcome: 'approved', contentHash: post.contentHash })
  assert.equal(late.json<{ code: string }>().code, 'already_decided')
})

test('Two officers decide at once: exactly one wins', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, text)
  const url = `/api/reviews/${post.reviews[0]!.reviewId}/decision`
  const answers = await Promise.all([
    ines.post(url, { outcome: 'approved', contentHash: post.contentHash }),
    tom.post(url, { outcome: 'rejected', contentHash: post.contentHash, reason: 'No.' }),
  ])
  assert.deepEqual(
    answers.map((answer) => answer.statusCode).toSorted((a, b) => a - b),
    [200, 409],
  )
})

test('An author who is also a reviewer cannot approve their own post, in the API or in the database (FIN-12)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const post = await submit(camille, profileId, text)
  const author = post.author.userId
  await giveRole(gateway, { userId: author, role: 'reviewer', unitId: post.unitId })
  const reviewId = post.reviews[0]!.reviewId
  const refused = await camille.post(`/api/reviews/${reviewId}/decision`, {
    outcome: 'approved',
    contentHash: post.contentHash,
  })
  assert.equal(refused.statusCode, 403)
  assert.equal(refused.json<{ code: string }>().code, 'own_post')
  const claimed = await camille.post(`/api/reviews/${reviewId}/claim`)
  assert.equal(claimed.json<{ code: string }>().code, 'own_post')
  const row = {
    id: '01a00000-0000-7000-8000-000000000002',
    review_id: reviewId,
    reviewer_id: author,
    outcome: 'approved',
    content_hash: post.contentHash,
    record_id: reviewId,
    decided_at: gateway.clock.now(),
  }
  await assert.rejects(
    gateway.db
      .insertInto('review_decision')
      .values({ ...row, author_id: author })
      .execute(),
    /own work|review_decision_not_by_author/,
  )
  await assert.rejects(
    gateway.db
      .insertInto('review_decision')
      .values({ ...row, author_id: reviewId })
      .execute(),
    /own work/,
  )
})

test('A second account at the provider with the author’s e-mail address is the author, whichever came first (FIN-12)', async (t) => {
  const provider = await startLyingProvider(t)
  const { gateway, profileId } = await furnishFirm(t, {
    config: {
      oidc: {
        issuer: provider.issuer,
        ...providerClient,
        groupsClaim: 'groups',
        groupRoles: demoGroupRoles,
        scope: 'openid profile email groups',
      },
      scimToken,
    },
  })
  const [tom, camille] = [await gateway.signIn('tom'), await gateway.signIn('camille')]
  provider.lie((claims, { kid }) => sign({ ...claims, email: 'Camille@DEMO.example' }, provider.key, { kid }))
  const twin = await gateway.signIn('ines')
  provider.lie(undefined)
  const decide = async (who: SignedIn, post: Post) => {
    const wish = { outcome: 'approved', contentHash: post.contentHash }
    const answer = await who.post(`/api/reviews/${post.reviews[0]!.reviewId}/decision`, wish)
    return answer.statusCode === 200 ? 'decided' : answer.json<{ code: string }>().code
  }
  assert.equal(await decide(twin, await submit(camille, profileId, text)), 'own_post')
  assert.equal(await decide(tom, await submit(camille, profileId, text)), 'decided')

  // The provisioning client names the author's employee number afterwards: both accounts are that employee.
  const provisioned = await gateway.app.inject({
    method: 'POST',
    url: '/scim/v2/Users',
    headers: { authorization: `Bearer ${scimToken}` },
    payload: {
      schemas: [core, enterprise],
      userName: 'camille',
      externalId: 'camille',
      emails: [{ value: 'camille@demo.example' }],
      [enterprise]: { employeeNumber: '17' },
    },
  })
  assert.equal(provisioned.statusCode, 201, provisioned.body)
  assert.equal(await decide(twin, await submit(camille, profileId, text)), 'own_post')
  const again = await gateway.signIn('ines')
  const later = await submit(camille, profileId, text)
  assert.equal(await decide(again, later), 'own_post', 'an address of her own does not undo the one she had')
  await gateway.db.updateTable('app_user').set({ employee_number: '18' }).where('subject', '=', 'ines').execute()
  assert.equal(await decide(again, later), 'decided', 'a number of her own does')
})

test('A person without the role of a reviewer neither sees the queue nor decides, and the denial is a record', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ruth] = [await gateway.signIn('camille'), await gateway.signIn('ruth')]
  const post = await submit(camille, profileId, text)
  assert.equal((await ruth.get('/api/reviews')).statusCode, 403)
  const decided = await ruth.post(`/api/reviews/${post.reviews[0]!.reviewId}/decision`, {
    outcome: 'approved',
    contentHash: post.contentHash,
  })
  assert.equal(decided.statusCode, 403)
  const { rows } = await sql`select id from archive.archive_record where type = 'permission.denied'`.execute(gateway.db)
  assert.equal(rows.length, 2)
})

test('The queue shows what waits, with counts by facet, and opening an item decides nothing (FIN-5)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  await submit(camille, profileId, text)
  const second = await submit(camille, profileId, 'Our outlook for the year.')
  const queue = (await ines.get('/api/reviews?status=open&severity=review')).json<{
    items: ReviewSummary[]
    facets: { severity: Record<string, number> }
  }>()
  assert.deepEqual(
    queue.items.map((item) => item.postId),
    [second.postId],
  )
  assert.deepEqual(queue.facets.severity, { none: 1, review: 1 })

  const reviewId = second.reviews[0]!.reviewId
  const opened = (await ines.get(`/api/reviews/${reviewId}`)).json<Review>()
  assert.equal(opened.status, 'open')
  assert.deepEqual(opened.allowedActions, ['claim', 'approve', 'reject', 'request_changes', 'escalate', 'delegate'])
  assert.equal((await ines.post(`/api/reviews/${reviewId}/claim`)).statusCode, 200)
  assert.equal((await tom.post(`/api/reviews/${reviewId}/claim`)).json<{ code: string }>().code, 'already_claimed')
  gateway.clock.advance(11 * 60_000)
  assert.equal((await tom.post(`/api/reviews/${reviewId}/claim`)).statusCode, 200)
})

test('Several decisions at once answer one by one', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const [first, second] = [await submit(camille, profileId, text), await submit(camille, profileId, 'Come and see us.')]
  const decisions = [
    { reviewId: first.reviews[0]!.reviewId, outcome: 'approved', contentHash: first.contentHash },
    { reviewId: second.reviews[0]!.reviewId, outcome: 'approved', contentHash: first.contentHash },
  ]
  const answer = await ines.post('/api/reviews/decisions', { decisions })
  assert.equal(answer.statusCode, 200, answer.body)
  assert.deepEqual(
    answer.json<{ results: { ok: boolean; code?: string }[] }>().results.map(({ ok, code }) => ({ ok, code })),
    [
      { ok: true, code: undefined },
      { ok: false, code: 'stale_revision' },
    ],
  )
})
