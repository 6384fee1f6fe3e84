import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comesFromHere } from '#server/identity/refuse-forgery.ts'
import { publicUrl } from '#test/support/demo-provider.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'

const body = { name: 'forged' }

test('what a browser says of a request’s origin is believed when it names another', () => {
  const cases: readonly [Record<string, string>, boolean][] = [
    [{}, true],
    [{ 'sec-fetch-site': 'same-origin', origin: publicUrl }, true],
    [{ origin: publicUrl }, true],
    [{ referer: `${publicUrl}/queue` }, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8080', host: 'localhost:8080' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: publicUrl }, false],
    [{ 'sec-fetch-site': 'same-site', origin: publicUrl }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ origin: 'https://evil.example' }, false],
    [{ origin: 'https://evil.example', host: 'evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ origin: `${publicUrl}.evil.example` }, false],
    [{ referer: 'https://evil.example/?http://127.0.0.1:8080' }, false],
    [{ referer: 'nonsense' }, false],
  ]
  for (const [headers, ours] of cases) assert.equal(comesFromHere(publicUrl, headers), ours, JSON.stringify(headers))
})

test('a writing request from another site is refused and recorded, a reading one is answered', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const cookie = ruth.headers['cookie'] ?? ''
  const send = (headers: Record<string, string>) =>
    gateway.app.inject({ method: 'POST', url: '/api/tokens', headers: { cookie, ...headers }, payload: body })
  const forged = await send({ origin: 'https://evil.example' })
  assert.deepEqual([forged.statusCode, forged.json().code], [403, 'csrf_refused'])
  assert.equal((await send({ 'sec-fetch-site': 'cross-site', 'x-csrf-token': 'guessed' })).statusCode, 403)
  assert.equal((await recordsOf(gateway, 'permission.denied')).length, 2)
  assert.equal(
    (await gateway.app.inject({ url: '/api/me', headers: { cookie, origin: 'https://evil.example' } })).statusCode,
    200,
  )
})

test('the session’s own token, the same origin, or a script that is no browser may write', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const cookie = ruth.headers['cookie'] ?? ''
  const token = ruth.headers['x-csrf-token'] ?? ''
  const send = async (headers: Record<string, string>) =>
    (await gateway.app.inject({ method: 'POST', url: '/api/tokens', headers: { cookie, ...headers }, payload: body }))
      .statusCode
  assert.equal(await send({ origin: 'https://proxy.example', 'x-csrf-token': token }), 201)
  assert.equal(await send({ origin: publicUrl, 'sec-fetch-site': 'same-origin' }), 201)
  assert.equal(await send({}), 201)
  const other = await gateway.signIn('tom')
  assert.equal(
    await send({ origin: 'https://evil.example', 'x-csrf-token': other.headers['x-csrf-token'] ?? '' }),
    403,
    'another session’s token',
  )
})

test('a form that a foreign page posts is not read as JSON', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/api/tokens',
    headers: { cookie: ruth.headers['cookie'] ?? '', 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'name=forged',
  })
  assert.equal(answer.statusCode, 415)
})
