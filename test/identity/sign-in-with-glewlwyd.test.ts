import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '#server/embedded/free-port.ts'
import { openBrowser, type Browser, type Page } from '#test/support/browse.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { requireGlewlwyd, type GlewlwydPerson } from '#test/support/start-glewlwyd.ts'
import { recordsOf } from '#test/support/records-of.ts'

// Another provider than ours, in another language by other people: what only oidc-provider accepts is found here. It
// sends `auth_time: 0` and logout tokens without `exp`, which the specifications allow it to.

const person = { password: 'a password of the tests', email: 'someone@example.com' }
const people: GlewlwydPerson[] = [
  { ...person, username: 'camille', name: 'Camille Dubois', groups: ['staff', 'choir'] },
  { ...person, username: 'ruth', name: 'Ruth Okafor', groups: ['audit'] },
  { ...person, username: 'nobody', name: 'No Body', groups: ['choir'] },
]
const port = await freePort()
const publicUrl = `http://127.0.0.1:${port}`
const client = {
  clientId: 'gateway',
  clientSecret: 'a secret, of the tests: with + signs & spaces',
  redirectUri: `${publicUrl}/auth/callback`,
  postLogoutRedirectUri: `${publicUrl}/`,
  backchannelLogoutUri: `${publicUrl}/auth/backchannel-logout`,
}
const provider = await requireGlewlwyd(client, people)
after(() => provider?.stop())
const options = provider === undefined ? { skip: 'Debian’s glewlwyd cannot be had here' } : {}

type OpenIdSettings = Partial<TestGateway['config']['oidc']>

/** The gateway at the address that the provider knows, over real HTTP. */
async function startListening(t: TestContext, settings: OpenIdSettings = {}): Promise<TestGateway> {
  const { clientId, clientSecret } = client
  const oidc = {
    issuer: provider?.issuer ?? '',
    clientId,
    clientSecret,
    scope: 'openid groups',
    groupsClaim: 'groups',
    groupRoles: { staff: ['author'], audit: ['auditor'] },
    ...settings,
  }
  const gateway = await startGateway(t, { config: { embedded: false, publicUrl, oidc } })
  await gateway.app.listen({ port, host: '127.0.0.1' })
  return gateway
}

/** Its sign-in page is a program: what that asks the provider's own interface is asked here. Answers the last page. */
async function signIn(browser: Browser, username: string, query = '?returnTo=/api/me'): Promise<Page> {
  const page = await browser.get(`${publicUrl}/auth/login${query}`)
  if (!page.url.startsWith(provider?.origin ?? '')) return page
  await ask(browser, 'POST', 'auth/', { username, password: person.password })
  await ask(browser, 'PUT', 'auth/grant/gateway', { scope: 'openid groups' })
  return goOn(browser, page)
}

/** From its sign-in page back to the gateway, as the person who is signed in at the provider. */
function goOn(browser: Browser, page: Page): Promise<Page> {
  return browser.get(`${new URL(page.url).searchParams.get('callback_url') ?? ''}&g_continue`)
}

