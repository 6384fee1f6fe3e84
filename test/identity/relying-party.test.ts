import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createRelyingParty } from '#server/identity/relying-party.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { eventually } from '#test/support/gateway-process.ts'
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
  const meanwhile = await Promise.all(Array.from({ length: 10 }, () => party.discover()))
  assert.deepEqual(new Set(meanwhile), new Set([first[0]]), 'nobody waits for what was known an hour ago')
  const anew = await eventually(
    () => party.discover(),
    (found) => found !== first[0],
  )
  // A provider that changed into nonsense leaves those who can still sign in with what was known.
  provider.says('/.well-known/openid-configuration', { issuer: 'https://elsewhere.example' })
  now = 7_300_000
  assert.equal(await party.discover(), anew)
})

test('a provider that hangs holds up nobody whom it was known to before, and is asked again after a minute', async (t) => {
  const provider = await startLyingProvider(t)
  const settings = { groupsClaim: 'groups', groupRoles: {}, scope: 'openid' }
  let asked = 0
  // In front of the provider: passes one question on and lets every later one wait for ever.
  const front = createServer((request, response) => {
    asked += 1
    if (asked > 1) return
    void fetch(`${provider.issuer}${request.url}`).then(async (answer) => {
      response.setHeader('content-type', 'application/json')
      response.end((await answer.text()).replace(`"issuer":"${provider.issuer}"`, `"issuer":"${issuer}"`))
    })
  })
  t.after(() => (front.closeAllConnections(), front.close()))
  await once(front.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
  let now = 0
  const party = createRelyingParty({ issuer, ...providerClient, ...settings }, () => now)
  const known = await party.discover()
  now = 3_601_000
  for (let many = 0; many < 20; many++) assert.equal(await party.discover(), known)
  await eventually(
    async () => asked,
    (count) => count === 2,
  )
  front.closeAllConnections()
  await eventually(
    async () => {
      now += 61_000
      await party.discover()
      return asked
    },
    (count) => count === 3,
  )
})
