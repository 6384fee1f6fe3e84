import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertSound, assertSoundEverywhere } from '#test/support/examine-page.ts'
import { fillLogin, openConsole, readWords, type ConsoleStage } from '#test/support/open-console.ts'
import { programWords } from '#test/support/program-words.ts'

let stage: ConsoleStage

before(async () => {
  stage = await openConsole()
})
after(() => stage?.close())

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

      const { page: author } = await stage.signIn('camille', look)
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
      await editor.fill(`${text} ${Array.from(promise).join(' ')}`)
      await author.getByText(say('letters set apart'), { exact: false }).first().waitFor()
      await editor.fill(text)
      await author.getByText(clean).waitFor()
      await author.getByRole('button', { name: new RegExp(`^${say('Submit')}`) }).click()
      await author.getByText(say('In review')).first().waitFor()

      const { page: officer } = await stage.signIn('ines', look)
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
      const { page: visitor } = await stage.open(look)
      await visitor.goto((await seen.getAttribute('href'))!)
      await visitor.getByText(text).first().waitFor()
      await visitor.goto(`${stage.gateway.url}/sandbox`)
      await visitor.getByText(text).first().waitFor()

      const { page: auditor } = await stage.signIn('ruth', look)
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
      const path = join(stage.gateway.directory, `examination-${language}.zip`)
      await download.saveAs(path)
      const verified = await runVerifier(path)
      assert.equal(verified.code, 0, verified.output)
    },
  )
}

test('Who wrote a post is not offered to decide it, and an auditor sees no composer', async () => {
  const { page: auditor } = await stage.signIn('ruth')
  assert.equal(await auditor.getByRole('link', { name: 'My posts' }).count(), 0)
  await auditor.goto(`${stage.gateway.url}/queue`)
  await auditor.getByText('You may not see this').waitFor()
  // What was cut or mistyped in an address is left out, or leads nowhere: nobody reads the name of a parameter.
  await auditor.goto(`${stage.gateway.url}/archive?from=nonsense&author=7&verdict=pass`)
  await auditor.getByRole('list', { name: 'Records' }).waitFor()
  await auditor.goto(`${stage.gateway.url}/archive/nonsense`)
  await auditor.getByText('There is nothing here').waitFor()
})

test('What was being written survives a lost session', async () => {
  const { page, context } = await stage.signIn('camille')
  await page.goto(`${stage.gateway.url}/posts/new`)
  await page.getByRole('textbox', { name: 'Your post' }).fill('Half a thought')
  await page.getByText('Nothing to mend.').waitFor()
  await context.clearCookies()
  await page.getByRole('button', { name: /^Save draft/ }).click()
  await page.getByRole('alert').waitFor()
  await page.goto(`${stage.gateway.url}/posts/new`)
  await page.getByRole('link', { name: 'Sign in with your company' }).click()
  await page.locator('input[name=login], nav').first().waitFor()
  if ((await page.locator('input[name=login]').count()) > 0) {
    await fillLogin(page, 'camille')
  }
  await page.getByText('Your unsaved words are back').waitFor()
  assert.equal(await page.getByRole('textbox', { name: 'Your post' }).inputValue(), 'Half a thought')

  // Until something is pressed: a page that asks again by itself would take the button away first.
  await page.route('**/api/profiles', async (route) =>
    (await page.evaluate(() => 'pressed' in window)) ? route.continue() : route.fulfill({ status: 500, body: '' }),
  )
  await page.reload()
  await page.getByText('The profiles could not be fetched.', { exact: false }).waitFor()
  assert.equal(await page.getByRole('textbox', { name: 'Your post' }).inputValue(), 'Half a thought')
  await page.evaluate(() =>
    addEventListener('click', () => Object.assign(window, { pressed: true }), { capture: true }),
  )
  await page.getByRole('group', { name: 'Publish on' }).getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('group', { name: 'Publish on' }).getByRole('checkbox').first().waitFor()
})

test('What takes its own button away leaves the keys beside it', async () => {
  // The stories above left sessions open.
  const { page } = await stage.signIn('camille')
  await page.goto(`${stage.gateway.url}/me`)
  const ends = page.getByRole('region', { name: 'Where I am signed in' }).getByRole('button', { name: 'End it' })
  await ends.first().waitFor()
  const before = await ends.count()
  await ends.last().press('Enter')
  await page.waitForFunction(
    (count) => document.querySelectorAll('section[aria-labelledby=sessions] button').length < count,
    before,
  )
  await page.waitForFunction(
    () => document.activeElement?.closest('section')?.getAttribute('aria-labelledby') === 'sessions',
  )
  await page.goto(`${stage.gateway.url}/posts`)
  const sought = page.getByRole('textbox', { name: 'Search my posts' })
  await sought.fill('zebra')
  await sought.press('Enter')
  await page.getByText('No post contains “zebra”.').waitFor()
  assert.ok(await sought.evaluate((field) => field === document.activeElement), 'whoever searched searches on')
})

test('A part of the console that is gone is told in words, and reloading brings the page back', async () => {
  const say = await readWords('fr')
  const { page } = await stage.signIn('ines', { language: 'fr' })
  await page.route('**/assets/HealthPage-*', (route) => route.abort())
  await page.getByRole('link', { name: say('Health'), exact: true }).click()
  await page.getByText(say('This page could not be shown')).waitFor()
  await assertSound(page, 'a page without its part')
  await page.unroute('**/assets/HealthPage-*')
  await page.getByRole('button', { name: say('Reload it') }).click()
  await page.getByRole('heading', { level: 1, name: say('Health') }).waitFor()
  // Neither is a page taken for broken where nobody answers, or where a proxy in front answers for the gateway.
  await page.route('**/readyz', (route) => route.abort())
  await page.route('**/api/archive/status', (route) => route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' }))
  await page.reload()
  await page.getByText('La passerelle ne répond pas.', { exact: false }).waitFor()
  await page.getByText('La passerelle est injoignable pour l’instant (502).', { exact: false }).waitFor()
})

const pages: Record<string, readonly string[]> = {
  camille: ['/posts', '/posts/new', '/policies', '/me'],
  ines: ['/queue', '/delegations', '/stops', '/health'],
  ruth: ['/archive', '/exports', '/exports/new', '/holds', '/examiners'],
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
    ['/people/:id', '/api/users', 'userId'],
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
  const { page } = await stage.signIn('camille')
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
  { language: 'en', width: 1440 },
  { language: 'fr', width: 390 },
] as const) {
  test(
    `Every page is accessible in ${look.language}: in light and dark, 1440 and 390 pixels wide`,
    { timeout: 180_000 },
    async () => {
      const { page: stranger } = await stage.open(look)
      await stranger.goto(`${stage.gateway.url}/login`)
      await assertSoundEverywhere(stranger, '/login')
      for (const [login, paths] of Object.entries(pages)) {
        const { page, context } = await stage.signIn(login, look)
        for (const path of [...paths, ...(await findDetails(page, login))]) {
          await page.goto(stage.gateway.url + path)
          await assertSoundEverywhere(page, `${path} as ${login}`)
          assert.equal(await page.locator('html').getAttribute('lang'), look.language)
        }
        await context.close()
      }
    },
  )
}

test('No page broke the policy that the server sends, and no script failed', () => {
  assert.deepEqual(stage.breaches, [])
})

function runVerifier(path: string): Promise<{ code: number | null; output: string }> {
  const [node, ...words] = programWords('cli.ts')
  const child = spawn(node, [...words, 'verify', path], {
    env: { PATH: process.env['PATH'] },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}
