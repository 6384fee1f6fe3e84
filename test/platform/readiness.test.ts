import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { startLyingProvider } from '#test/identity/lying-provider.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'

async function detailOf({ app }: TestGateway, part: 'objectStore' | 'provider'): Promise<string> {
  const answer = await app.inject('/readyz')
  const check = answer.json<{ checks: Record<string, { ok: boolean; detail: string }> }>().checks[part]!
  return `${check.ok ? 'ok' : 'not ok'}: ${check.detail}`
}

test('A bucket that will not answer rightly by itself says what to correct; one that is away only that', async (t) => {
  const failing = (error: Error): ObjectStore =>
    new Proxy({} as ObjectStore, {
      get: (_store, name) => (name === 'check' ? () => Promise.reject(error) : undefined),
    })
  const sentence = 'The object store has no such bucket. Correct the setting S3_BUCKET.'
  const lasting = await startGateway(t, { objectStore: failing(new ObjectStoreError(sentence, { retryable: false })) })
  assert.equal(await detailOf(lasting, 'objectStore'), `not ok: ${sentence} Posts are accepted and none is published.`)
  const away = await startGateway(t, { objectStore: failing(new ObjectStoreError('reset', { retryable: true })) })
  assert.match(await detailOf(away, 'objectStore'), /^not ok: The object store does not answer/)
})

test('A provider that is another, or none, is told from one that is away', async (t) => {
  const provider = await startLyingProvider(t)
  const oidc = { issuer: provider.issuer, ...providerClient, groupsClaim: 'groups', groupRoles: {}, scope: 'openid' }
  const gateway = await startGateway(t, { config: { oidc } })
  assert.equal(await detailOf(gateway, 'provider'), 'ok: The identity provider answers.')
  provider.says('/.well-known/openid-configuration', { issuer: 'https://elsewhere.example' })
  assert.match(await detailOf(gateway, 'provider'), /^not ok: .*another name than GATEWAY_OIDC_ISSUER/)
  provider.says('/.well-known/openid-configuration', { hello: 'there' })
  assert.match(await detailOf(gateway, 'provider'), /^not ok: No OpenID provider is at GATEWAY_OIDC_ISSUER/)
  provider.fails('/.well-known/openid-configuration')
  assert.match(await detailOf(gateway, 'provider'), /^not ok: The identity provider does not answer/)
})
