import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
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

interface Look {
  readonly language: 'en' | 'fr'
  readonly scheme: 'light' | 'dark'
  readonly width?: number
}

/** A browser of its own, in which every breach of the page's policy and every script error is kept. */
async function open(look: Look): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    locale: look.language === 'fr' ? 'fr-FR' : 'en-GB',
    colorScheme: look.scheme,
    viewport: { width: look.width ?? 1440, height: 900 },
    acceptDownloads: true,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`POLICY ${event.violatedDirective} ${event.blockedURI}`),
    )
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().startsWith('POLICY'))
      violations.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => violations.push(`${page.url()}: ${error.message}`))
  return { context, page }
}

async function signIn(
  login: string,
  look: Look = { language: 'en', scheme: 'light' },
): Promise<{ context: BrowserContext; page: Page }> {
  const opened = await open(look)
  const { page } = opened
  await page.goto(`${gateway.url}/`)
  await page.getByRole('link', { name: /Sign in with your company|Se connecter avec son entreprise/ }).click()
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('demo')
  await page.locator('input[name=password]').press('Enter')
  await page.getByRole('navigation', { name: /Main|Principale/ }).waitFor()
  return opened
}

/** Axe on the page as it stands; every finding is a failure, with the element named. */
async function assertAccessible(page: Page, where: string): Promise<void> {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  const told = found.map(
    (violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(' | ')}`,
  )
  assert.deepEqual(told, [], where)
}

/** The console's own words in a language, from its catalog: the story reads the same to both. */
async function readWords(language: 'en' | 'fr'): Promise<(english: string) => string> {
  if (language === 'en') return (english) => english
  const catalog = await readFile(join(import.meta.dirname, '../../src/web/locales/fr.po'), 'utf8')
  const words = new Map([...catalog.matchAll(/^msgid "(.*)"\nmsgstr "(.*)"$/gm)].map(([, id, text]) => [id, text]))
  return (english) => words.get(english) ?? assert.fail(`no French for “${english}”`)
}

const stories = [
  { language: 'en', promise: 'guaranteed returns', reason: 'Returns must not be promised.', clean: 'Nothing to mend.' },
  {
    language: 'fr',
    promise: 'un rendement garanti',
    reason: 'Ne promettez pas de rendement',
    clean: 'Rien à corriger.',
  },
] as const

for (const { language, promise, reason, clean } of stories) {
  test(
    `The whole story in ${language}: written, mended, submitted, approved, published, found, verified, exported and verified offline`,
    { timeout: 240_000 },
    async () => {
      const say = await readWords(language)
      const look = { language, scheme: 'light' } as const
      const text = `${language === 'en' ? 'We open our branch in Lyon on Monday' : 'Notre agence de Lyon ouvre lundi'} (${Date.now()}).`

      const { page: author } = await signIn('camille', look)
      await author.getByRole('button', { name: say('New post') }).click()
      const editor = author.getByRole('textbox', { name: say('Your post') })
      await editor.fill(`${text} ${promise}`)
      await author.getByText(reason).first().waitFor()
      const painted = await author.evaluate(() => [...(CSS.highlights.get('hit-block') ?? [])].map(String))
      assert.ok(painted.length > 0 && promise.includes(painted[0]!), `painted: ${painted.join(' | ')}`)
      await editor.press('F8')
      const selected = await editor.evaluate((element) => {
        const area = element as HTMLTextAreaElement
        return area.value.slice(area.selectionStart, area.selectionEnd)
      })
      assert.ok(selected !== '' && promise.includes(selected), `selected: ${selected}`)
      await editor.fill(text)
      await author.getByText(clean).waitFor()
      await author.getByRole('button', { name: new RegExp(`^${say('Submit')}`) }).click()
      await author.getByText(say('In review')).first().waitFor()

      const { page: officer } = await signIn('ines', look)
      await officer.getByRole('grid').waitFor()
      await officer
        .getByRole('region', { name: say('The review') })
        .getByText(text)
        .first()
        .waitFor()
      await officer.getByRole('grid').focus()
      await officer.keyboard.press('a')
      await officer.getByText(say('Nothing waits for you.')).waitFor()

      const seen = author.getByRole('link', { name: say('See it there') })
      await seen.waitFor({ timeout: 60_000 })
      const { page: visitor } = await open(look)
      await visitor.goto((await seen.getAttribute('href'))!)
      await visitor.getByText(text).first().waitFor()
      await visitor.goto(`${gateway.url}/sandbox`)
      await visitor.getByText(text).first().waitFor()

      const { page: auditor } = await signIn('ruth', look)
      await auditor.getByLabel(say('Words')).fill(`"${text.split(' ').slice(0, 4).join(' ')}"`)
      await auditor.getByRole('button', { name: say('Search'), exact: true }).click()
      await auditor
        .getByRole('link', { name: new RegExp(say('Submitted and checked by policy')) })
        .first()
        .click()
      await auditor.getByRole('button', { name: say('Verify') }).click()
      await auditor.getByText(say('This record is genuine and in its place')).waitFor({ timeout: 60_000 })
      await auditor.getByRole('link', { name: say('The whole life of this post') }).click()
      await auditor.getByText(say('Live copy read back')).waitFor()

      await auditor.getByRole('link', { name: say('Exports') }).click()
      await auditor.getByRole('button', { name: say('New export') }).click()
      await auditor.getByLabel(say('Reason')).fill('Annual examination')
      await auditor.getByRole('button', { name: say('Make the export') }).click()
      const link = auditor.locator('a[download]')
      await link.waitFor({ timeout: 120_000 })
      const [download] = await Promise.all([auditor.waitForEvent('download'), link.click()])
      const path = join(gateway.directory, `examination-${language}.zip`)
      await download.saveAs(path)
      const verified = await runVerifier(path)
      assert.equal(verified.code, 0, verified.output)
    },
  )
}

test('Who wrote a post is not offered to decide it, and an auditor sees no composer', async () => {
  const { page: auditor } = await signIn('ruth')
  assert.equal(await auditor.getByRole('link', { name: 'My posts' }).count(), 0)
  await auditor.goto(`${gateway.url}/queue`)
  await auditor.getByText('You may not see this').waitFor()
})

test('What was being written survives a lost session', async () => {
  const { page, context } = await signIn('camille')
  await page.goto(`${gateway.url}/posts/new`)
  await page.getByRole('textbox', { name: 'Your post' }).fill('Half a thought')
  await page.getByText('Nothing to mend.').waitFor()
  await context.clearCookies()
  await page.getByRole('button', { name: /^Save draft/ }).click()
  await page.getByRole('alert').waitFor()
  await page.goto(`${gateway.url}/posts/new`)
  await page.getByRole('link', { name: 'Sign in with your company' }).click()
  await page.locator('input[name=login], nav').first().waitFor()
  if ((await page.locator('input[name=login]').count()) > 0) {
    await page.locator('input[name=login]').fill('camille')
    await page.locator('input[name=password]').fill('demo')
    await page.locator('input[name=password]').press('Enter')
  }
  await page.getByText('Your unsaved words are back').waitFor()
  assert.equal(await page.getByRole('textbox', { name: 'Your post' }).inputValue(), 'Half a thought')
})

const pages: Record<string, readonly string[]> = {
  camille: ['/posts', '/posts/new', '/policies', '/me'],
  ines: ['/queue', '/stops', '/health'],
  ruth: ['/archive', '/exports', '/exports/new', '/holds'],
  ada: ['/profiles'],
}

/** The lists from which a reader opens single things: the page's path, the list behind it, and what names one. */
const details: Record<string, readonly (readonly [path: string, list: string, key: string])[]> = {
  camille: [
    ['/posts/:id', '/api/posts?author=me', 'postId'],
    ['/posts/:id/edit', '/api/posts?author=me&status=draft', 'postId'],
  ],
  ines: [['/queue/:id', '/api/reviews', 'reviewId']],
  ruth: [
    ['/archive/:id', '/api/archive/records?type=post.submitted', 'recordId'],
    ['/archive/posts/:id', '/api/archive/records?type=post.submitted', 'postId'],
    ['/exports/:id', '/api/exports', 'exportId'],
  ],
}

async function findDetails(page: Page, login: string): Promise<string[]> {
  const paths: string[] = []
  for (const [path, list, key] of details[login] ?? []) {
    const id = await page.evaluate(
      async ([url, name]) =>
        ((await (await fetch(url!)).json()) as { items: Record<string, string>[] }).items[0]?.[name!],
      [list, key],
    )
    paths.push(path.replace(':id', id ?? assert.fail(`nothing is listed by ${list}`)))
  }
  return paths
}

test('Something of each kind is there to be looked at', async () => {
  const { page } = await signIn('camille')
  const made = await page.evaluate(async () => {
    const { items } = (await (await fetch('/api/profiles')).json()) as { items: { profileId: string }[] }
    const send = (post: object) =>
      fetch('/api/posts', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ profileIds: items.slice(0, 1).map(({ profileId }) => profileId), ...post }),
      })
    const draft = await send({ text: 'A draft with guaranteed returns, to be mended' })
    const waiting = await send({ text: 'Our branch in Lyon opens on Monday. #opening', submit: true })
    return [draft.status, waiting.status]
  })
  assert.deepEqual(made, [201, 201])
})

for (const look of [
  { language: 'en', scheme: 'light' },
  { language: 'fr', scheme: 'dark' },
  { language: 'fr', scheme: 'light', width: 390 },
] as const) {
  test(
    `Every page is accessible in ${look.language}, ${look.scheme}, ${'width' in look ? look.width : 1440} pixels wide`,
    { timeout: 180_000 },
    async () => {
      const { page: stranger } = await open(look)
      await stranger.goto(`${gateway.url}/login`)
      await stranger.getByRole('heading', { level: 1 }).waitFor()
      await assertAccessible(stranger, '/login')
      for (const [login, paths] of Object.entries(pages)) {
        const { page, context } = await signIn(login, look)
        for (const path of [...paths, ...(await findDetails(page, login))]) {
          await page.goto(gateway.url + path)
          await page.getByRole('heading', { level: 1 }).waitFor()
          await page.waitForLoadState('networkidle')
          await assertAccessible(page, `${path} as ${login}`)
          const sideways = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          assert.ok(sideways <= 0, `${path} scrolls sideways by ${sideways} pixels`)
          assert.equal(await page.locator('html').getAttribute('lang'), look.language)
        }
        await context.close()
      }
    },
  )
}

test('No page broke the policy that the server sends, and no script failed', () => {
  assert.deepEqual(violations, [])
})

function runVerifier(path: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/server/cli.ts'), 'verify', path], {
    env: { PATH: process.env['PATH'] },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}
