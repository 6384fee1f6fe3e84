import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { JWTPayload } from 'jose'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { signInWithForm } from '#test/support/browse.ts'
import { providerClient, publicUrl } from '#test/support/demo-provider.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { gatewayBrowser } from './gateway-browser.ts'
import { foreignKey, sign, startLyingProvider, type LyingProvider } from './lying-provider.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'

async function startWith(t: TestContext) {
  const provider = await startLyingProvider(t)
  const oidc = {
    issuer: provider.issuer,
    ...providerClient,
    groupsClaim: 'groups',
    groupRoles: demoGroupRoles,
    scope: 'openid profile email groups',
  }
  return { provider, gateway: await startGateway(t, { config: { oidc } }) }
}

function sendLogout(gateway: TestGateway, token: string) {
  return gateway.app.inject({
    method: 'POST',
    url: '/auth/backchannel-logout',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ logout_token: token }).toString(),
  })
}

function logoutClaims(provider: LyingProvider, more: Record<string, unknown>): JWTPayload {
  return {
    iss: provider.issuer,
    aud: providerClient.clientId,
    iat: Math.floor(performance.timeOrigin / 1000 + performance.now() / 1000),
    jti: randomUUID(),
    events: { [event]: {} },
    ...more,
  }
}

test('signing out ends the session at once, here and at the provider, and a stolen cookie is worth nothing', async (t) => {
  const gateway = await startGateway(t)
  const browser = gatewayBrowser(gateway)
  await signInWithForm(browser, `${publicUrl}/auth/login?returnTo=/api/me`, 'ruth')
  const stolen = browser.cookieHeader(publicUrl)
  const answer = await browser.postForm(`${publicUrl}/auth/logout`, {}, { accept: 'application/json' })
  assert.equal(
    (await gateway.app.inject({ url: '/api/me', headers: { cookie: stolen } })).json().code,
    'session_expired',
  )
  assert.doesNotMatch(browser.cookieHeader(publicUrl), /gateway_session/)
  const asked = await browser.get(JSON.parse(answer.body).redirectTo)
  assert.match(asked.body, /<form/)
  const action = /action="([^"]+)"/.exec(asked.body)?.[1] ?? ''
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.body)?.[1] ?? ''
  const home = await browser.postForm(action, { xsrf, logout: 'yes' })
  assert.equal(home.url, `${publicUrl}/`)
  const again = await browser.get(`${publicUrl}/auth/login`)
  assert.match(again.body, /name="password"/, 'the provider asks who it is')
  assert.deepEqual(
    (await recordsOf(gateway, 'session.ended')).map(({ content }) => content['because']),
    ['signed_out'],
  )
})

test('the provider ends a session by its sid, or all of a person by sub', async (t) => {
  const { provider, gateway } = await startWith(t)
  const [one, two, tom] = [await gateway.signIn('ruth'), await gateway.signIn('ruth'), await gateway.signIn('tom')]
  const rows = await gateway.db
    .selectFrom('user_session')
    .innerJoin('app_user', 'app_user.id', 'user_session.user_id')
    .select('provider_sid')
    .where('subject', '=', 'ruth')
    .execute()
  const sid = String(rows[0]?.provider_sid)
  const status = async () =>
    Promise.all([one, two, tom].map(async (person) => (await person.get('/api/me')).statusCode))
  assert.equal(
    (
      await sendLogout(
        gateway,
        await sign(logoutClaims(provider, { sid }), provider.key, { kid: provider.kid, typ: 'logout+jwt' }),
      )
    ).statusCode,
    200,
  )
  const after = await status()
  assert.deepEqual([after.filter((code) => code === 401).length, after[2]], [1, 200])
  assert.equal(
    (
      await sendLogout(
        gateway,
        await sign(logoutClaims(provider, { sub: 'ruth' }), provider.key, { kid: provider.kid }),
      )
    ).statusCode,
    200,
  )
  assert.deepEqual(await status(), [401, 401, 200])
})

test('a logout token as some providers send it, of type JWT and without exp, is taken', async (t) => {
  const { provider, gateway } = await startWith(t)
  const ruth = await gateway.signIn('ruth')
  const token = await sign(logoutClaims(provider, { sub: 'ruth', jti: undefined }), provider.key, {
    kid: provider.kid,
    typ: 'JWT',
  })
  assert.equal((await sendLogout(gateway, token)).statusCode, 200)
  assert.equal((await ruth.get('/api/me')).statusCode, 401)
})

