import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fastify } from 'fastify'
import * as openid from 'openid-client'
import { startOpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { registerIdentity } from '#server/identity/authenticate-request.ts'
import type { App } from '#server/platform/app-type.ts'
import { registerProblemDocuments } from '#server/platform/problem-documents.ts'
import { contentSecurityPolicy } from '#server/platform/security-headers.ts'
import { providerClient, publicUrl } from '#test/support/demo-provider.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { giveRole } from '#test/support/give-role.ts'
import { sign, startLyingProvider } from './lying-provider.ts'

test('a route that names no permission does not register', async (t) => {
  const gateway = await startGateway(t)
  const app = fastify() as unknown as App
  registerIdentity(app, gateway)
  assert.throws(() => app.get('/open', async () => 'open'), /names no permission/)
  await app.close()
})

test('nobody signed in is told how to, and learns nothing else', async (t) => {
  const gateway = await startGateway(t)
  const answer = await gateway.app.inject({ url: '/api/users' })
  assert.deepEqual([answer.statusCode, answer.json().code], [401, 'unauthenticated'])
  assert.equal(answer.headers['www-authenticate'], 'Bearer')
  assert.equal(answer.headers['cache-control'], 'no-store')
})

test('a denial names the permission that was missing and is a record', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  const answer = await camille.get('/api/users?q=secret')
  assert.deepEqual([answer.statusCode, answer.json().code], [403, 'forbidden'])
  assert.match(answer.json().detail, /user\.read/)
  const [denial] = await recordsOf(gateway, 'permission.denied')
  assert.deepEqual(
    [denial?.content['permission'], denial?.content['path'], denial?.content['method']],
    ['user.read', '/api/users', 'GET'],
  )
  assert.equal(denial?.header['actor'], (await camille.get('/api/me')).json().userId)
})

test('an act that needs a recent sign-in is refused to an old one and to programs', async (t) => {
  const gateway = await startGateway(t)
  const app = fastify() as unknown as App
  registerProblemDocuments(app)
  registerIdentity(app, gateway)
  app.post('/dangerous', { config: { permission: 'token.manage', maxAgeSeconds: 300 } }, async () => ({ done: true }))
  const ada = await gateway.signIn('ada')
  const { token } = (await ada.post('/api/tokens', { name: 'program' })).json()
  const send = (headers: Record<string, string>) => app.inject({ method: 'POST', url: '/dangerous', headers })
  assert.equal((await send({ ...ada.headers })).statusCode, 200)
  const program = await send({ authorization: `Bearer ${token}` })
  assert.equal(program.statusCode, 403)
  gateway.clock.advance(5 * 60_000)
  const late = await send({ ...ada.headers })
  assert.equal(late.headers['www-authenticate'], 'Bearer error="insufficient_user_authentication", max_age="300"')
  await app.close()
})

test('signing in with maxAge makes the provider ask again, and then the session is recent', async (t) => {
  const gateway = await startGateway(t)
  const answer = await gateway.app.inject({ url: '/auth/login?maxAge=300&returnTo=/stops' })
  assert.equal(new URL(String(answer.headers.location)).searchParams.get('max_age'), '300')
})

