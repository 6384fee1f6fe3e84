import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import * as openid from 'openid-client'
import { startOpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { openBrowser, signInWithForm } from '#test/support/browse.ts'

const publicUrl = 'http://127.0.0.1:9'

async function start(t: TestContext, dataDirectory?: string) {
  const provider = await startOpenIdProvider({
    port: 0,
    publicUrl,
    clientId: 'gateway',
    clientSecret: 'secret',
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  })
  t.after(() => provider.close())
  return provider
}

/** The code at the callback is not fetched: nothing listens on the gateway's address here. */
const gateway = (request: Request) =>
  request.url.startsWith(publicUrl) ? Promise.resolve(new Response('gateway')) : undefined

async function authorizationUrl(config: openid.Configuration, verifier: string) {
  return openid.buildAuthorizationUrl(config, {
    redirect_uri: `${publicUrl}/auth/callback`,
    scope: 'openid profile email groups',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'a-state',
  })
}

test('a demo person signs in with a plain form and the ID token carries name and groups', async (t) => {
  const { issuer } = await start(t)
  const config = await openid.discovery(new URL(issuer), 'gateway', 'secret', undefined, {
    execute: [openid.allowInsecureRequests],
  })
  const verifier = openid.randomPKCECodeVerifier()
  const end = await signInWithForm(openBrowser(gateway), (await authorizationUrl(config, verifier)).href, 'ruth')
  const tokens = await openid.authorizationCodeGrant(config, new URL(end.url), {
    pkceCodeVerifier: verifier,
    expectedState: 'a-state',
  })
  assert.equal(tokens.claims()?.sub, 'ruth')
  assert.deepEqual(tokens.claims()?.['groups'], ['audit', 'records'])
  assert.equal(tokens.claims()?.['name'], 'Ruth Okafor')
})

test('a wrong password shows the form again with a sentence, in the language asked for', async (t) => {
  const { issuer } = await start(t)
  const config = await openid.discovery(new URL(issuer), 'gateway', 'secret', undefined, {
    execute: [openid.allowInsecureRequests],
  })
  const browser = openBrowser(gateway)
  const form = await browser.get((await authorizationUrl(config, openid.randomPKCECodeVerifier())).href, {
    'accept-language': 'fr-FR,fr;q=0.9,en;q=0.5',
  })
  assert.match(form.body, /<html lang="fr">/)
  const again = await browser.postForm(form.url, { login: '<i>ruth', password: 'guess', lang: 'fr' })
  assert.equal(again.status, 401)
  assert.match(again.body, /role="alert"[^>]*>Identifiant ou mot de passe incorrect/)
  assert.doesNotMatch(again.body, /<i>ruth/)
  const end = await browser.postForm(again.url, { login: 'ruth', password: 'demo' })
  assert.match(end.url, /\/auth\/callback\?code=/)
})

test('the pages run under a policy without inline styles and with one known script', async (t) => {
  const { issuer } = await start(t)
  const page = await openBrowser().get(`${issuer}/sign-in/nobody`)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.doesNotMatch(page.body, /style=/)
  assert.equal(page.status, 400)
})

test('keys survive a restart in a file that only the owner reads', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'openid-'))
  t.after(() => rm(folder, { recursive: true }))
  const first = await start(t, folder)
  const kept = await readFile(join(folder, 'openid-provider.json'), 'utf8')
  const { issuer } = await start(t, folder)
  assert.equal(await readFile(join(folder, 'openid-provider.json'), 'utf8'), kept)
  assert.equal((await stat(join(folder, 'openid-provider.json'))).mode & 0o777, 0o600)
  const keys = async (at: string) => (await fetch(`${at}/jwks`)).text()
  assert.equal(await keys(issuer), await keys(first.issuer))
  assert.doesNotMatch(await keys(issuer), /"d":/)
})

test('a request under another host name is refused', async (t) => {
  const { issuer } = await start(t)
  const answer = await fetch(issuer.replace('127.0.0.1', 'localhost'), { redirect: 'manual' }).catch(() => undefined)
  assert.ok(answer === undefined || answer.status === 421)
})
