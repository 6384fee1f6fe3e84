import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { openStage } from '#test/support/open-stage.ts'
import type { GatewayProcess } from '#test/support/run-gateway-process.ts'

let gateway: GatewayProcess
let browser: Browser
const violations: string[] = []

before(async () => {
  ;[gateway, browser] = await openStage()
})
after(async () => {
  await browser?.close()
  await gateway?.stop()
})

async function open(look: { locale: 'en-GB' | 'fr-FR'; colorScheme: 'light' | 'dark'; width: number }): Promise<Page> {
  const { width, ...rest } = look
  const context = await browser.newContext({ ...rest, viewport: { width, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
      console.error(`POLICY ${violatedDirective}`),
    )
  })
  page.on('console', (message) => {
    if (message.text().startsWith('POLICY')) violations.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => violations.push(`${page.url()}: ${error.message}`))
  return page
}

const english = { locale: 'en-GB', colorScheme: 'light', width: 1440 } as const

async function assertSound(page: Page, where: string): Promise<void> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`),
    [],
    where,
  )
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  assert.equal(wide, false, `${where} scrolls sideways`)
}

/** Opens and ends examinations as the records officer does. */
async function asRecordsOfficer(page: Page) {
  await page.goto(`${gateway.url}/`)
  await page.getByRole('link', { name: 'Sign in with your company' }).click()
  await page.locator('input[name=login]').fill('ruth')
  await page.locator('input[name=password]').fill('demo')
  await page.locator('input[name=password]').press('Enter')
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  const post = (url: string, body: object) =>
    page.evaluate(
      async ([to, sent]) => {
        const answer = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: sent })
        return (await answer.json()) as { secret: string; examinerId: string }
      },
      [url, JSON.stringify(body)] as const,
    )
  const grant = (milliseconds: number) =>
    post('/api/examiners', {
      name: 'Anna Berg',
      organisation: 'FINRA',
      purpose: 'Rule 8210 request',
      validUntil: new Date(Date.now() + milliseconds).toISOString(),
    })
  return { grant, end: (examinerId: string) => post(`/api/examiners/${examinerId}/end`, {}) }
}

test(
  'An examiner signs in on a page of their own, and is told why a secret opens nothing',
  { timeout: 120_000 },
  async () => {
    const officer = await asRecordsOfficer(await open(english))
    const [lasting, ended, short] = [
      await officer.grant(3_600_000),
      await officer.grant(3_600_000),
      await officer.grant(1_500),
    ]
    await officer.end(ended.examinerId)
    const page = await open(english)
    await page.goto(`${gateway.url}/login`)
    await page.getByRole('link', { name: 'Sign in as an examiner' }).click()
    await page.getByRole('heading', { name: 'Sign in as an examiner' }).waitFor()
    const tryWith = async (secret: string) => {
      await page.getByLabel('Secret').fill(secret)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    }
    await tryWith('guessed')
    await page.getByRole('alert').getByText('This secret is not known here').waitFor()
    await tryWith(ended.secret)
    await page.getByRole('alert').getByText('The firm ended this examination').waitFor()
    await page.waitForFunction((until) => Date.now() > until, Date.now() + 1_500)
    await tryWith(short.secret)
    await page.getByRole('alert').getByText('The time of this examination is over').waitFor()
    await assertSound(page, 'a refusal')
    await tryWith(` ${lasting.secret}\t`)
    await page.waitForURL('**/archive')
    await page.getByText('Anna Berg (FINRA)').waitFor()
    assert.deepEqual(violations, [])
  },
)

const looks = [
  { locale: 'en-GB', colorScheme: 'light', width: 1440, title: 'Sign in as an examiner' },
  { locale: 'fr-FR', colorScheme: 'dark', width: 1440, title: 'Se connecter en tant qu’examinateur' },
  { locale: 'en-GB', colorScheme: 'dark', width: 390, title: 'Sign in as an examiner' },
  { locale: 'fr-FR', colorScheme: 'light', width: 390, title: 'Se connecter en tant qu’examinateur' },
] as const
for (const { title, ...look } of looks) {
  test(`The sign-in pages are sound in ${look.locale}, ${look.colorScheme}, ${look.width} wide`, async () => {
    const page = await open(look)
    await page.goto(`${gateway.url}/examiner`)
    await page.getByRole('heading', { name: title }).waitFor()
    await assertSound(page, 'the examiner’s page')
    const folder = process.env['GATEWAY_TEST_SCREENSHOTS']
    const name = `${look.locale}-${look.colorScheme}-${look.width}`
    if (folder !== undefined) await page.screenshot({ path: `${folder}/examiner-${name}.png`, fullPage: true })
    const seen = new Set<string>()
    for (const error of [
      'unauthenticated',
      'invalid_request',
      'forbidden',
      'step_up_required',
      'no_role',
      'session_expired',
      'other',
    ]) {
      await page.goto(`${gateway.url}/login?error=${error}`)
      seen.add((await page.getByRole('status').first().textContent()) ?? '')
      await assertSound(page, `the sign-in page after ${error}`)
    }
    assert.equal(seen.size, 7, 'each reason has words of its own')
    if (folder !== undefined) await page.screenshot({ path: `${folder}/login-${name}.png`, fullPage: true })
    assert.deepEqual(violations, [])
  })
}
