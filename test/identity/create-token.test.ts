import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a token acts for its owner without a cookie, is shown once, and is stored hashed', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const made = (await ruth.post('/api/tokens', { name: 'monitor' })).json()
  const me = await gateway.app.inject({ url: '/api/me', headers: bearer(made.token) })
  assert.equal(me.json().displayName, 'Ruth Okafor')
  assert.equal(me.json().csrfToken, null)
  const listed = await ruth.get('/api/tokens')
  assert.ok(!listed.body.includes(made.token))
  assert.equal(listed.json().items[0].lastUsedAt, gateway.clock.now())
  const rows = await gateway.db.selectFrom('api_token').selectAll().execute()
  assert.ok(!JSON.stringify(rows).includes(made.token.slice(10)))
  assert.deepEqual(
    (await recordsOf(gateway, 'token.created')).map(({ content }) => content['name']),
    ['monitor'],
  )
})

test('a token does what its scopes say, never what its owner cannot', async (t) => {
  const gateway = await startGateway(t)
  const ada = await gateway.signIn('ada')
  const wider = await ada.post('/api/tokens', { name: 'wide', scopes: ['post.write'] })
  assert.deepEqual([wider.statusCode, wider.json().code], [403, 'forbidden'])
  const made = (await ada.post('/api/tokens', { name: 'units', scopes: ['unit.read'] })).json()
  const as = (url: string, method: 'GET' | 'POST' = 'GET') =>
    gateway.app.inject({
      method,
      url,
      headers: bearer(made.token),
      ...(method === 'POST' ? { payload: { name: 'more' } } : {}),
    })
  assert.equal((await as('/api/units')).statusCode, 200)
  assert.equal((await as('/api/users')).statusCode, 403)
  assert.equal((await as('/api/tokens', 'POST')).statusCode, 403)
})

test('a token makes no tokens, so that a stolen one ends with its revocation', async (t) => {
  const gateway = await startGateway(t)
  const ada = await gateway.signIn('ada')
  const made = (await ada.post('/api/tokens', { name: 'all' })).json()
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/api/tokens',
    headers: bearer(made.token),
    payload: { name: 'child' },
  })
  assert.equal(answer.statusCode, 403)
})

test('a token ends when it is revoked, when its time is over, and when its owner loses access', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const make = async () => (await ruth.post('/api/tokens', { name: 'monitor', expiresInDays: 1 })).json()
  const status = async (token: string) =>
    (await gateway.app.inject({ url: '/api/me', headers: bearer(token) })).statusCode
  const [revoked, expiring, orphaned] = [await make(), await make(), await make()]
  const answer = await ruth.inject({ method: 'DELETE', url: `/api/tokens/${revoked.tokenId}` })
  assert.equal(answer.json().revokedAt, gateway.clock.now())
  assert.deepEqual([await status(revoked.token), await status(expiring.token)], [401, 200])
  await gateway.db.updateTable('app_user').set({ active: false }).execute()
  assert.equal(await status(orphaned.token), 401)
  await gateway.db.updateTable('app_user').set({ active: true }).execute()
  gateway.clock.advance(86_400_000)
  assert.equal(await status(expiring.token), 401)
})

test('another person’s token cannot be revoked, and is not said to exist', async (t) => {
  const gateway = await startGateway(t)
  const made = (await (await gateway.signIn('ruth')).post('/api/tokens', { name: 'monitor' })).json()
  const camille = await gateway.signIn('camille')
  const answer = await camille.inject({ method: 'DELETE', url: `/api/tokens/${made.tokenId}` })
  assert.deepEqual([answer.statusCode, answer.json().code], [404, 'not_found'])
  assert.equal((await gateway.app.inject({ url: '/api/me', headers: bearer(made.token) })).statusCode, 200)
})
