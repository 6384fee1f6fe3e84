import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { findRepeatedName } from '#server/platform/find-repeated-name.ts'
import { scimToken } from '#test/identity/scim-client.ts'
import { startGateway } from '#test/support/start-gateway.ts'

const half = Buffer.concat([Buffer.from('{"text":"a'), Buffer.from([0xff, 0xc0]), Buffer.from('b"}')])

const bodies: readonly [title: string, body: Buffer, headers: Record<string, string>, code: string, words: RegExp][] = [
  ['bytes that are no UTF-8', half, {}, 'invalid_request', /UTF-8/],
  ['UTF-16', Buffer.from('{"text":"a"}', 'utf16le'), {}, 'invalid_request', /not valid JSON/],
  ['nothing', Buffer.alloc(0), {}, 'invalid_request', /not valid JSON/],
  ['a key that every object inherits', Buffer.from('{"__proto__":{"submit":true}}'), {}, 'invalid_request', /JSON/],
  [
    'one thing said twice',
    Buffer.from('{"text":"harmless","profileIds":[],"te\\u0078t":"guaranteed"}'),
    {},
    'invalid_request',
    /“text” twice/,
  ],
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

/** JSON with each object as the pairs that a text says, in their order. */
type Said = string | number | null | readonly Said[] | { readonly pairs: readonly (readonly [string, Said])[] }

const { said } = fc.letrec<{ said: Said }>((tie) => ({
  said: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Said>('"', '\\', '{"a":1,"a":2}', 'a:', 1, null),
    fc.string({ unit: 'binary' }),
    fc.array(tie('said')),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'A', '', '"', '\\', 'a"', '":', '{'), tie('said')), { maxLength: 4 })
      .map((pairs) => ({ pairs })),
  ),
}))

function write(value: Said, space: string): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (!('pairs' in value)) return `[${space}${value.map((one) => write(one, space)).join(`${space},`)}]`
  const pairs = value.pairs.map(([name, one]) => `${JSON.stringify(name)}${space}:${space}${write(one, space)}`)
  return `{${space}${pairs.join(`,${space}`)}}`
}

function repeats(value: Said): boolean {
  if (value === null || typeof value !== 'object') return false
  if (!('pairs' in value)) return value.some(repeats)
  const names = value.pairs.map(([name]) => name)
  return new Set(names).size < names.length || value.pairs.some(([, one]) => repeats(one))
}

test('A name said twice in one object is found wherever it stands, and nothing else is', () => {
  fc.assert(
    fc.property(said, fc.constantFrom('', ' ', '\n\t '), (value, space) => {
      assert.equal(findRepeatedName(write(value, space)) !== undefined, repeats(value), write(value, space))
    }),
    { numRuns: 500 },
  )
  assert.equal(findRepeatedName('[{"a":{"c":1,"b":[{"b":0}],"c":2}}]'), 'c')
  // Letters that look alike are told apart, and one letter is found however it is written.
  assert.equal(findRepeatedName('{"\\u0061\\/":1,"a/":2}'), 'a/')
  assert.equal(findRepeatedName('{"a":1,"\u0430":2}'), undefined)
  const began = process.cpuUsage()
  for (const hostile of ['\\"', '\\\\', '{', ' ', '":'])
    findRepeatedName(JSON.stringify({ text: hostile.repeat(2_000_000) }) + ' '.repeat(2_000_000))
  const { user } = process.cpuUsage(began)
  assert.ok(user < 3_000_000, `${user} µs for 40 MB`)
})

test('A provisioning client is refused the same in its protocol’s form', async (t) => {
  const { app } = await startGateway(t, { config: { scimToken } })
  const headers = { authorization: `Bearer ${scimToken}`, 'content-type': 'application/scim+json' }
  const answer = await app.inject({ method: 'POST', url: '/scim/v2/Users', headers, payload: half })
  assert.deepEqual([answer.statusCode, answer.json().status], [400, '400'])
  assert.match(answer.json().detail, /UTF-8/)
})
