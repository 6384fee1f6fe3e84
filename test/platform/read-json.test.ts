import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { scimToken } from '#test/identity/scim-client.ts'
import { startGateway } from '#test/support/start-gateway.ts'

const half = Buffer.concat([Buffer.from('{"text":"a'), Buffer.from([0xff, 0xc0]), Buffer.from('b"}')])

const bodies: readonly [title: string, body: Buffer, headers: Record<string, string>, code: string, words: RegExp][] = [
  ['bytes that are no UTF-8', half, {}, 'invalid_request', /UTF-8/],
  ['UTF-16', Buffer.from('{"text":"a"}', 'utf16le'), {}, 'invalid_request', /not valid JSON/],
  ['nothing', Buffer.alloc(0), {}, 'invalid_request', /not valid JSON/],
  ['a key that every object inherits', Buffer.from('{"__proto__":{"submit":true}}'), {}, 'invalid_request', /JSON/],
  [
    'a compressed body',
    gzipSync('{"text":"a"}'),
    { 'content-encoding': 'gzip' },
    'unsupported_media',
    /Content-Encoding/,
  ],
]

test('A body that is not what it says is refused in words, and nothing is kept of it', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  for (const [title, payload, more, code, words] of bodies) {
    const headers = { 'content-type': 'application/json', ...more }
    const answer = await camille.inject({ method: 'POST', url: '/api/posts', headers, payload })
    assert.deepEqual([answer.json().code, answer.headers['content-type']], [code, 'application/problem+json'], title)
    assert.match(answer.json().detail, words, title)
  }
  assert.equal((await gateway.db.selectFrom('post').select('id').execute()).length, 0)
})

test('A provisioning client is refused the same in its protocol’s form', async (t) => {
  const { app } = await startGateway(t, { config: { scimToken } })
  const headers = { authorization: `Bearer ${scimToken}`, 'content-type': 'application/scim+json' }
  const answer = await app.inject({ method: 'POST', url: '/scim/v2/Users', headers, payload: half })
  assert.deepEqual([answer.statusCode, answer.json().status], [400, '400'])
  assert.match(answer.json().detail, /UTF-8/)
})
