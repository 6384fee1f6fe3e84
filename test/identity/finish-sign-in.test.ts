import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as settle } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { exportJWK, UnsecuredJWT } from 'jose'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { startOpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { signInWithForm } from '#test/support/browse.ts'
import { providerClient, publicUrl } from '#test/support/demo-provider.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { gatewayBrowser } from './gateway-browser.ts'
import { foreignKey, sign, startLyingProvider, type Lie, type LyingProvider } from './lying-provider.ts'

const loginUrl = `${publicUrl}/auth/login`

function oidc(provider: LyingProvider) {
  return {
    issuer: provider.issuer,
    ...providerClient,
    groupsClaim: 'groups',
    groupRoles: demoGroupRoles,
    scope: 'openid profile email groups',
  }
}

async function startWith(t: TestContext) {
  const provider = await startLyingProvider(t)
  const gateway = await startGateway(t, { config: { oidc: oidc(provider) } })
  return { provider, gateway }
}

test('a demo person signs in and sees their roles, permissions and unit', async (t) => {
  const gateway = await startGateway(t)
  const ines = await gateway.signIn('ines')
  const me = (await ines.get('/api/me')).json()
  assert.equal(me.displayName, 'Inès Moreau')
  assert.deepEqual(me.roles.map((held: { role: string }) => held.role).toSorted(), ['policy_owner', 'reviewer'])
  assert.equal(me.unit.name, 'Firm')
  assert.ok(me.permissions.includes('review.decide'))
  assert.ok(!me.permissions.includes('post.write'))
})

test('the first sign-in enters the person with their roles, and each act is a record', async (t) => {
  const gateway = await startGateway(t)
  await gateway.signIn('ruth')
  await gateway.signIn('ruth')
  const [provisioned, ...more] = await recordsOf(gateway, 'user.provisioned')
  assert.equal(provisioned?.content['displayName'], 'Ruth Okafor')
  assert.deepEqual(more, [])
  const granted = await recordsOf(gateway, 'role.granted')
  assert.deepEqual(granted.map(({ content }) => String(content['role'])).toSorted(), ['auditor', 'records_officer'])
  const started = await recordsOf(gateway, 'session.started')
  assert.equal(started.length, 2)
  assert.deepEqual(started[0]?.content['groups'], ['audit', 'records'])
})

test('two first sign-ins of one person at once enter one person', async (t) => {
  const gateway = await startGateway(t)
  await Promise.all([gateway.signIn('tom'), gateway.signIn('tom'), gateway.signIn('tom')])
  assert.equal((await recordsOf(gateway, 'user.provisioned')).length, 1)
  assert.equal((await recordsOf(gateway, 'session.started')).length, 3)
})

const lies: Readonly<Record<string, Lie>> = {
  'is signed with a key that is not the provider’s': (claims, { kid }) => sign(claims, foreignKey, { kid }),
  'is signed with an unknown key': (claims) => sign(claims, foreignKey, { kid: 'unknown' }),
  'is not signed at all (alg none)': (claims) => new UnsecuredJWT(claims).encode(),
  'comes from another issuer': (claims, { kid }) =>
    sign({ ...claims, iss: 'https://elsewhere.example' }, key(), { kid }),
  'is for another audience': (claims, { kid }) => sign({ ...claims, aud: 'another-client' }, key(), { kid }),
  'carries another nonce': (claims, { kid }) => sign({ ...claims, nonce: 'guessed' }, key(), { kid }),
  'carries no nonce': ({ nonce: _nonce, ...claims }, { kid }) => sign(claims, key(), { kid }),
  'has expired beyond the tolerance': (claims, { kid }) =>
    sign({ ...claims, iat: 1_600_000_000, exp: 1_600_000_600 }, key(), { kid }),
  'was issued to several with another authorised party': (claims, { kid }) =>
    sign({ ...claims, aud: [providerClient.clientId, 'another'], azp: 'another' }, key(), { kid }),
  'has no subject': ({ sub: _sub, ...claims }, { kid }) => sign(claims, key(), { kid }),
  'has an empty subject': (claims, { kid }) => sign({ ...claims, sub: '' }, key(), { kid }),
  'has a subject longer than the standard knows': (claims, { kid }) =>
    sign({ ...claims, sub: 'x'.repeat(256) }, key(), { kid }),
  'names an endless session of the provider': (claims, { kid }) =>
    sign({ ...claims, sid: 'x'.repeat(256) }, key(), { kid }),
  'holds a NUL in the name': (claims, { kid }) => sign({ ...claims, name: 'Ruth\u0000' }, key(), { kid }),
  'holds a NUL in the unit': (claims, { kid }) => sign({ ...claims, unit: '\u0000' }, key(), { kid }),
  'holds a NUL in the provider’s session': (claims, { kid }) => sign({ ...claims, sid: 'a\u0000' }, key(), { kid }),
  'holds half of a character in a group': (claims, { kid }) =>
    sign({ ...claims, groups: ['audit', '\ud800'] }, key(), { kid }),
}
let providerUnderTest: LyingProvider
function key() {
  return providerUnderTest.key
}

test('an ID token that does not prove the person opens no session', async (t) => {
  const { provider, gateway } = await startWith(t)
  providerUnderTest = provider
  for (const [what, lie] of Object.entries(lies)) {
    await t.test(`a token that ${what}`, async () => {
      provider.lie(lie)
      const browser = gatewayBrowser(gateway)
      const end = await signInWithForm(browser, loginUrl, 'ruth')
      assert.equal(end.status, 401, end.body)
      assert.equal(JSON.parse(end.body).code, 'unauthenticated')
      assert.doesNotMatch(browser.cookieHeader(publicUrl), /session/)
    })
  }
  assert.deepEqual(await recordsOf(gateway, 'session.started'), [])
  assert.equal((await recordsOf(gateway, 'session.refused')).length, Object.keys(lies).length)
  provider.lie(undefined)
  assert.equal((await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')).status, 200)
})

test('a provider whose clock is a little fast or slow is believed', async (t) => {
  const { provider, gateway } = await startWith(t)
  for (const seconds of [-20, 20]) {
    provider.lie((claims, { kid }) =>
      sign({ ...claims, iat: (claims.iat ?? 0) + seconds, nbf: (claims.iat ?? 0) + seconds }, provider.key, { kid }),
    )
    assert.equal((await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')).status, 200)
  }
})

test('odd times, long names and unproven addresses neither break a sign-in nor are kept', async (t) => {
  const { provider, gateway } = await startWith(t)
  const email = `${'x'.repeat(320)}@demo.example`
  provider.lie((claims, { kid }) =>
    sign({ ...claims, iat: 9e15, exp: 9e15, name: `${'x'.repeat(199)}😀`, email }, provider.key, { kid }),
  )
  const signIn = () => signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')
  const long = await signIn()
  assert.equal(long.status, 200, long.body)
  assert.equal(JSON.parse(long.body).displayName, 'x'.repeat(199))
  assert.equal(JSON.parse(long.body).email, null)
  provider.lie((claims, { kid }) => sign({ ...claims, email_verified: 'false' }, provider.key, { kid }))
  assert.equal(JSON.parse((await signIn()).body).email, null, 'some providers write booleans as text')
})

test('a code that was used once opens no second session', async (t) => {
  const { gateway } = await startWith(t)
  const browser = gatewayBrowser(gateway)
  const started = await gateway.app.inject({ url: '/auth/login' })
  const cookie = String(started.headers['set-cookie']).split(';')[0] ?? ''
  const callback = await stopAtCallback(browser, String(started.headers.location))
  const first = await gateway.app.inject({ url: callback, headers: { cookie } })
  const replayed = await gateway.app.inject({ url: callback, headers: { cookie } })
  assert.deepEqual([first.statusCode, replayed.statusCode], [302, 401])
  assert.equal((await recordsOf(gateway, 'session.started')).length, 1)
})

/** Signs ruth in at the provider and answers the callback's path without the browser going there with its cookie. */
async function stopAtCallback(browser: ReturnType<typeof gatewayBrowser>, authorization: string): Promise<string> {
  const end = await signInWithForm(browser, authorization, 'ruth')
  assert.equal(end.status, 400, 'the browser does not carry the sign-in cookie')
  return end.url.slice(publicUrl.length)
}

test('the answer to somebody else’s sign-in is not taken: the state belongs to one browser', async (t) => {
  const { gateway } = await startWith(t)
  const attacker = gatewayBrowser(gateway)
  const victim = gatewayBrowser(gateway)
  const started = await gateway.app.inject({ url: '/auth/login' })
  const callback = await stopAtCallback(attacker, String(started.headers.location))
  const fixed = await victim.get(publicUrl + callback)
  assert.deepEqual([fixed.status, JSON.parse(fixed.body).code], [400, 'invalid_request'])
  const own = await gateway.app.inject({ url: '/auth/login' })
  const mixed = await gateway.app.inject({
    url: callback,
    headers: { cookie: String(own.headers['set-cookie']).split(';')[0] ?? '' },
  })
  assert.equal(mixed.statusCode, 400)
  assert.deepEqual(await recordsOf(gateway, 'session.started'), [])
})

test('a sign-in that takes longer than ten minutes begins again', async (t) => {
  const { gateway } = await startWith(t)
  const started = await gateway.app.inject({ url: '/auth/login' })
  const callback = await stopAtCallback(gatewayBrowser(gateway), String(started.headers.location))
  gateway.clock.advance(10 * 60_000)
  const late = await gateway.app.inject({
    url: callback,
    headers: { cookie: String(started.headers['set-cookie']).split(';')[0] ?? '' },
  })
  assert.equal(late.statusCode, 400)
})

test('an authorisation response from another issuer is refused (mix-up)', async (t) => {
  const { gateway } = await startWith(t)
  const started = await gateway.app.inject({ url: '/auth/login' })
  const callback = await stopAtCallback(gatewayBrowser(gateway), String(started.headers.location))
  const mixedUp = callback.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Felsewhere.example')
  assert.notEqual(mixedUp, callback)
  const answer = await gateway.app.inject({
    url: mixedUp,
    headers: { cookie: String(started.headers['set-cookie']).split(';')[0] ?? '' },
  })
  assert.equal(answer.statusCode, 401)
})

test('people see the console’s sign-in page with the reason, programs a problem document', async (t) => {
  const { gateway } = await startWith(t)
  const page = await gateway.app.inject({
    url: '/auth/callback?error=access_denied&state=x',
    headers: { accept: 'text/html' },
  })
  assert.equal(page.headers.location, '/login?error=invalid_request')
})

test('each sign-in starts a new session and ends the one that the browser carried (session fixation)', async (t) => {
  const gateway = await startGateway(t)
  const browser = gatewayBrowser(gateway)
  await signInWithForm(browser, `${loginUrl}?returnTo=/api/me`, 'ruth')
  const before = browser.cookieHeader(publicUrl)
  await browser.get(`${loginUrl}?returnTo=/api/me`)
  assert.notEqual(browser.cookieHeader(publicUrl), before)
  const old = await gateway.app.inject({ url: '/api/me', headers: { cookie: before } })
  assert.deepEqual([old.statusCode, old.json().code], [401, 'session_expired'])
})

test('a role is lost with its group at the next sign-in, and other open sessions end', async (t) => {
  const { provider, gateway } = await startWith(t)
  const tom = await gateway.signIn('tom')
  provider.lie((claims, { kid }) => sign({ ...claims, groups: ['records'] }, provider.key, { kid }))
  const again = await gateway.signIn('tom')
  assert.deepEqual(
    (await again.get('/api/me')).json().roles.map((held: { role: string }) => held.role),
    ['records_officer'],
  )
  assert.equal((await tom.get('/api/me')).json().code, 'session_expired')
  assert.deepEqual(
    (await recordsOf(gateway, 'role.revoked')).map(({ content }) => content['role']),
    ['reviewer'],
  )
})

test('without any group there is no permission, and the answer says why', async (t) => {
  const { provider, gateway } = await startWith(t)
  const said = async (lie: Lie) => {
    provider.lie(lie)
    const end = await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'camille')
    assert.equal(end.status, 403)
    assert.equal(JSON.parse(end.body).code, 'no_role')
    return JSON.parse(end.body).detail as string
  }
  const without = (claims: object, more: object) => ({ ...claims, groups: undefined, ...more })
  assert.match(
    await said((claims, { kid }) => sign({ ...claims, groups: ['unmapped'] }, provider.key, { kid })),
    /no role here yet/,
  )
  assert.match(
    await said((claims, { kid }) => sign({ ...claims, groups: [] }, provider.key, { kid })),
    /no role here yet/,
  )
  // The real userinfo answers groups; a token for which it does not is made by asking for fewer scopes.
  provider.lie((claims, { kid }) => sign(without(claims, {}), provider.key, { kid }))
  assert.equal(
    (await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'camille')).status,
    200,
    'userinfo knows the groups',
  )
})

test('groups that do not fit into the token are said to be missing, not guessed', async (t) => {
  const provider = await startLyingProvider(t)
  const gateway = await startGateway(t, { config: { oidc: { ...oidc(provider), scope: 'openid profile' } } })
  const end = async () =>
    JSON.parse((await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'camille')).body).detail
  assert.match(await end(), /did not say which groups/)
  provider.lie((claims, { kid }) => sign({ ...claims, _claim_names: { groups: 'src1' } }, provider.key, { kid }))
  assert.match(await end(), /more groups than.*Groups assigned to the application.*GATEWAY_OIDC_GROUPS_CLAIM/)
})

test('a provider without userinfo signs people in; groups are then those of the ID token', async (t) => {
  const provider = await startLyingProvider(t)
  const known = await fetch(`${provider.issuer}/.well-known/openid-configuration`)
  const { userinfo_endpoint: _without, ...metadata } = (await known.json()) as Record<string, unknown>
  provider.says('/.well-known/openid-configuration', metadata)
  provider.says('/me', { error: 'this must not be asked' })
  const gateway = await startGateway(t, { config: { oidc: oidc(provider) } })
  const end = async () => signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')
  assert.equal((await end()).status, 200)
  provider.lie((claims, { kid }) => sign({ ...claims, groups: undefined }, provider.key, { kid }))
  const without = await end()
  assert.equal(without.status, 403)
  assert.match(JSON.parse(without.body).detail, /did not say which groups/)
})

/** A claims source on a server of its own; answers the bearer tokens that it was shown. */
async function startClaimsSource(t: TestContext, answer: () => Promise<string | number>) {
  const shown: (string | undefined)[] = []
  const server = createServer((request, reply) => {
    shown.push(request.headers.authorization)
    void answer().then((said) => (typeof said === 'number' ? reply.writeHead(said).end() : reply.end(said)))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.after(() => new Promise((closed) => server.close(closed)))
  return { shown, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/groups` }
}

test('groups that the provider keeps elsewhere are fetched from there, and believed only when it signed them', async (t) => {
  const provider = await startLyingProvider(t)
  const config = { oidc: { ...oidc(provider), scope: 'openid profile' } }
  const gateway = await startGateway(t, { config })
  const groups = { iss: provider.issuer, groups: ['staff'] }
  const { key, kid } = provider
  let answer: () => Promise<string | number> = () => sign(groups, key, { kid })
  const { shown, endpoint } = await startClaimsSource(t, () => answer())
  const names = { _claim_names: { groups: 'src1' } }
  const from = (source: object) =>
    provider.lie((claims) => sign({ ...claims, ...names, _claim_sources: { src1: source } }, key, { kid }))
  const status = async (at: Pick<TestGateway, 'app'> = gateway) =>
    (await signInWithForm(gatewayBrowser(at), `${loginUrl}?returnTo=/api/me`, 'camille')).status

  from({ endpoint, access_token: 'for the source only' })
  assert.equal(await status(), 200, 'distributed')
  assert.deepEqual(shown, ['Bearer for the source only'])
  from({ JWT: await sign(groups, key, { kid }) })
  assert.equal(await status(), 200, 'aggregated')

  from({ JWT: await sign(groups, foreignKey, { kid }) })
  assert.equal(await status(), 403, 'aggregated, but signed by somebody else')
  from({ endpoint, access_token: 'x' })
  const lies: Record<string, () => Promise<string | number>> = {
    'a foreign signature': () => sign(groups, foreignKey, { kid }),
    'another issuer': () => sign({ ...groups, iss: 'https://elsewhere.example' }, key, { kid }),
    'somebody else’s groups': () => sign({ ...groups, sub: 'ruth' }, key, { kid }),
    'no signature at all': async () => new UnsecuredJWT(groups).encode(),
    'no token but JSON': async () => JSON.stringify(groups),
    'another claim': () => sign({ iss: provider.issuer, teams: ['staff'] }, key, { kid }),
    'a refusal': async () => 403,
  }
  for (const [what, lie] of Object.entries(lies)) {
    answer = lie
    assert.equal(await status(), 403, what)
  }

  answer = async () => 500
  assert.equal(await status(), 503, 'a source that is down leaves nobody without roles: they try again')
  const before = shown.length
  from({ endpoint })
  assert.equal(await status(), 403, 'as Entra says it: an address, but no token to ask with')
  const closed = await startGateway(t, { config: { ...config, allowPrivateAddresses: false } })
  from({ endpoint, access_token: 'x' })
  assert.equal(await status(closed), 403, 'a claim does not lead into private networks')
  assert.equal(shown.length, before)
})

test('groups are read from a signed access token where they are nowhere else, and only from one that is proven', async (t) => {
  const provider = await startLyingProvider(t)
  const gateway = await startGateway(t, { config: { oidc: { ...oidc(provider), scope: 'openid profile' } } })
  provider.says('/me', { sub: 'camille' })
  const claims = { iss: provider.issuer, sub: 'camille', groups: ['staff'] }
  const status = async () =>
    (await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'camille')).status
  provider.says('/token', { access_token: await sign(claims, foreignKey, { kid: provider.kid }) })
  assert.equal(await status(), 403, 'a foreign signature')
  provider.says('/token', { access_token: await sign({ ...claims, sub: 'ruth' }, provider.key, { kid: provider.kid }) })
  assert.equal(await status(), 403, 'somebody else’s')
  provider.says('/token', { access_token: await sign(claims, provider.key, { kid: provider.kid }) })
  assert.equal(await status(), 200)
})

test('a rotated key is fetched when a token names it', async (t) => {
  const { provider, gateway } = await startWith(t)
  await gateway.signIn('ruth')
  const jwks = { keys: [{ ...(await exportJWK(foreignKey)), kid: 'rotated', alg: 'ES256', use: 'sig', d: undefined }] }
  provider.rotate(jwks)
  provider.lie((claims) => sign(claims, foreignKey, { kid: 'rotated' }))
  // The key set is not asked twice within a second, so that unknown key ids cannot make us hammer the provider.
  await settle(1100)
  assert.equal((await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')).status, 200)
})

test('the provider may be down at the start: sign-in says so, and works when it is back', async (t) => {
  const start = (port: number) => startOpenIdProvider({ port, publicUrl, ...providerClient })
  const first = await start(0)
  await first.close()
  const settings = { groupsClaim: 'groups', groupRoles: demoGroupRoles, scope: 'openid profile groups' }
  const gateway = await startGateway(t, { config: { oidc: { issuer: first.issuer, ...providerClient, ...settings } } })
  const program = await gateway.app.inject({ url: '/auth/login' })
  assert.deepEqual([program.statusCode, program.json().code], [503, 'provider_unavailable'])
  const person = await gateway.app.inject({ url: '/auth/login', headers: { accept: 'text/html' } })
  assert.equal(person.headers.location, '/login?error=provider_unavailable')
  const back = await start(Number(new URL(first.issuer).port))
  t.after(() => back.close())
  assert.equal((await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')).status, 200)
})

test('a provider that fails in the middle of a sign-in is said to be down, and nothing is kept', async (t) => {
  for (const path of ['/token', '/jwks']) {
    const { provider, gateway } = await startWith(t)
    provider.fails(path)
    const answer = await signInWithForm(gatewayBrowser(gateway), `${loginUrl}?returnTo=/api/me`, 'ruth')
    assert.deepEqual([answer.status, JSON.parse(answer.body).code], [503, 'provider_unavailable'], path)
    assert.equal((await recordsOf(gateway, 'session.refused')).length, 0)
  }
})
