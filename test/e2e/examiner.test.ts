import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertSound, assertSoundEverywhere } from '#test/support/examine-page.ts'
import { openConsole, readWords, type ConsoleStage, type Look } from '#test/support/open-console.ts'

let stage: ConsoleStage

before(async () => {
  stage = await openConsole()
})
after(() => stage?.close())

/** Opens and ends examinations as a program of the records officer does. */
async function asRecordsOfficer() {
  const { page } = await stage.signIn('ruth')
  const post = (url: string, body: object) =>
    page.evaluate(
      async ([to, sent]) => {
        const answer = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: sent })
        return (await answer.json()) as { secret: string; examinerId: string }
      },
      [url, JSON.stringify(body)] as const,
    )
  const grant = (until: number) =>
    post('/api/examiners', {
      name: 'Anna Berg',
      organisation: 'FINRA',
      purpose: 'Rule 8210 request',
      validUntil: new Date(until).toISOString(),
    })
  return { grant, end: (examinerId: string) => post(`/api/examiners/${examinerId}/end`, {}) }
}

test(
  'An examiner signs in on a page of their own, and is told why a secret opens nothing',
  { timeout: 120_000 },
  async () => {
    const officer = await asRecordsOfficer()
    const inAnHour = Date.now() + 3_600_000
    const [lasting, ended] = [await officer.grant(inAnHour), await officer.grant(inAnHour)]
    const soon = Date.now() + 4_000
    const short = await officer.grant(soon)
    await officer.end(ended.examinerId)
    const { page } = await stage.open()
    await page.goto(`${stage.gateway.url}/login`)
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
    await page.waitForFunction((until) => Date.now() > until, soon)
    await tryWith(short.secret)
    await page.getByRole('alert').getByText('The time of this examination is over').waitFor()
    await assertSound(page, 'a refusal')
    await tryWith(` ${lasting.secret}\t`)
    await page.waitForURL('**/archive')
    await page.getByText('Anna Berg (FINRA)').waitFor()
    assert.deepEqual(stage.breaches, [])
  },
)

async function screenshot(page: Page, name: string, look: Look): Promise<void> {
  const folder = process.env['GATEWAY_TEST_SCREENSHOTS']
  const path = `${folder}/${name}-${look.language}-${look.scheme ?? 'last'}-${look.width}.png`
  if (folder !== undefined) await page.screenshot({ path, fullPage: true })
}

for (const look of [
  { language: 'en', width: 1440 },
  { language: 'fr', width: 390 },
] as const) {
  test(`The sign-in pages are sound in ${look.language}: in light and dark, 1440 and 390 pixels wide`, async () => {
    const say = await readWords(look.language)
    const { page } = await stage.open(look)
    await page.goto(`${stage.gateway.url}/examiner`)
    await page.getByRole('heading', { name: say('Sign in as an examiner') }).waitFor()
    await assertSoundEverywhere(page, 'the examiner’s page')
    await screenshot(page, 'examiner', look)
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
      await page.goto(`${stage.gateway.url}/login?error=${error}`)
      await assertSoundEverywhere(page, `the sign-in page after ${error}`)
      seen.add((await page.getByRole('status').first().textContent()) ?? '')
    }
    assert.equal(seen.size, 7, 'each reason has words of its own')
    await screenshot(page, 'login', look)
    assert.deepEqual(stage.breaches, [])
  })
}

for (const look of [
  { language: 'en', scheme: 'light', width: 1440 },
  { language: 'fr', scheme: 'dark', width: 390 },
] as const) {
  test(
    `A records officer grants an examination by keyboard, sees what was looked at and ends it: ${look.language}, ${look.scheme}, ${look.width} wide`,
    { timeout: 120_000 },
    async () => {
      const say = await readWords(look.language)
      const { page: officer } = await stage.signIn('ruth', look)
      await officer.goto(`${stage.gateway.url}/examiners`)
      await officer.getByRole('heading', { level: 1, name: say('Examinations') }).waitFor()
      await officer.getByRole('button', { name: say('Grant an examination') }).focus()
      await officer.keyboard.press('Enter')
      const dialog = officer.getByRole('dialog', { name: say('Grant an examination') })
      const name = `Anna Berg ${look.language} ${look.width}`
      // Each search is a record with its words: the next reader would find it.
      const unheard = `unheard${look.language}${look.width}`
      await dialog.getByLabel(say('Name of the examiner')).fill(name)
      await dialog.getByLabel(say('Authority or firm')).fill('AMF')
      await dialog.getByLabel(say('Purpose')).fill('Contrôle thématique 2026-4')
      await dialog.getByLabel(say('Records from')).fill('2020-01-01')
      await assertSound(officer, 'the form of an examination')
      // As after a fresh sign-in, which leads away and back.
      await officer.reload()
      await officer.getByRole('button', { name: say('Grant an examination') }).click()
      assert.equal(await dialog.getByLabel(say('Name of the examiner')).inputValue(), name)
      await screenshot(officer, 'grant', look)
      await dialog.getByLabel(say('Purpose')).press('Tab')
      await dialog.getByRole('button', { name: say('Grant it') }).press('Enter')
      const secret = await officer.getByText(/^gwx_/).innerText()
      await assertSound(officer, 'the secret')
      await officer.getByRole('button', { name: say('I have kept it') }).click()
      const line = officer.getByRole('listitem').filter({ hasText: name })
      await line.getByText(say('Running'), { exact: true }).waitFor()
      await assertSound(officer, 'the examinations')
      await officer.getByRole('button', { name: say('Grant an examination') }).click()
      assert.equal(await dialog.getByLabel(say('Name of the examiner')).inputValue(), '', 'a new one begins empty')
      await officer.keyboard.press('Escape')
      await screenshot(officer, 'examinations', look)

      const { page: examiner, context } = await stage.open(look)
      await examiner.goto(`${stage.gateway.url}/examiner`)
      await examiner.getByLabel(say('Secret'), { exact: true }).fill(secret)
      await examiner.getByLabel(say('Secret'), { exact: true }).press('Enter')
      await examiner.waitForURL('**/archive')
      assert.equal(await examiner.getByRole('link', { name: say('Examinations') }).count(), 0)
      await examiner.getByLabel(say('Words')).fill(unheard)
      await examiner.getByRole('button', { name: say('Search'), exact: true }).click()
      await examiner.waitForURL('**/archive?q=*')
      await examiner
        .getByText(say('No record matches. Take a filter away: the dates and the words remove most.'))
        .waitFor()

      await line.getByRole('link').first().click()
      const acts = officer.getByRole('list', { name: say('What they looked at') })
      await acts.getByText(unheard).waitFor()
      await assertSound(officer, 'one examination')
      await screenshot(officer, 'examination', look)
      await officer.getByRole('button', { name: say('End…') }).click()
      await officer.getByRole('button', { name: say('End it now') }).click()
      await officer.getByText(say('Ended by the firm')).first().waitFor()
      await examiner.reload()
      await examiner.getByRole('link', { name: say('Sign in with your company') }).waitFor()
      await context.close()
      assert.deepEqual(stage.breaches, [])
    },
  )
}