test('a logout token that is sent again ends no session that began after it', async (t) => {
  const { provider, gateway } = await startWith(t)
  const before = await gateway.signIn('ruth')
  const token = await sign(logoutClaims(provider, { sub: 'ruth' }), provider.key, { kid: provider.kid })
  assert.equal((await sendLogout(gateway, token)).statusCode, 200)
  assert.equal((await before.get('/api/me')).statusCode, 401)
  gateway.clock.set(new Date(Date.now() + 60_000).toISOString())
  const after = await gateway.signIn('ruth')
  assert.equal((await sendLogout(gateway, token)).statusCode, 200)
  assert.equal((await after.get('/api/me')).statusCode, 200)
})

test('a logout token that proves nothing ends nothing', async (t) => {
  const { provider, gateway } = await startWith(t)
  const ruth = await gateway.signIn('ruth')
  const kid = provider.kid
  const wrong = {
    'with a foreign signature': sign(logoutClaims(provider, { sub: 'ruth' }), foreignKey, { kid }),
    'from another issuer': sign(
      logoutClaims(provider, { sub: 'ruth', iss: 'https://elsewhere.example' }),
      provider.key,
      { kid },
    ),
    'for another client': sign(logoutClaims(provider, { sub: 'ruth', aud: 'another' }), provider.key, { kid }),
    'without the event': sign(logoutClaims(provider, { sub: 'ruth', events: {} }), provider.key, { kid }),
    'with a nonce, as an ID token has': sign(logoutClaims(provider, { sub: 'ruth', nonce: 'x' }), provider.key, {
      kid,
    }),
    'naming nobody': sign(logoutClaims(provider, {}), provider.key, { kid }),
    'that is old': sign(logoutClaims(provider, { sub: 'ruth', iat: 1_700_000_000 }), provider.key, { kid }),
    'that is no token': Promise.resolve('no.token.atall'),
  }
  for (const [what, token] of Object.entries(wrong)) {
    const answer = await sendLogout(gateway, await token)
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'invalid_request'], what)
  }
  assert.equal((await ruth.get('/api/me')).statusCode, 200)
})

test('a session ends when nobody uses it, and at its latest after the absolute limit', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  gateway.clock.advance(29 * 60_000)
  assert.equal((await ruth.get('/api/me')).statusCode, 200)
  gateway.clock.advance(29 * 60_000)
  assert.equal((await ruth.get('/api/me')).statusCode, 200, 'use keeps it open')
  gateway.clock.advance(30 * 60_000)
  assert.equal((await ruth.get('/api/me')).json().code, 'session_expired')
  const tom = await gateway.signIn('tom')
  for (let half = 0; half < 48; half += 1) {
    gateway.clock.advance(15 * 60_000)
    if (half < 47) assert.equal((await tom.get('/api/me')).statusCode, 200)
  }
  assert.equal((await tom.get('/api/me')).statusCode, 401)
  assert.deepEqual(
    (await recordsOf(gateway, 'session.ended')).map(({ content }) => content['because']),
    ['idle', 'expired'],
  )
})

test('people see and end their own sessions, never another’s', async (t) => {
  const gateway = await startGateway(t)
  const [desk, phone, tom] = [await gateway.signIn('ruth'), await gateway.signIn('ruth'), await gateway.signIn('tom')]
  const { items } = (await desk.get('/api/sessions')).json()
  assert.equal(items.length, 2)
  const other = items.find((session: { current: boolean }) => !session.current)
  assert.equal((await tom.inject({ method: 'DELETE', url: `/api/sessions/${other.sessionId}` })).statusCode, 404)
  assert.equal((await desk.inject({ method: 'DELETE', url: `/api/sessions/${other.sessionId}` })).statusCode, 200)
  assert.equal((await phone.get('/api/me')).statusCode, 401)
  assert.equal((await desk.get('/api/me')).statusCode, 200)
})

test('a cookie that we did not sign is no session', async (t) => {
  const gateway = await startGateway(t)
  await gateway.signIn('ruth')
  const { id } = await gateway.db.selectFrom('user_session').select('id').executeTakeFirstOrThrow()
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const cookie of [
    `gateway_session=${part({ alg: 'none' })}.${part({ sid: id })}.`,
    `gateway_session=${id}`,
    'gateway_session=',
  ]) {
    assert.equal((await gateway.app.inject({ url: '/api/me', headers: { cookie } })).json().code, 'unauthenticated')
  }
})