test('an access token of the firm’s provider acts for its service client, proven at every request', async (t) => {
  const provider = await startOpenIdProvider({
    port: 0,
    publicUrl,
    ...providerClient,
    clients: [
      {
        client_id: 'loader',
        client_secret: 'a secret of the loader',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
  })
  t.after(() => provider.close())
  const oidc = { issuer: provider.issuer, ...providerClient, groupsClaim: 'groups', groupRoles: {}, scope: 'openid' }
  const gateway = await startGateway(t, { config: { oidc } })
  const client = await openid.discovery(new URL(provider.issuer), 'loader', 'a secret of the loader', undefined, {
    execute: [openid.allowInsecureRequests],
  })
  const { access_token: token } = await openid.clientCredentialsGrant(client, { resource: publicUrl })
  const call = (bearer: string) =>
    gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${bearer}` } })
  assert.equal((await call(token)).json().code, 'no_role', 'known, and without a role')
  const { id, unit_id } = await gateway.db
    .selectFrom('app_user')
    .select(['id', 'unit_id'])
    .where('subject', '=', 'loader')
    .executeTakeFirstOrThrow()
  await giveRole(gateway, { userId: id, role: 'author', unitId: unit_id })
  assert.equal((await call(token)).json().displayName, 'loader')
  const [head, payload, signature = ''] = token.split('.')
  assert.equal((await call(`${head}.${payload}.${signature.slice(0, -4)}AAAA`)).statusCode, 401)
  const { access_token: elsewhere } = await openid.clientCredentialsGrant(client, {
    resource: 'https://another.example',
  })
  assert.equal((await call(elsewhere)).statusCode, 401, 'for another audience')
})

test('a token that cannot be proven because the provider is away is no unknown token', async (t) => {
  const provider = await startLyingProvider(t)
  const oidc = { issuer: provider.issuer, ...providerClient, groupsClaim: 'groups', groupRoles: {}, scope: 'openid' }
  const gateway = await startGateway(t, { config: { oidc } })
  await gateway.app.inject({ url: '/auth/login' })
  provider.fails('/jwks')
  const token = await sign({ sub: 'loader', iss: provider.issuer, aud: publicUrl, exp: 4e9 }, provider.key, {
    kid: provider.kid,
  })
  const answer = await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'provider_unavailable'])
})

test('an access token from before the last sign-in brings no role back that was lost since', async (t) => {
  const provider = await startLyingProvider(t)
  const oidc = { issuer: provider.issuer, ...providerClient, groupsClaim: 'groups', groupRoles: demoGroupRoles }
  const clock = createFakeClock(new Date().toISOString())
  const gateway = await startGateway(t, { clock, config: { oidc: { ...oidc, scope: 'openid profile groups' } } })
  const now = Math.floor(Date.parse(clock.now()) / 1000)
  const tokenFrom = (iat: number, groups: string[]) =>
    sign({ iss: provider.issuer, sub: 'tom', aud: publicUrl, iat, exp: now + 3600, groups }, provider.key, {
      kid: provider.kid,
      typ: 'at+jwt',
    })
  provider.lie((claims, { kid }) => sign({ ...claims, groups: ['records'] }, provider.key, { kid }))
  await gateway.signIn('tom')
  const rolesBy = async (token: string) => {
    const answer = await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })
    return answer.json().roles.map((held: { role: string }) => held.role)
  }
  assert.deepEqual(await rolesBy(await tokenFrom(now - 600, ['compliance'])), ['records_officer'], 'kept by a thief')
  assert.deepEqual(await rolesBy(await tokenFrom(now + 5, ['compliance'])), ['reviewer'], 'what the groups say now')
})

test('an ID token is not taken for an access token', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const row = await gateway.db.selectFrom('user_session').select(['id', 'id_token']).executeTakeFirstOrThrow()
  const idToken = gateway.secretBox.open(Buffer.from(row.id_token ?? '', 'base64'), `session ${row.id}`)
  assert.equal(
    (await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${idToken}` } })).statusCode,
    401,
  )
  assert.equal((await ruth.get('/api/me')).statusCode, 200)
})

test('every answer carries the console’s policy, and behind TLS the strict ones', async (t) => {
  const plain = await startGateway(t)
  const answer = await plain.app.inject({ url: '/healthz' })
  assert.equal(answer.headers['content-security-policy'], contentSecurityPolicy)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.equal(answer.headers['strict-transport-security'], undefined)
  const secure = await startGateway(t, { config: { publicUrl: 'https://gateway.example' } })
  const login = await secure.app.inject({ url: '/auth/login' })
  assert.match(String(login.headers['strict-transport-security']), /^max-age=63072000/)
  assert.match(
    String(login.headers['set-cookie']),
    /^__Host-gateway_sign_in_[^;]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
})

test('a runaway client is told to wait', async (t) => {
  const gateway = await startGateway(t, {
    config: { rateLimits: { signInPerMinute: 3, sessionWritesPerMinute: 2, tokenWritesPerMinute: 2 } },
  })
  const ruth = await gateway.signIn('ruth')
  const statuses = []
  for (let count = 0; count < 4; count += 1)
    statuses.push((await ruth.post('/api/tokens', { name: 'again' })).statusCode)
  assert.deepEqual(statuses, [201, 201, 429, 429])
  assert.equal((await ruth.get('/api/me')).statusCode, 200, 'reading goes on')
  assert.equal((await gateway.app.inject({ url: '/auth/login' })).statusCode, 302)
  assert.equal((await gateway.app.inject({ url: '/auth/login' })).json().code, 'too_many_requests')
})
