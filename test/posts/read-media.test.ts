import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemActor } from '#server/platform/actor.ts'
import type { Network } from '#server/platform/network.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { createBlueskyNetwork } from '#server/publishing/bluesky-network.ts'
import { SandboxStore } from '#server/publishing/sandbox-store.ts'
import type { Media, Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, runJobs } from '#test/support/furnish-firm.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

async function upload(author: SignedIn, altText?: string, bytes = redDot): Promise<Media> {
  const answer = await author.inject({ method: 'POST', url: '/api/media', ...imageForm(bytes, altText) })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<Media>()
}

test('A picture is read by its uploader, and by others only once a post that they may read carries it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, ruth, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ruth'),
    await gateway.signIn('ada'),
  ]
  const { mediaId } = await upload(camille)
  const url = `/api/media/${mediaId}`
  assert.deepEqual((await camille.get(url)).rawPayload, redDot)
  assert.equal((await ines.get(url)).statusCode, 404, 'not handed in: the author’s alone')
  const body = { text: 'Look', profileIds: [profileId], mediaIds: [mediaId], submit: true }
  assert.equal((await camille.post('/api/posts', body)).statusCode, 201)
  for (const reader of [ines, ruth]) assert.deepEqual((await reader.get(url)).rawPayload, redDot)
  assert.equal((await ada.get(url)).statusCode, 403, 'an administrator reads no post')
  assert.equal((await gateway.app.inject(url)).statusCode, 401)
})

test('The browser may show the file and may not run it, keeps it for one person and asks each time', async (t) => {
  const { gateway } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const { mediaId, sha256 } = await upload(camille)
  const { headers } = await camille.get(`/api/media/${mediaId}`)
  assert.equal(headers['content-type'], 'image/png')
  assert.match(String(headers['content-disposition']), /^inline; filename="[0-9a-f]{16}\.png"$/)
  assert.match(String(headers['content-security-policy']), /default-src 'none'.*sandbox/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['cache-control'], 'private, no-cache')
  const again = { method: 'GET', url: `/api/media/${mediaId}`, headers: { 'if-none-match': `"${sha256}"` } } as const
  assert.equal((await camille.inject(again)).statusCode, 304)
  assert.equal((await (await gateway.signIn('ines')).inject(again)).statusCode, 404, 'a known digest is no right')
})

test('A film that is under way ends with the session, broken off and not cut short unseen', async (t) => {
  const { gateway } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  // A film by its first bytes, and longer than the two ends of a connection keep.
  const film = Buffer.alloc(34_000_000)
  film.write('00000018667479706d703432000000006d70343269736f6d', 'hex')
  const { mediaId } = await upload(camille, undefined, film)
  const url = `${await gateway.app.listen({ port: 0, host: '127.0.0.1' })}/api/media/${mediaId}`
  const ask = () => fetch(url, { headers: { cookie: camille.headers['cookie']! } })
  assert.equal((await (await ask()).arrayBuffer()).byteLength, film.length)
  const reader = (await ask()).body!.getReader()
  let got = (await reader.read()).value!.length
  await camille.post('/auth/logout')
  await assert.rejects(async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) got += next.value.length
  })
  assert.ok(got < film.length / 2, `${got} bytes came`)
  assert.equal((await ask()).status, 401)
})

test('Players of films ask for a range and get it', async (t) => {
  const { gateway } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const { mediaId } = await upload(camille)
  const ask = (range: string) => camille.inject({ method: 'GET', url: `/api/media/${mediaId}`, headers: { range } })
  const size = redDot.length
  for (const [range, status, bytes] of [
    ['bytes=0-3', 206, redDot.subarray(0, 4)],
    ['bytes=-4', 206, redDot.subarray(size - 4)],
    ['bytes=60-', 206, redDot.subarray(60)],
    ['bytes=60-9999', 206, redDot.subarray(60)],
    ['bytes=5-2', 200, redDot],
    ['lines=1-2', 200, redDot],
  ] as const) {
    const answer = await ask(range)
    assert.deepEqual([answer.statusCode, answer.rawPayload], [status, Buffer.from(bytes)], range)
  }
  assert.equal((await ask('bytes=0-3')).headers['content-range'], `bytes 0-3/${size}`)
  const beyond = await ask(`bytes=${size}-`)
  assert.deepEqual([beyond.statusCode, beyond.headers['content-range']], [416, `bytes */${size}`])
  assert.equal(beyond.json().code, 'range_not_satisfiable')
})

