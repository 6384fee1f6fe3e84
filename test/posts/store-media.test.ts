import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Post } from '#shared/api/posts.ts'
import { mediaBytesAtMost } from '#shared/media-limits.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'

test('A picture is kept under its digest, typed by its content and bound into the content hash', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const answer = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(redDot, 'A red dot') })
  assert.equal(answer.statusCode, 201, answer.body)
  const media = answer.json<{ mediaId: string; sha256: string; mimeType: string; altText: string }>()
  assert.equal(media.mimeType, 'image/png')
  assert.equal(media.altText, 'A red dot')
  assert.equal(media.sha256, createHash('sha256').update(redDot).digest('hex'))
  assert.deepEqual(Buffer.from((await gateway.objectStore.get(`media/${media.sha256}`))!), redDot)
  const body = { text: 'Look at this', profileIds: [profileId] }
  const without = (await camille.post('/api/posts', body)).json<Post>()
  const withMedia = (await camille.post('/api/posts', { ...body, mediaIds: [media.mediaId] })).json<Post>()
  assert.deepEqual(withMedia.revision.mediaIds, [media.mediaId])
  assert.notEqual(withMedia.contentHash, without.contentHash)
})

test('What is no picture or film is refused, whatever it calls itself, and another person’s media is not there', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  for (const bytes of [
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    Buffer.from(''),
    Buffer.from('MZ executable'),
  ]) {
    const refused = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(bytes) })
    assert.equal(refused.statusCode, 415, refused.body)
  }
  assert.equal((await camille.inject({ method: 'POST', url: '/api/media', payload: { file: 'x' } })).statusCode, 415)
  const unknown = await camille.post('/api/posts', {
    text: 'x',
    profileIds: [profileId],
    mediaIds: ['01a00000-0000-7000-8000-000000000000'],
  })
  assert.equal(unknown.statusCode, 422)
})

test('A file that is too large is refused as such, with the limit', async (t) => {
  const { gateway } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const large = Buffer.concat([redDot, Buffer.alloc(mediaBytesAtMost)])
  const refused = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(large) })
  assert.deepEqual([refused.statusCode, refused.json().code], [413, 'too_large'], refused.body)
  assert.match(refused.json().detail, /50 MB/)
})

test('An upload that is repeated with its key is known by its content, not by its length or its boundary', async (t) => {
  const { gateway } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const upload = (bytes: Buffer, altText: string, boundary = 'b') => {
    const { payload } = imageForm(bytes, altText)
    const drawn = Buffer.from(payload.toString('latin1').replaceAll('--b', `--${boundary}`), 'latin1')
    return camille.inject({
      method: 'POST',
      url: '/api/media',
      payload: drawn,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'idempotency-key': 'one' },
    })
  }
  const first = await upload(redDot, 'A red dot')
  assert.equal(first.statusCode, 201, first.body)
  const again = await upload(redDot, 'A red dot', 'another')
  assert.deepEqual([again.statusCode, again.body], [201, first.body])
  assert.equal(again.headers['idempotency-replayed'], 'true')
  const altered = Buffer.from(redDot)
  altered[altered.length - 1]! ^= 1
  for (const other of [await upload(altered, 'A red dot'), await upload(redDot, 'A tan dot')])
    assert.deepEqual([other.statusCode, other.json<{ code: string }>().code], [409, 'idempotency_conflict'])
})
