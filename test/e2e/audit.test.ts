import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertSound, assertSoundEverywhere } from '#test/support/examine-page.ts'
import { openConsole, readWords, type ConsoleStage } from '#test/support/open-console.ts'

let stage: ConsoleStage

before(async () => {
  stage = await openConsole()
})
after(() => stage?.close())

/** The first record of a type, as the page of the archive links to it. */
async function openRecord(page: Page, type: string): Promise<void> {
  await page.goto(`${stage.gateway.url}/archive?type=${type}`)
  await page.locator('ul.list a').first().click()
  await page.waitForURL(/\/archive\/[0-9a-f-]{36}$/)
}

test(
  'A role change is asked for by an administrator, and decided by a second person who was neither asked nor concerned',
  { timeout: 120_000 },
  async () => {
    await stage.signIn('camille')
    const { page: ada } = await stage.signIn('ada')
    await ada.goto(`${stage.gateway.url}/people`)
    await ada.getByText('No role change was asked for yet').waitFor()
    await ada.getByLabel('Find a person').fill('cam')
    const camille = ada.getByRole('listitem').filter({ hasText: 'Camille Laurent' })
    await camille.getByRole('button', { name: 'Change roles…' }).click()
    await assertSound(ada, 'the dialog of a role change')
    const box = await ada.getByRole('dialog').boundingBox()
    assert.ok(box !== null && box.y >= 0 && box.y + box.height <= 900, 'a dialog stands within the window')
    await ada.keyboard.press('Escape')
    await ada.getByRole('dialog').waitFor({ state: 'detached' })
    await camille.getByRole('button', { name: 'Change roles…' }).click()
    await ada.getByLabel('Role', { exact: true }).selectOption('auditor')
    await ada.getByLabel('Reason').fill('Replaces Ruth in August')
    await ada.getByRole('button', { name: 'Ask for it' }).click()
    await ada.getByText('You asked for it; a second person must decide.').waitFor()
    assert.equal(await ada.getByRole('button', { name: 'Approve' }).count(), 0)

    const { page: ruth } = await stage.signIn('ruth')
    await ruth.goto(`${stage.gateway.url}/people`)
    await ruth.getByText(/Give Camille Laurent the role Auditor on/).waitFor()
    await assertSound(ruth, 'people, with a change that waits')
    assert.equal(await ruth.getByRole('button', { name: 'Change roles…' }).count(), 0)
    await ruth.getByRole('button', { name: 'Approve' }).click()
    await ruth.getByText(/Decided by Ruth Okafor/).waitFor()
    await ruth
      .getByRole('list', { name: /^People/ })
      .getByRole('listitem')
      .filter({ hasText: 'Camille Laurent' })
      .getByText(/Auditor/)
      .waitFor()
    assert.deepEqual(stage.breaches, [])
  },
)

test(
  'A records officer reads the retention classes, lengthens one and never shortens it, and answers an erasure request',
  { timeout: 120_000 },
  async () => {
    const { page } = await stage.signIn('ruth')
    await page.goto(`${stage.gateway.url}/retention`)
    const pharma = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'pharma' }) })
    await pharma.getByText('10 years').waitFor()
    await pharma.getByRole('button', { name: 'Lengthen…' }).click()
    await page.getByLabel('Reason').fill('The authority asked')
    await page.getByLabel('Years').fill('9')
    await page.getByText('Between 11 and 100 years').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Lengthen it' }).isDisabled())
    await page.getByLabel('Years').fill('12')
    await assertSound(page, 'the dialog of a longer retention')
    await page.getByRole('button', { name: 'Lengthen it' }).click()
    await pharma.getByText('12 years').waitFor()

    await page.getByRole('button', { name: 'Answer an erasure request' }).click()
    await page.getByLabel('Reason').fill('Letter of 3 November, reference 77')
    assert.ok(await page.getByRole('button', { name: 'Answer it' }).isDisabled(), 'whose content must be said')
    await page.getByLabel('Words').fill('pharma')
    await assertSound(page, 'the dialog of an erasure request')
    await page.getByRole('button', { name: 'Answer it' }).click()
    await page.getByText(/The request is answered: \d+ records? concerned/).waitFor()
    await assertSound(page, 'an erasure answer')
    await page.getByRole('link', { name: 'Its record' }).click()
    await page.getByRole('heading', { level: 1, name: 'Erasure request answered' }).waitFor()
    await page.getByText('Letter of 3 November, reference 77', { exact: true }).waitFor()
    assert.deepEqual(stage.breaches, [])
  },
)

