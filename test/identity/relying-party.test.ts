import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRelyingParty } from '#server/identity/relying-party.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { startLyingProvider } from './lying-provider.ts'

test('however many sign in at once, the provider is asked once, and again after an hour', async (t) => {
  const provider = await startLyingProvider(t)
  const settings = { groupsClaim: 'groups', groupRoles: {}, scope: 'openid' }
  let now = 0
  const party = createRelyingParty({ issuer: provider.issuer, ...providerClient, ...settings }, () => now)
  const first = await Promise.all(Array.from({ length: 10 }, () => party.discover()))
  assert.equal(new Set(first).size, 1)
  now = 3_599_000
  assert.equal(await party.discover(), first[0])
  now = 3_601_000
  const again = await Promise.all(Array.from({ length: 10 }, () => party.discover()))
  assert.equal(new Set(again).size, 1)
  assert.notEqual(again[0], first[0])
  // A provider that changed into nonsense leaves those who can still sign in with what was known.
  provider.says('/.well-known/openid-configuration', { issuer: 'https://elsewhere.example' })
  now = 7_300_000
  assert.equal(await party.discover(), again[0])
})
