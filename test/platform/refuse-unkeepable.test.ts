import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '#server/platform/new-id.ts'
import { findUnkeepable, isReadableTime } from '#server/platform/refuse-unkeepable.ts'
import { startGateway } from '#test/support/start-gateway.ts'

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

test('Text that no record can hold is refused with its place by every call, and nothing breaks', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const ada = await gateway.signIn('ada')
  const answers = [
    await ruth.get(`/api/archive/records?q=${encodeURIComponent('a\u0000b')}`),
    await ada.get('/api/users?q=%00'),
    await ruth.post('/api/holds', { name: 'a\u0000b', reason: 'Inquiry', scope: {} }),
    await ruth.post('/api/holds', { name: 'Inquiry', reason: 'half \ud800', scope: {} }),
    await ruth.post('/api/retention/%00', { years: 6, basis: 'Rule' }),
    await ruth.post(`/api/exports/${newId(gateway.clock.now())}/cancel`, { a: nested(1_000) }),
    await ada.post('/api/tokens', { name: 'NUL \u0000', permissions: ['session.read'] }),
    await ada.post('/api/profiles', { network: 'sandbox', handle: 'x', displayName: 'X', settings: { a: nested(70) } }),
  ]
  for (const answer of answers) {
    assert.equal(answer.statusCode, 400, answer.body)
    const { code, problems } = answer.json<{ code: string; problems: { field: string; message: string }[] }>()
    assert.equal(code, 'invalid_request')
    assert.match(problems[0]!.message, /NUL|half of a character|nested/)
    assert.match(problems[0]!.field, /^(body|querystring|params)\./)
  }
  const named = { name: 'NUL \u0000', permissions: ['session.read'] }
  const french = await ada.post('/api/tokens', named, { 'accept-language': 'fr' })
  assert.match(french.json<{ detail: string }>().detail, /caractère NUL/)
})

test('What has the letters of an id and is none is refused wherever one is asked for', async (t) => {
  const gateway = await startGateway(t)
  const [camille, ines, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ada'),
  ]
  for (const id of ['-'.repeat(36), `urn:uuid:${newId(gateway.clock.now())}`]) {
    const cursor = Buffer.from(`${gateway.clock.now()} ${id}`).toString('base64url')
    const answers = [
      await ada.get(`/api/users?cursor=${id}`),
      await ada.get(`/api/users?ids=${id}`),
      await ada.get(`/api/users?role=reviewer&unit=${id}`),
      await camille.get(`/api/posts?cursor=${cursor}`),
      await camille.get(`/api/posts?author=${id}`),
      await camille.get(`/api/posts/${id}`),
      await ines.get(`/api/reviews?cursor=${cursor}`),
      await ines.get(`/api/reviews?assignee=${id}`),
      await ines.get(`/api/reviews?unit=${id}`),
      await ines.post('/api/stops', { scope: 'unit', scopeId: id, reason: 'x' }),
    ]
    for (const [at, answer] of answers.entries())
      assert.ok([400, 403, 404, 422].includes(answer.statusCode), `${at}: ${answer.statusCode} ${answer.body}`)
  }
})

test('A time that Postgres or JavaScript would read otherwise, or not at all, is refused', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const wrong = [
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59-23:59',
    '9999-12-31T23:59:59-10:00',
    '2026-01-01T00:00:00+18:00',
    '2026-02-30T00:00:00Z',
  ]
  for (const from of wrong) {
    const search = await ruth.get(`/api/archive/records?from=${encodeURIComponent(from)}`)
    assert.equal(search.statusCode, 400, `${from}: ${search.body}`)
    const made = await ruth.post('/api/exports', { reason: 'Inquiry', from })
    assert.equal(made.statusCode, 400, `${from}: ${made.body}`)
  }
  for (const from of ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00.123+05:30', '0001-02-03T00:00:00Z'])
    assert.equal((await ruth.get(`/api/archive/records?from=${encodeURIComponent(from)}`)).statusCode, 200, from)
})

test('What can be kept is taken: names of any script, emoji, controls, and JSON of an ordinary depth', () => {
  for (const value of ['', 'Łódź 🏦', '\u202eabc', '\u0001', nested(60), { a: [{ b: null }, 1, true] }])
    assert.equal(findUnkeepable(value), undefined)
  assert.equal(findUnkeepable({ a: [{ 'b\u0000': 1 }] })?.instancePath, '/a/0')
  assert.equal(findUnkeepable(JSON.parse('[{"a":1e999}]'))?.message, 'is too large a number')
  assert.equal(findUnkeepable(nested(100_000))?.message, 'is nested too deeply')
  assert.ok(isReadableTime('2024-02-29T23:59:59.999-12:00'))
})
