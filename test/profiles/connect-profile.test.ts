import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { createHttpClient } from '#server/platform/http.ts'
import { createMastodonNetwork } from '#server/publishing/mastodon-network.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

test('A server whose address may not be called is refused with the way out; one that is away is tried again later', async (t) => {
  const http = createHttpClient({
    allowPrivateAddresses: false,
    lookup: (host, done) =>
      host === 'inside.example'
        ? done(null, [{ address: '10.0.0.7', family: 4 }])
        : done(new Error('there is no such name'), []),
  })
  const networks = new Map([['mastodon', createMastodonNetwork({ http })]])
  const { gateway } = await furnishFirm(t, { networks, sandbox: false })
  const ada = await gateway.signIn('ada')
  const registered = await ada.post('/api/profiles', { network: 'mastodon', handle: 'bank', displayName: 'Meridian' })
  const { profileId } = registered.json<{ profileId: string }>()
  const connect = async (server: string) => {
    const wish = { credential: 'a token', settings: { server } }
    const answer = await ada.post(`/api/profiles/${profileId}/connect`, wish)
    return { status: answer.statusCode, detail: answer.json<{ detail: string }>().detail }
  }
  for (const server of ['https://127.0.0.1', 'https://169.254.169.254', 'https://[::1]', 'https://inside.example']) {
    const { status, detail } = await connect(server)
    assert.equal(status, 422, `${server}: ${detail}`)
    assert.match(detail, /outside private networks only.*GATEWAY_ALLOW_PRIVATE_ADDRESSES=true/)
  }
  const away = await connect('https://away.example')
  assert.equal(away.status, 503, away.detail)
  assert.match(away.detail, /did not answer/)
})

test('A profile that has spoken is connected again to its own account on its own server, and to no namesake elsewhere', async (t) => {
  const http = createHttpClient({ allowPrivateAddresses: true })
  const networks = new Map([['mastodon', createMastodonNetwork({ http })]])
  const { gateway } = await furnishFirm(t, { networks, sandbox: false })
  const ada = await gateway.signIn('ada')
  const registered = await ada.post('/api/profiles', { network: 'mastodon', handle: 'bank', displayName: 'Meridian' })
  const { profileId } = registered.json<{ profileId: string }>()
  // Each server has an account of this number.
  let account = '1'
  const [own, other] = [await serve(t, () => account), await serve(t, () => account)]
  const connect = async (server: string) =>
    (await ada.post(`/api/profiles/${profileId}/connect`, { credential: 'x', settings: { server } })).statusCode
  assert.deepEqual([await connect(own), await connect(other), await connect(own)], [200, 409, 200])
  account = '2'
  assert.equal(await connect(own), 409, 'nor to a colleague on that server')
  const { settings } = await gateway.db.selectFrom('profile').select('settings').executeTakeFirstOrThrow()
  assert.deepEqual(settings, { server: own })
})

test('A profile is managed within one’s units; disconnected it has no credential left, and paused it keeps it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [ada, ruth] = [await gateway.signIn('ada'), await gateway.signIn('ruth')]
  const { userId, unit } = (await ruth.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
  const added = await ada.post('/api/units', { parentId: unit.unitId, name: 'Paris', slug: 'paris' })
  const { unitId: paris } = added.json<{ unitId: string }>()
  await giveRole(gateway, { userId, role: 'admin', unitId: paris })
  const stand = async () =>
    gateway.db
      .selectFrom('profile')
      .select(['status', sql<boolean>`credential is not null`.as('opens')])
      .where('id', '=', profileId)
      .executeTakeFirstOrThrow()
  const change = async (person: SignedIn, act: string, credential = 'again') =>
    (await person.post(`/api/profiles/${profileId}/${act}`, act === 'connect' ? { credential } : {})).statusCode
  for (const act of ['pause', 'disconnect', 'connect']) assert.equal(await change(ruth, act), 404, act)
  const register = async (unitId: string) =>
    (await ruth.post('/api/profiles', { network: 'sandbox', handle: unitId, displayName: 'x', unitId })).statusCode
  assert.deepEqual([await register(unit.unitId), await register(paris)], [403, 201])
  assert.deepEqual(await stand(), { status: 'connected', opens: true })
  const acts = [
    ['pause', 'paused', true],
    ['disconnect', 'disconnected', false],
    ['connect', 'connected', true],
  ] as const
  for (const [act, status, opens] of acts) {
    assert.equal(await change(ada, act), 200, act)
    assert.deepEqual(await stand(), { status, opens }, act)
  }
  assert.equal(await change(ada, 'connect', 'revoked'), 422)
  assert.deepEqual(
    await stand(),
    { status: 'connected', opens: true },
    'a credential that does not work changes nothing',
  )
})

/** A server of Mastodon's protocol with one account; answers its address. */
async function serve(t: TestContext, accountId: () => string): Promise<string> {
  const server = createServer((request, answer) => {
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify(request.url?.endsWith('verify_credentials') === true ? { id: accountId() } : {}))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