test('While the object store is away the file is told to come later, and nothing of it is guessed', async (t) => {
  const { gateway } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const answer = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(redDot) })
  const { mediaId } = answer.json<Media>()
  await gateway.db
    .insertInto('media')
    .columns(['id', 'uploaded_by', 'sha256', 'mime_type', 'size', 'alt_text', 'object_key', 'created_at'])
    .expression((eb) =>
      eb
        .selectFrom('media')
        .select((row) => [
          row.val('01a00000-0000-7000-8000-000000000001').as('id'),
          'uploaded_by',
          'sha256',
          'mime_type',
          'size',
          'alt_text',
          row.val('media/nowhere').as('object_key'),
          'created_at',
        ])
        .where('id', '=', mediaId),
    )
    .execute()
  const missing = await camille.get('/api/media/01a00000-0000-7000-8000-000000000001')
  assert.deepEqual([missing.statusCode, missing.json().code], [503, 'object_store_unavailable'])
})

test('A description belongs to the revision: it is judged, hashed, approved, kept when rescheduled and published', async (t) => {
  const { gateway, profileId, sandboxDirectory } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const { mediaId } = await upload(camille, 'First words')
  const body = { text: 'Look', profileIds: [profileId], mediaIds: [mediaId] }
  const posted = async (more: object) => (await camille.post('/api/posts', { ...body, ...more })).json<Post>()
  const [plain, other, silent] = [
    await posted({}),
    await posted({ altTexts: { [mediaId]: ' Our door \n' } }),
    await posted({ altTexts: { [mediaId]: '' } }),
  ]
  assert.deepEqual(
    [plain, other, silent].map(({ revision }) => revision.media[0]?.altText),
    ['First words', 'Our door', null],
  )
  assert.equal(new Set([plain, other, silent].map(({ contentHash }) => contentHash)).size, 3)

  const promise = await camille.post('/api/policy/check', { ...body, altTexts: { [mediaId]: 'guaranteed returns' } })
  assert.deepEqual(promise.json<Post>().findings[0]?.spans[0], { start: 0, end: 18, field: 'alt:0' })

  const later = new Date(Date.parse(gateway.clock.now()) + 3_600_000).toISOString()
  const moved = await camille.post(`/api/posts/${other.postId}/reschedule`, { scheduledAt: later })
  assert.equal(moved.json<Post>().revision.media[0]?.altText, 'Our door', moved.body)
  await camille.post(`/api/posts/${other.postId}/reschedule`, { scheduledAt: null })
  const submitted = await camille.post(`/api/posts/${other.postId}/submit`)
  await approve(await gateway.signIn('ines'), submitted.json<Post>())
  await runJobs(gateway)
  const published = await readPost(camille, other.postId)
  assert.equal(published.status, 'published')
  const store = new SandboxStore(sandboxDirectory)
  const picture = (await store.list())[0]?.media[0] ?? assert.fail('nothing was published')
  assert.equal(picture.altText, 'Our door')
  assert.deepEqual(await store.readMedia(picture.sha256), redDot)
})

test('What a network does not take is told when the post is handed in, and nothing is dropped in silence', async (t) => {
  const bluesky: Network = {
    ...createBlueskyNetwork({ http: () => assert.fail('nothing is called before approval') }),
    connect: async () => ({ remoteAccountId: 'did:plc:meridian', settings: {} }),
  }
  const { gateway } = await furnishFirm(t, { sandbox: false, networks: new Map([['bluesky', bluesky]]) })
  const unit = await gateway.db.selectFrom('unit').select('id').where('parent_id', 'is', null).executeTakeFirstOrThrow()
  const named = { network: 'bluesky', handle: 'meridian.test', displayName: 'Meridian', unitId: unit.id }
  const { profileId } = await registerProfile(gateway, systemActor, named)
  await connectProfile(gateway, systemActor, profileId, { credential: 'test' })
  const camille = await gateway.signIn('camille')
  const mediaIds = []
  for (let count = 0; count < 5; count += 1) mediaIds.push((await upload(camille)).mediaId)
  const body = { text: 'Five pictures', profileIds: [profileId], submit: true }
  const refused = await camille.post('/api/posts', { ...body, mediaIds })
  assert.deepEqual([refused.statusCode, refused.json().code], [422, 'unprocessable'], refused.body)
  assert.match(refused.json().detail, /Bluesky takes 4 images, this post has 5/)
  const taken = await camille.post('/api/posts', { ...body, mediaIds: mediaIds.slice(1) })
  assert.equal(taken.statusCode, 201, taken.body)
})

test('A description of a file that the post does not carry is refused, and so is half of a character', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const { mediaId } = await upload(camille)
  const body = { text: 'Look', profileIds: [profileId] }
  const stray = await camille.post('/api/posts', { ...body, altTexts: { [mediaId]: 'x' } })
  assert.deepEqual([stray.statusCode, stray.json().code], [422, 'unprocessable'])
  const halved = await camille.post('/api/posts', { ...body, mediaIds: [mediaId], altTexts: { [mediaId]: '\ud83d' } })
  assert.deepEqual([halved.statusCode, halved.json().code], [400, 'invalid_request'])
})