test(
  'A record is read in words with the whole of it one click below, and facets narrow a search',
  { timeout: 120_000 },
  async () => {
    const { page } = await stage.signIn('ruth')
    await page.goto(`${stage.gateway.url}/archive`)
    const facets = page.getByRole('group', { name: 'What happened' })
    const signedIn = facets.getByRole('button', { name: /^Signed in \d+$/ })
    await signedIn.click()
    await page.waitForURL(/type=session\.started/)
    await facets.getByRole('button', { name: /^Signed in \d+$/, pressed: true }).waitFor()
    await assertSound(page, 'a search narrowed by a facet')
    await openRecord(page, 'session.started')
    await page.getByText('Roles at that time').waitFor()
    await page.getByText(/Auditor \(/).waitFor()
    assert.equal(await page.getByLabel('Content', { exact: true }).isVisible(), false)
    await page.getByText('The whole content, as recorded').click()
    await page.getByLabel('Content', { exact: true }).waitFor()
    await assertSound(page, 'a record')
    await openRecord(page, 'role.granted')
    await page.getByText('Person', { exact: true }).waitFor()
    await page.getByRole('definition').getByRole('link').first().waitFor()
    await page.goto(`${stage.gateway.url}/archive?q=signed%20%E2%80%93`)
    await page.getByText('Not looked for, because it holds no letter and no figure: –').waitFor()
    await page.goto(`${stage.gateway.url}/stops`)
    await page.getByText('No stop was ever engaged.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Engage the stop' }).count(), 0, 'an auditor only reads stops')
    assert.deepEqual(stage.breaches, [])
  },
)

