import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApp } from '#server/app.ts'
import { startGateway } from '#test/support/start-gateway.ts'

const rateLimits = { signInPerMinute: 3, sessionWritesPerMinute: 2, tokenWritesPerMinute: 2 }

test('sign-ins are counted for all processes together, by address, a minute at a time', async (t) => {
  const gateway = await startGateway(t, { config: { rateLimits } })
  const second = await buildApp(gateway)
  t.after(() => second.close())
  const ask = async (app: typeof second, remoteAddress = '203.0.113.7') =>
    (await app.inject({ url: '/auth/login', remoteAddress })).statusCode
  assert.deepEqual([await ask(gateway.app), await ask(second), await ask(gateway.app)], [302, 302, 302])
  assert.deepEqual([await ask(second), await ask(gateway.app)], [429, 429])
  assert.equal(await ask(second, '203.0.113.8'), 302, 'another address')
  const guess = await second.inject({
    method: 'POST',
    url: '/auth/examiner',
    remoteAddress: '203.0.113.7',
    payload: { secret: 'x'.repeat(40) },
  })
  assert.equal(guess.statusCode, 429, 'secrets are not guessed beside it')
  assert.match(guess.json().detail, /Wait 60 seconds/)
  gateway.clock.advance(60_000)
  assert.equal(await ask(second), 302)
  const kept = await gateway.db.selectFrom('sign_in_count').selectAll().execute()
  assert.equal(kept.length, 1, 'minutes that are over are forgotten')
  assert.doesNotMatch(String(kept[0]?.source), /203/)
})

test('who calls through a proxy is told apart only when the operator trusts that proxy', async (t) => {
  const ask = (app: Awaited<ReturnType<typeof buildApp>>, caller: string) =>
    app.inject({ url: '/auth/login', remoteAddress: '10.0.0.5', headers: { 'x-forwarded-for': caller } })
  const gateway = await startGateway(t, { config: { rateLimits: { ...rateLimits, signInPerMinute: 1 } } })
  const statuses = async (app: typeof gateway.app) => [
    (await ask(app, '203.0.113.7')).statusCode,
    (await ask(app, '203.0.113.8')).statusCode,
  ]
  assert.deepEqual(await statuses(gateway.app), [302, 429], 'an invented address is no way around the limit')
  const behind = await buildApp({ ...gateway, config: { ...gateway.config, trustedProxies: ['10.0.0.0/8'] } })
  t.after(() => behind.close())
  assert.deepEqual(await statuses(behind), [302, 302])
})

test('people who sign in do not keep the provider from ending sessions', async (t) => {
  const gateway = await startGateway(t, { config: { rateLimits } })
  for (let count = 0; count < 4; count += 1) await gateway.app.inject({ url: '/auth/login' })
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/auth/backchannel-logout',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'logout_token=x',
  })
  assert.equal(answer.json().code, 'invalid_request')
})
