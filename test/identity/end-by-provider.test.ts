import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { startOpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { openBrowser, signInWithForm } from '#test/support/browse.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('who signs out at the provider is signed out here by its own back-channel call', async (t) => {
  const publicUrl = `http://127.0.0.1:${await freePort()}`
  const provider = await startOpenIdProvider({ port: 0, publicUrl, ...providerClient })
  t.after(() => provider.close())
  const settings = { groupsClaim: 'groups', groupRoles: demoGroupRoles, scope: 'openid profile email groups' }
  const gateway = await startGateway(t, {
    config: { publicUrl, oidc: { issuer: provider.issuer, ...providerClient, ...settings } },
  })
  await gateway.app.listen({ host: '127.0.0.1', port: Number(new URL(publicUrl).port) })
  const browser = openBrowser()
  const me = await signInWithForm(browser, `${publicUrl}/auth/login?returnTo=/api/me`, 'ruth')
  assert.equal(JSON.parse(me.body).displayName, 'Ruth Okafor')
  const page = await browser.get(`${provider.issuer}/session/end`)
  const called = once(provider.provider, 'backchannel.success')
  const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? ''
  await browser.postForm(action, { xsrf: /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '', logout: 'yes' })
  await called
  const after = await browser.get(`${publicUrl}/api/me`)
  assert.equal(JSON.parse(after.body).code, 'session_expired')
  assert.deepEqual(
    (await recordsOf(gateway, 'session.ended')).map(({ content }) => content['because']),
    ['provider_logout'],
  )
})

test('the gateway proves itself by a signed assertion where the provider wants one (private_key_jwt)', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicUrl = 'http://127.0.0.1:8080'
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'client', use: 'sig', alg: 'ES256' }
  const provider = await startOpenIdProvider({
    port: 0,
    publicUrl,
    ...providerClient,
    clients: [
      {
        client_id: 'by-key',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [jwk] },
        redirect_uris: [`${publicUrl}/auth/callback`],
      },
    ],
  })
  t.after(() => provider.close())
  const signInWith = async (clientKey: string) => {
    const oidc = {
      issuer: provider.issuer,
      clientId: 'by-key',
      clientSecret: undefined,
      clientKey,
      groupsClaim: 'groups',
      groupRoles: demoGroupRoles,
      scope: 'openid profile groups',
    }
    return (await startGateway(t, { config: { oidc } })).signIn('ruth')
  }
  const ruth = await signInWith(String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  assert.equal((await ruth.get('/api/me')).json().displayName, 'Ruth Okafor')
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  await assert.rejects(signInWith(String(other.export({ type: 'pkcs8', format: 'pem' }))), /unauthenticated/)
})
