import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signInWithForm } from '#test/support/browse.ts'
import { publicUrl } from '#test/support/demo-provider.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { gatewayBrowser } from './gateway-browser.ts'

const loginUrl = `${publicUrl}/auth/login`

test('a browser that begins sign-ins again and again keeps the last four, so that its requests stay short', async (t) => {
  const gateway = await startGateway(t)
  const browser = gatewayBrowser(gateway)
  const names = () => browser.cookieHeader(publicUrl).match(/gateway_sign_in_[^=]+/g) ?? []
  const begun: string[] = []
  for (let time = 0; time < 6; time += 1) {
    await browser.get(`${loginUrl}?returnTo=/archive?q=${'x'.repeat(900)}`)
    begun.push(...names().filter((name) => !begun.includes(name)))
  }
  assert.deepEqual(names(), begun.slice(2))
  assert.ok(browser.cookieHeader(publicUrl).length < 8_000)
  assert.equal((await signInWithForm(browser, `${loginUrl}?returnTo=/api/me`, 'ruth')).status, 200)
})
