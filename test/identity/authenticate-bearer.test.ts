import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT, type JWTPayload } from 'jose'
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
  }
  const call = async (bearer: string) => {
    const answer = await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${bearer}` } })
    return answer.statusCode === 200 ? 'taken' : answer.json<{ code: string }>().code
  }
  const signed = (change: JWTPayload) => sign({ ...right, ...change }, key, { kid })
  const { exp: _end, ...endless } = right
  const { sub: _subject, ...nameless } = right
  const wrong: Record<string, string> = {
    'an ID token, by its nonce': await signed({ nonce: 'n' }),
    'a logout token, by its events': await signed({ events: {} }),
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
  const token = await signed({})
  assert.equal(await call(token), 'taken')
  assert.equal(await call(token), 'taken', 'again, from what is known of it')
  await gateway.db.updateTable('app_user').set({ active: false }).where('subject', '=', 'loader').execute()
  assert.equal(await call(token), 'unauthenticated', 'whoever was off-boarded is out, though the token lives')
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