async function ask(browser: Browser, method: string, path: string, body?: object): Promise<void> {
  const origin = provider?.origin ?? ''
  const answer = await fetch(`${origin}/api/${path}`, {
    method,
    headers: { 'content-type': 'application/json', cookie: browser.cookieHeader(origin) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.text()}`)
  const jar = browser.cookies.get(origin)
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    jar?.set(name, value)
  }
}

const rolesIn = (page: Page) => (JSON.parse(page.body) as { roles: { role: string }[] }).roles.map(({ role }) => role)

test('a person of a second, unrelated provider signs in with the roles of their groups', options, async (t) => {
  const gateway = await startListening(t)
  const browser = openBrowser()
  const page = await signIn(browser, 'camille')
  assert.equal(page.status, 200, page.body)
  assert.equal((JSON.parse(page.body) as { displayName: string }).displayName, 'Camille Dubois')
  assert.deepEqual(rolesIn(page), ['author'])
  const [started] = await recordsOf(gateway, 'session.started')
  assert.deepEqual(started?.content['groups'], ['staff', 'choir'])
  assert.equal(started?.content['issuer'], provider?.issuer)
  const nobody = await signIn(openBrowser(), 'nobody')
  assert.deepEqual([nobody.status, (JSON.parse(nobody.body) as { code: string }).code], [403, 'no_role'])
})

test('it takes the client’s secret in the form and in the header', options, async (t) => {
  const described = (await provider?.administer('GET', 'client/gateway')) as object
  const setSecret = (secret: string) =>
    provider?.administer('PUT', 'client/gateway', { ...described, client_secret: secret })
  t.after(() => setSecret(client.clientSecret))
  // It does not decode the header, which RFC 6749 section 2.3.1 asks: signs that must be encoded would not pass.
  const plain = 'a-secret_of.the-tests-without-other-signs'
  for (const [clientAuthentication, clientSecret] of [
    ['client_secret_post', client.clientSecret],
    ['client_secret_basic', plain],
  ] as const) {
    await t.test(clientAuthentication, async (inner) => {
      await setSecret(clientSecret)
      const gateway = await startListening(inner, { clientAuthentication, clientSecret })
      assert.equal((await signIn(openBrowser(), 'ruth')).status, 200)
      await gateway.app.close()
    })
  }
})

test('the request carries PKCE, state and nonce, and the provider refuses it without PKCE', options, async (t) => {
  const gateway = await startListening(t)
  const { headers } = await gateway.app.inject({ url: '/auth/login' })
  const request = new URL(String(headers.location))
  const { searchParams } = request
  assert.equal(searchParams.get('code_challenge_method'), 'S256')
  assert.ok(searchParams.has('state') && searchParams.has('nonce'))
  searchParams.delete('code_challenge')
  searchParams.delete('code_challenge_method')
  const refused = await fetch(request, { redirect: 'manual' })
  assert.match(String(refused.headers.get('location')), /error=invalid_request/)
})

test('a code works once, and in the browser that began', options, async (t) => {
  const gateway = await startListening(t)
  const browser = openBrowser()
  const begun = await gateway.app.inject({ url: '/auth/login' })
  const page = await browser.get(String(begun.headers.location))
  await ask(browser, 'POST', 'auth/', { username: 'ruth', password: person.password })
  await ask(browser, 'PUT', 'auth/grant/gateway', { scope: 'openid groups' })
  const end = await goOn(browser, page)
  assert.equal(end.status, 400, 'this browser did not begin')
  const url = end.url.slice(publicUrl.length)
  const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? ''
  const answers = []
  for (let tries = 0; tries < 2; tries += 1)
    answers.push((await gateway.app.inject({ url, headers: { cookie } })).statusCode)
  assert.deepEqual(answers, [302, 401])
})

test('a key that the provider changed is fetched', options, async (t) => {
  const gateway = await startListening(t)
  assert.equal((await signIn(openBrowser(), 'ruth')).status, 200)
  const plugin = (await provider?.administer('GET', 'mod/plugin/oidc')) as { parameters: object }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const cert = publicKey.export({ type: 'spki', format: 'pem' })
  await provider?.administer('PUT', 'mod/plugin/oidc', { ...plugin, parameters: { ...plugin.parameters, key, cert } })
  await provider?.administer('PUT', 'mod/plugin/oidc/reset')
  // The key set is not asked twice within a second, so that unknown key ids cannot make us hammer the provider.
  await wait(1100)
  assert.equal((await signIn(openBrowser(), 'ruth')).status, 200)
  assert.equal((await recordsOf(gateway, 'session.started')).length, 2)
})

test(
  'signing out leads to the provider, whose logout token ends the other session of the same sign-in',
  options,
  async (t) => {
    const gateway = await startListening(t)
    const browser = openBrowser()
    await signIn(browser, 'ruth')
    const first = browser.cookieHeader(publicUrl)
    // The same sign-in at the provider, a second browser profile at the gateway.
    browser.cookies.delete(publicUrl)
    const page = await browser.get(`${publicUrl}/auth/login?returnTo=/api/me`)
    assert.equal((await goOn(browser, page)).status, 200)
    const out = await fetch(`${publicUrl}/auth/logout`, {
      method: 'POST',
      headers: { cookie: browser.cookieHeader(publicUrl), origin: publicUrl },
    })
    const { redirectTo } = (await out.json()) as { redirectTo: string }
    const asked = new URL(redirectTo)
    assert.equal(asked.origin + asked.pathname, `${provider?.issuer}/end_session`)
    assert.equal(asked.searchParams.get('post_logout_redirect_uri'), `${publicUrl}/`)
    const still = await fetch(`${publicUrl}/api/me`, { headers: { cookie: first } })
    assert.equal(still.status, 200, 'the other session is untouched until the provider says so')
    const confirm = new URL((await browser.get(redirectTo)).url).searchParams
    assert.deepEqual([confirm.get('prompt'), confirm.get('client_id')], ['end_session', 'gateway'])
    await ask(browser, 'DELETE', `oidc/session/${confirm.get('sid')}/`)
    await eventually(async () => (await fetch(`${publicUrl}/api/me`, { headers: { cookie: first } })).status === 401)
    const because = (await recordsOf(gateway, 'session.ended')).map(({ content }) => String(content['because']))
    assert.deepEqual(because.toSorted(), ['provider_logout', 'signed_out'])
  },
)

test(
  'it never says when it asked, so a fresh sign-in is refused with the reason and the session stays',
  options,
  async (t) => {
    const gateway = await startListening(t)
    const browser = openBrowser()
    await signIn(browser, 'ruth')
    const session = browser.cookieHeader(publicUrl)
    const page = await signIn(browser, 'ruth', '?returnTo=/api/me&maxAge=60')
    const problem = JSON.parse(page.body) as { code: string; detail: string }
    assert.deepEqual([page.status, problem.code], [403, 'step_up_required'])
    assert.match(problem.detail, /auth_time/)
    assert.equal((await gateway.app.inject({ url: '/api/me', headers: { cookie: session } })).statusCode, 200)
  },
)

/** The provider sends its logout token beside its answer, not before it. */
async function eventually(question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await question()) return
    await wait(50)
  }
  assert.fail('not within five seconds')
}