test('A profile is disconnected only after a question that says what it costs', { timeout: 120_000 }, async () => {
  const { page } = await stage.signIn('ada')
  await page.goto(`${stage.gateway.url}/profiles`)
  const profile = page.getByRole('listitem').filter({ has: page.getByText('Connected', { exact: true }) })
  await profile.first().waitFor()
  const connected = await profile.count()
  await profile.first().getByRole('button', { name: 'Disconnect' }).click()
  await page.getByRole('dialog').getByText('its credential is destroyed', { exact: false }).waitFor()
  await assertSound(page, 'the question before a profile is disconnected')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await profile.count(), connected, 'nothing changed')
  await profile.first().getByRole('button', { name: 'Disconnect' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await page.getByText('Disconnected', { exact: true }).waitFor()
  assert.deepEqual(stage.breaches, [])
})

test(
  'A person’s rights are read for any day, a qualification is entered, units are added, and off-boarding takes every right',
  { timeout: 120_000 },
  async () => {
    const { page: karim } = await stage.signIn('karim', { language: 'fr' })
    await karim.getByRole('button', { name: 'Se déconnecter' }).click()
    await karim.getByText('Votre session est terminée').waitFor()
    await assertSound(karim, 'right after signing out')

    const { page } = await stage.signIn('ada')
    await page.goto(`${stage.gateway.url}/people`)
    await page.getByRole('link', { name: 'Karim Benali' }).click()
    await page.getByRole('heading', { level: 1, name: 'Karim Benali' }).waitFor()
    const rights = page.getByRole('list', { name: 'Roles' }).getByRole('listitem')
    await rights.filter({ hasText: 'Author' }).waitFor()
    await page.getByText(/^Permissions \(\d+\)$/).click()
    await page.getByText('Write and submit posts').waitFor()
    assert.equal(await page.getByText('post.write').count(), 0, 'a right is told in words')
    const day = page.getByLabel('At the end of the day')
    await day.fill('31/02/2020')
    await day.press('Tab')
    await page.getByText('Write the day as 22/11/2026').waitFor()
    await day.fill('01/02/2020')
    await page.getByText('The person could not sign in then.').waitFor()
    await day.fill('')

    await page.getByRole('button', { name: 'Enter a qualification…' }).click()
    await assertSound(page, 'the dialog of a qualification')
    await page.getByLabel('Evidence (optional)').fill('CRD 4711002')
    await page.getByRole('button', { name: 'Enter it' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Registered principal (FINRA)' }).getByText('In force').waitFor()

    await page.getByRole('button', { name: 'Off-board…' }).click()
    await page.getByRole('dialog').getByText('No review is in their hands.').waitFor()
    await page.getByRole('dialog').getByLabel('Reason').fill('Left the firm')
    await page.getByRole('button', { name: 'Off-board now' }).click()
    await page.getByText('This person has left').waitFor()
    await page.getByText('The person could not sign in then.').waitFor()
    await assertSound(page, 'a person who has left')

    await page.getByRole('link', { name: 'Units' }).click()
    await page
      .getByRole('button', { name: /^Add below/ })
      .first()
      .click()
    await page.getByLabel('Name', { exact: true }).fill('Agence d’Évian')
    assert.equal(await page.getByLabel('Short name').inputValue(), 'agence-d-evian')
    await page.getByRole('button', { name: 'Add it' }).click()
    await page.getByRole('list', { name: 'Units' }).getByText('Agence d’Évian').waitFor()
    await page.getByLabel('Find a unit').fill('evian')
    assert.equal(
      await page.getByRole('list', { name: 'Units' }).getByRole('listitem').count(),
      2,
      'it and what is above',
    )
    await page.getByLabel('Find a unit').fill('nowhere')
    await page.getByText('No unit has this name.').waitFor()

    await page.goto(`${stage.gateway.url}/archive`)
    await page.getByText('This part is for whoever holds one of these roles: Auditor or Records officer.').waitFor()
    await assertSound(page, 'a part that is not theirs')
    assert.deepEqual(stage.breaches, [])
  },
)

test(
  'An export that is under way, failed, was cancelled or whose package is gone says so, and how to ask for it again',
  { timeout: 120_000 },
  async () => {
    const { page } = await stage.signIn('ruth', { language: 'fr' })
    const exportId = await page.evaluate(async () => {
      const answer = await fetch('/api/exports', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'Contrôle annuel', from: '2026-01-04T23:00:00.000Z', type: 'session.started' }),
      })
      return ((await answer.json()) as { exportId: string }).exportId
    })
    await page.goto(`${stage.gateway.url}/exports/${exportId}`)
    const download = page.getByRole('link', { name: /^Télécharger/ })
    await download.waitFor({ timeout: 90_000 })
    const show = async (state: object) => {
      await page.route(`**/api/exports/${exportId}`, async (route) =>
        route.fulfill({ json: { ...((await (await route.fetch()).json()) as object), ...state } }),
      )
      await page.reload()
    }
    const again = page.getByRole('link', { name: 'Le redemander' })
    await show({ status: 'running', progress: { phase: 'records', done: 812, total: 1841 } })
    await page.getByText(/^812 enregistrements sur 1.841$/).waitFor()
    await page.getByRole('button', { name: 'Annuler l’export' }).waitFor()
    await show({ status: 'failed', failure: 'Le disque est plein.' })
    await page.getByRole('alert').getByText('L’export n’a pas pu être préparé').waitFor()
    await again.waitFor()
    await assertSound(page, 'an export that failed')
    await show({ status: 'cancelled' })
    await page.getByText('L’export a été annulé').waitFor()
    await again.click()
    await page.waitForURL(/exports\/new\?.*from=2026-01-0[45]/)
    const type = page.getByLabel('Ce qui s’est passé')
    await type.waitFor()
    assert.equal(await type.inputValue(), 'session.started')

    await page.unroute(`**/api/exports/${exportId}`)
    await rm(join(stage.gateway.directory, 'exports', `${exportId}.zip`))
    await page.goto(`${stage.gateway.url}/exports/${exportId}`)
    await download.click()
    await page.getByRole('alert').getByText('Le fichier de cet export n’est plus là. Redemandez l’export.').waitFor()
    assert.deepEqual(stage.breaches, [])
  },
)

// What else they read is walked through with the whole story.
const pages = [
  ['ruth', '/retention', 'Retention'],
  ['ruth', '/people', 'People'],
  ['ruth', '/stops', 'Stops'],
  ['ada', '/people', 'People'],
  ['ada', '/units', 'Units'],
  ['ada', '/profiles', 'Profiles'],
  ['ada', '/health', 'Health'],
] as const

for (const look of [
  { language: 'fr', width: 390 },
  { language: 'en', width: 1440 },
] as const) {
  test(
    `The pages of auditors and administrators are sound in ${look.language}: in light and dark, 1440 and 390 pixels wide`,
    { timeout: 120_000 },
    async () => {
      const say = await readWords(look.language)
      const windows = {
        ruth: (await stage.signIn('ruth', look)).page,
        ada: (await stage.signIn('ada', look)).page,
      }
      for (const [who, path, heading] of pages) {
        const page = windows[who]
        await page.goto(stage.gateway.url + path)
        await page.getByRole('heading', { level: 1, name: say(heading), exact: true }).waitFor()
        await assertSoundEverywhere(page)
      }
      assert.deepEqual(stage.breaches, [])
    },
  )
}
