import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTPayload } from 'jose'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { providerClient, publicUrl } from '#test/support/demo-provider.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { foreignKey, sign, startLyingProvider } from './lying-provider.ts'

test('Of what the provider signs only an access token for this gateway is taken, in its time, of somebody who is here', async (t) => {
  const provider = await startLyingProvider(t)
  const { issuer, key, kid } = provider
  const oidc = { issuer, ...providerClient, groupsClaim: 'groups', groupRoles: demoGroupRoles, scope: 'openid' }
  const gateway = await startGateway(t, { config: { oidc } })
  const seconds = Math.floor(Date.now() / 1000)
  const right: JWTPayload = {
    iss: issuer,
    aud: publicUrl,
    sub: 'loader',
    iat: seconds,
    exp: seconds + 600,
    groups: ['staff'],
    scope: 'gateway',
  }
  const call = async (bearer: string) => {
    const answer = await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${bearer}` } })
    return answer.statusCode === 200 ? 'taken' : answer.json<{ code: string }>().code
  }
  const signed = (change: JWTPayload) => sign({ ...right, ...change }, key, { kid })
  const typed = (typ: string, change: JWTPayload = {}) => sign({ ...right, ...change }, key, { kid, typ })
  const { scope: _scope, ...untold } = right
  const { exp: _end, ...endless } = right
  const { sub: _subject, ...nameless } = right
  const wrong: Record<string, string> = {
    'an ID token, by its nonce': await signed({ nonce: 'n' }),
    'an ID token of a sign-in without a nonce, by the hash of the token that came with it': await signed({
      at_hash: 'h',
    }),
    'an ID token of Entra ID or Okta, which says nothing of access': await sign(
      { ...untold, azp: 'gateway', ver: '2.0', roles: ['staff'] },
      key,
      { kid, typ: 'JWT' },
    ),
    'an ID token of Keycloak, by its own word': await typed('JWT', { typ: 'ID' }),
    'a refresh token of Keycloak': await typed('JWT', { typ: 'Refresh' }),
    'a logout token, by its events': await signed({ events: {} }),
    'a logout token, by its type': await typed('logout+jwt'),
    'a token of a type that says another thing': await typed('application/okta-internal-at+jwt'),
    'one without an end': await sign(endless, key, { kid }),
    'one of nobody': await sign(nameless, key, { kid }),
    'one that has ended': await signed({ exp: seconds - 120 }),
    'one of a time to come': await signed({ nbf: seconds + 300 }),
    'one for another audience': await signed({ aud: 'https://another.example' }),
    'one of another issuer': await signed({ iss: 'https://another.example' }),
    'one under a foreign key': await sign(right, foreignKey, { kid }),
    'one under a key that is a secret of ours': await new SignJWT(right)
      .setProtectedHeader({ alg: 'HS256', kid })
      .sign(Buffer.from(providerClient.clientSecret)),
    'one that nobody signed': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(right)).toString('base64url')}.`,
    'no token': 'nonsense',
  }
  for (const [what, token] of Object.entries(wrong)) assert.equal(await call(token), 'unauthenticated', what)
  for (const token of [
    await typed('JWT', { typ: 'Bearer', azp: 'loader' }), // Keycloak as it comes
    await sign({ ...untold, scp: 'use', ver: '2.0' }, key, { kid, typ: 'JWT' }), // Entra ID, for a person
    await sign({ ...untold, azpacr: '1', roles: ['staff'] }, key, { kid, typ: 'JWT' }), // Entra ID, for a program
    await sign({ ...untold, scp: ['use'], cid: 'loader' }, key, { kid }), // Okta
    await sign(untold, key, { kid, typ: 'at+jwt' }), // RFC 9068
    await sign(untold, key, { kid, typ: 'application/AT+JWT' }),
  ])
    assert.equal(await call(token), 'taken', JSON.stringify([decodeProtectedHeader(token), decodeJwt(token)]))
  const token = await signed({})
  assert.equal(await call(token), 'taken')
  assert.equal(await call(token), 'taken', 'again, from what is known of it')
  await gateway.db.updateTable('app_user').set({ active: false }).where('subject', '=', 'loader').execute()
  assert.equal(await call(token), 'unauthenticated', 'whoever was off-boarded is out, though the token lives')
})

test('Where access tokens must say that they are (RFC 9068), no other is taken', async (t) => {
  const { issuer, key, kid } = await startLyingProvider(t)
  const oidc = { issuer, ...providerClient, groupsClaim: 'groups', groupRoles: demoGroupRoles, scope: 'openid' }
  const gateway = await startGateway(t, { config: { oidc: { ...oidc, accessTokenType: 'at+jwt' } } })
  const claims = { iss: issuer, aud: publicUrl, sub: 'loader', exp: 4e9, groups: ['staff'], scope: 'gateway' }
  const statusOf = async (typ?: string) => {
    const token = await sign(claims, key, { kid, ...(typ === undefined ? {} : { typ }) })
    return (await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })).statusCode
  }
  assert.deepEqual([await statusOf(), await statusOf('JWT'), await statusOf('at+jwt')], [401, 401, 200])
})

test('A session that was ended and a token that was revoked open no call at all from then on', async (t) => {
  const gateway = await startGateway(t)
  const ada = await gateway.signIn('ada')
  const { token, tokenId } = (await ada.post('/api/tokens', { name: 'program' })).json<Record<string, string>>()
  const program = { authorization: `Bearer ${token}` }
  const answersTo = async (headers: Record<string, string>) => {
    const closed = allEndpoints.filter(({ config }) => !['public', 'scim.synchronise'].includes(config.permission))
    const answers = await Promise.all(
      closed.map(({ method, url }) => {
        const payload = method === 'GET' ? {} : { payload: {} }
        return gateway.app.inject({ method, url: url.replaceAll(/:\w+|\*/g, 'x'), headers, ...payload })
      }),
    )
    return [...new Set(answers.map((answer) => `${answer.statusCode} ${answer.json<{ code: string }>().code}`))]
  }
  assert.equal((await gateway.app.inject({ url: '/api/units', headers: program })).statusCode, 200)
  assert.equal((await ada.inject({ method: 'DELETE', url: `/api/tokens/${tokenId}` })).statusCode, 200)
  assert.deepEqual(await answersTo(program), ['401 unauthenticated'])
  assert.equal((await ada.get('/api/units')).statusCode, 200)
  assert.equal((await ada.post('/auth/logout')).statusCode, 200)
  assert.deepEqual(await answersTo(ada.headers), ['401 session_expired'])
})

test('A session and an API token of somebody who is not active any more are none, whatever their own rows say', async (t) => {
  const gateway = await startGateway(t)
  const ada = await gateway.signIn('ada')
  const { token } = (await ada.post('/api/tokens', { name: 'program' })).json<{ token: string }>()
  const byToken = () => gateway.app.inject({ url: '/api/units', headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual([(await ada.get('/api/me')).statusCode, (await byToken()).statusCode], [200, 200])
  await gateway.db.updateTable('app_user').set({ active: false }).execute()
  assert.deepEqual([(await ada.get('/api/me')).statusCode, (await byToken()).statusCode], [401, 401])
})
