import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Post } from '#shared/api/posts.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import { furnishFirm, readPost, submit } from '#test/support/furnish-firm.ts'
import { recordsOf } from '#test/support/records-of.ts'

/** A revision as its record holds it. */
interface RevisionBody extends JsonObject {
  readonly revisionId: string
  readonly number: number
  readonly contentHash: string
  readonly text: string
  readonly media: JsonObject[]
  readonly targets: { readonly payload: string; readonly payloadSha256: string; readonly [name: string]: string }[]
}

test('The composer asks for a verdict and nothing is stored', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const answer = await camille.post('/api/policy/check', {
    text: 'A rendement garanti for all',
    profileIds: [profileId],
  })
  assert.equal(answer.statusCode, 200, answer.body)
  assert.equal(answer.json<{ verdict: string }>().verdict, 'block')
  assert.deepEqual((await camille.get('/api/posts?author=me')).json<{ items: unknown[] }>().items, [])
})

test('A draft is kept, edited, submitted and withdrawn, and every revision stays', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const draft = (await camille.post('/api/posts', { text: 'First words', profileIds: [profileId] })).json<Post>()
  assert.equal(draft.status, 'draft')
  const revised = (
    await camille.post(`/api/posts/${draft.postId}/revisions`, { text: 'Second words', profileIds: [profileId] })
  ).json<Post>()
  assert.deepEqual(
    revised.revisions.map((revision) => revision.text),
    ['First words', 'Second words'],
  )
  assert.notEqual(revised.contentHash, draft.contentHash)
  const submitted = await camille.post(`/api/posts/${draft.postId}/submit`)
  assert.equal(submitted.json<Post>().status, 'in_review')
  const withdrawn = await camille.post(`/api/posts/${draft.postId}/withdraw`, { reason: 'Not now' })
  assert.equal(withdrawn.json<Post>().status, 'withdrawn')
  assert.deepEqual(
    (await readPost(camille, draft.postId)).reviews.map((review) => review.status),
    ['voided'],
  )
})

test('Every state of a post is rebuilt from its records alone, hash for hash, with who wrote it and when (SEC-2)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const draft = (await camille.post('/api/posts', { text: 'Words 0', profileIds: [profileId] })).json<Post>()
  for (let round = 1; round <= 5; round += 1) {
    gateway.clock.advance(1_000)
    const edit = { text: `Words ${round}`, thread: [`More ${round}`], profileIds: [profileId] }
    assert.equal((await camille.post(`/api/posts/${draft.postId}/revisions`, edit)).statusCode, 201)
  }
  const written = (await readPost(camille, draft.postId)).revisions
  const records = [...(await recordsOf(gateway, 'post.drafted')), ...(await recordsOf(gateway, 'post.revised'))]
  const rebuilt = records.map(({ header, content }) => {
    const { revisionId, number, contentHash, media, targets, ...said } = content['revision'] as RevisionBody
    const hashed = {
      v: 1,
      ...said,
      media: media.map(({ sha256, altText }) => ({ sha256, altText })),
      targets: targets.map(({ payload, ...target }) => {
        assert.equal(createHash('sha256').update(payload).digest('hex'), target.payloadSha256)
        return target
      }),
    }
    assert.equal(createHash('sha256').update(canonicalJson(hashed)).digest('hex'), contentHash)
    return { revisionId, number, text: said.text, actor: header['actor'], at: header['recordedAt'] }
  })
  const { userId } = (await camille.get('/api/me')).json<{ userId: string }>()
  assert.deepEqual(
    rebuilt,
    written.map(({ revisionId, number, text, createdAt }) => ({
      revisionId,
      number,
      text,
      actor: userId,
      at: createdAt,
    })),
  )
})

test('What cannot be sent is refused with the way out, and the draft is kept', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const cases: [object, number, string][] = [
    [{ text: '   ', profileIds: [profileId], submit: true }, 422, 'unprocessable'],
    [{ text: 'Words', profileIds: [], submit: true }, 422, 'unprocessable'],
    [{ text: 'Words', profileIds: ['01a00000-0000-7000-8000-000000000000'], submit: true }, 422, 'unprocessable'],
    [{ text: 'Words', profileIds: [profileId, profileId] }, 400, 'invalid_request'],
    [{ profileIds: [profileId] }, 400, 'invalid_request'],
    [{ text: 42, profileIds: 'none' }, 400, 'invalid_request'],
    [{ text: 'x'.repeat(100_001), profileIds: [profileId] }, 400, 'invalid_request'],
    [{ text: 'NUL \u0000', profileIds: [profileId] }, 400, 'invalid_request'],
    [{ text: 'half \ud800', profileIds: [profileId] }, 400, 'invalid_request'],
    [{ text: 'Words', profileIds: [profileId], scheduledAt: '2001-01-01T00:00:00.000Z' }, 422, 'unprocessable'],
    [{ text: 'Words', profileIds: [profileId], scheduledAt: 'tomorrow' }, 400, 'invalid_request'],
    [{ text: 'Words', profileIds: [profileId], scheduledAt: '2028-03-02T09:00:00.001Z' }, 422, 'unprocessable'],
    [{ text: 'Words', profileIds: [profileId], scheduledAt: '9999-12-29T00:00:00.000Z' }, 422, 'unprocessable'],
  ]
  for (const [body, status, code] of cases) {
    const answer = await camille.post('/api/posts', body)
    assert.equal(answer.statusCode, status, `${JSON.stringify(body).slice(0, 80)} → ${answer.body}`)
    assert.match(String(answer.headers['content-type']), /application\/problem\+json/)
    const problem = answer.json<{ code: string; detail: string }>()
    assert.equal(problem.code, code)
    assert.ok(problem.detail.length > 10)
  }
  assert.equal((await camille.get('/api/posts')).json<{ items: unknown[] }>().items.length, 0)

  const planned = { text: 'Words', profileIds: [profileId], scheduledAt: '2028-03-02T09:00:00.000Z' }
  const kept = await camille.post('/api/posts', planned)
  assert.equal(kept.statusCode, 201, 'two years ahead is not too far')
  const { postId } = kept.json<{ postId: string }>()
  const moved = await camille.post(`/api/posts/${postId}/reschedule`, { scheduledAt: '2028-03-03T09:00:00.000Z' })
  assert.match(moved.json<{ detail: string }>().detail, /more than two years ahead/)
})

test('A repeat with the same Idempotency-Key gets the first answer, another body a conflict', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const body = { text: 'Once only', profileIds: [profileId], submit: true }
  const key = { 'idempotency-key': 'k-1' }
  const first = await camille.post('/api/posts', body, key)
  const again = await camille.post('/api/posts', body, key)
  assert.equal(first.statusCode, 201, first.body)
  assert.equal(again.statusCode, 201, again.body)
  assert.equal(again.json<Post>().postId, first.json<Post>().postId)
  const other = await camille.post('/api/posts', { ...body, text: 'Twice' }, key)
  assert.equal(other.statusCode, 409)
  assert.equal(other.json<{ code: string }>().code, 'idempotency_conflict')
  assert.equal((await camille.get('/api/posts')).json<{ items: unknown[] }>().items.length, 1)
})

test('Another author’s post does not exist for staff', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ruth, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ruth'),
    await gateway.signIn('ada'),
  ]
  const post = await submit(camille, profileId, 'Mine alone')
  assert.equal((await ruth.get(`/api/posts/${post.postId}`)).statusCode, 200)
  assert.equal((await ada.get(`/api/posts/${post.postId}`)).statusCode, 403)
  assert.equal((await ruth.post(`/api/posts/${post.postId}/withdraw`)).statusCode, 403)
})

test('The list is cut in pages that neither skip nor repeat, with counts by status', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const written: string[] = []
  for (let number = 0; number < 7; number += 1)
    written.unshift((await submit(camille, profileId, `Post ${number}`)).postId)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: { items: Post[]; nextCursor: string | null; counts: Record<string, number> } = (
      await camille.get(`/api/posts?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`)
    ).json()
    assert.deepEqual(page.counts, { in_review: 7 })
    seen.push(...page.items.map((item) => item.postId))
    cursor = page.nextCursor
  } while (cursor !== null)
  assert.deepEqual(seen.toSorted(), written.toSorted())
  assert.equal((await camille.get('/api/posts?cursor=zzz')).statusCode, 400)
})
