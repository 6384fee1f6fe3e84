import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertSound, assertSoundEverywhere } from '#test/support/examine-page.ts'
import { openConsole, type ConsoleStage, type Look } from '#test/support/open-console.ts'

let stage: ConsoleStage

before(async () => {
  stage = await openConsole()
})
after(() => stage?.close())

const signIn = async (login: string, look?: Look): Promise<Page> => (await stage.signIn(login, look)).page

/** Hands a post in as the console does, without drawing the composer. */
async function submit(page: Page, text: string): Promise<void> {
  const status = await page.evaluate(async (words) => {
    const me = (await (await fetch('/api/me')).json()) as { csrfToken: string }
    const profiles = (await (await fetch('/api/profiles')).json()) as { items: { profileId: string }[] }
    const headers = {
      'content-type': 'application/json',
      'x-csrf-token': me.csrfToken,
      'idempotency-key': crypto.randomUUID(),
    }
    const body = JSON.stringify({ text: words, profileIds: [profiles.items[0]?.profileId], submit: true })
    return (await fetch('/api/posts', { method: 'POST', headers, body })).status
  }, text)
  assert.equal(status, 201)
}

/** Opens the form of a new version with one more file, and answers the field with its content. */
async function addFile(page: Page, path: string) {
  await page.goto(`${stage.gateway.url}/policies/new`)
  await page.getByLabel('Name of a new file').fill(path)
  await page.getByRole('button', { name: /^Add it/ }).click()
  return page.getByLabel(`Content of ${path}`)
}

let draft = ''
let simulation = ''

test(
  'An officer writes a rule in the browser, mends what the gateway names, and sees which posts it would stop',
  { timeout: 120_000 },
  async () => {
    const camille = await signIn('camille')
    await submit(camille, 'A bonus for the whole team, thank you all.')
    await submit(camille, 'We open in Lyon on Monday.')

    const ada = await signIn('ada')
    const source = await addFile(ada, 'our-rules/our-rules.yaml')
    const sound = (await source.inputValue()).replace('severity: review', 'severity: block')
    await source.fill(sound.replace('severity: block', 'sevrity: block'))
    await ada.getByRole('button', { name: 'Check and compare' }).click()
    const mistake = ada.getByRole('row', { name: /our-rules\/our-rules\.yaml:4/ })
    await mistake.getByText('Did you mean "severity"?').waitFor()
    assert.match(await mistake.innerText(), /no-bonus-talk/)
    await assertSound(ada)
    await mistake.getByRole('button', { name: 'Show line 4' }).click()
    const selected = await source.evaluate((element) => {
      const { value, selectionStart, selectionEnd } = element as HTMLTextAreaElement
      return value.slice(selectionStart, selectionEnd)
    })
    assert.equal(selected.trim(), 'sevrity: block')

    await source.fill(sound.replace('A ⟦bonus for the whole team⟧!', 'A ⟦bonus⟧ for the whole team!'))
    await ada.getByRole('button', { name: 'Write the draft' }).click()
    await ada.getByText('not where ⟦ ⟧ mark it').waitFor()

    await source.fill(sound)
    await ada.getByRole('button', { name: 'Check and compare' }).click()
    await ada.getByText('no-bonus-talk', { exact: false }).first().waitFor()
    const changed = ada.getByRole('list', { name: 'Posts that would be judged otherwise' })
    await changed.getByText('A bonus for the whole team, thank you all.').waitFor()
    assert.equal(await changed.getByRole('listitem').count(), 1)
    await ada.getByLabel('Note').fill('No talk about bonuses')
    await ada.getByRole('button', { name: 'Write the draft' }).click()
    await ada.getByRole('heading', { level: 1, name: 'No talk about bonuses' }).waitFor()
    draft = ada.url()
  },
)

test(
  'It is not approved before it was simulated; whoever approves starts that, sees how far it is and what it found',
  { timeout: 120_000 },
  async () => {
    const ada = await signIn('ada')
    await ada.goto(draft)
    await ada.getByText('Another policy owner must approve it').waitFor()
    assert.equal(await ada.getByRole('button', { name: 'Approve', exact: true }).count(), 0)

    const ines = await signIn('ines')
    await ines.goto(draft)
    await ines.getByText('Not simulated yet').waitFor()
    assert.equal(await ines.getByRole('button', { name: 'Approve', exact: true }).count(), 0)
    await assertSound(ines)
    await ines.getByRole('button', { name: 'Simulate it now' }).click()
    await ines.getByRole('button', { name: 'Start the simulation' }).click()
    await ines.getByText('Simulated beside the version in force').waitFor({ timeout: 60_000 })
    await ines.getByText('2 posts, 1 newly blocked, none newly allowed').waitFor()
    await assertSound(ines)
    await ines.getByRole('link', { name: 'Read the report' }).click()
    await ines.getByText('Completed').waitFor()
    simulation = ines.url()
    await ines.getByRole('heading', { name: 'Newly blocked (1)' }).waitFor()
    await ines.getByRole('link', { name: 'A bonus for the whole team, thank you all.' }).waitFor()

    await ines.goto(draft)
    await ines.getByRole('button', { name: 'Approve', exact: true }).click()
    await ines.getByText('Approved, not active').waitFor()
    await ines.getByRole('button', { name: 'Activate…' }).click()
    await ines.getByLabel('When').fill('2099-01-01T08:00')
    await ines.getByLabel('Reason').fill('From the new year on')
    await assertSound(ines)
    await ines.getByRole('button', { name: 'Activate at this time' }).click()
    await ines.getByText(/It goes live at .*2099/).waitFor()
  },
)

test(
  'A block rule starts at once, and everybody sees until when it needs its second person',
  { timeout: 120_000 },
  async () => {
    const ada = await signIn('ada')
    const source = await addFile(ada, 'urgent.yaml')
    await source.fill(
      (await source.inputValue())
        .replaceAll('bonus', 'rumour')
        .replace('severity: review', 'severity: block')
        .replace('policy: our-rules', 'policy: urgent')
        .replace('no-rumour-talk', 'urgent-rumour'),
    )
    await ada.getByRole('button', { name: 'Write the draft' }).click()
    await ada.getByRole('button', { name: 'Start as an emergency…' }).click()
    await ada.getByLabel('Reason').fill('A rumour goes round')
    await ada.getByRole('button', { name: 'Start at once' }).click()
    await ada.getByText('Started as an emergency, without a second person').waitFor()
    await ada.getByText(/\(in (24|23) hours\)|\(tomorrow\)/).waitFor()
    const ines = await signIn('ines')
    await ines.goto(ada.url())
    await ines.getByRole('button', { name: 'Approve', exact: true }).click()
    await ines.getByText('Started as an emergency, without a second person').waitFor({ state: 'detached' })
    await ines.goto(draft)
    await ines.getByText(/It does not go live by itself at .*2099/).waitFor()
    await ines.getByText('To be simulated again').waitFor()
    assert.equal(await ines.getByRole('button', { name: 'Activate…' }).count(), 0)
    await assertSound(ines)
  },
)

for (const look of [
  { language: 'en', width: 1440 },
  { language: 'fr', width: 390 },
] as const) {
  test(
    `The pages of policies are accessible in ${look.language}: in light and dark, 1440 and 390 pixels wide`,
    { timeout: 120_000 },
    async () => {
      const page = await signIn('ada', look)
      for (const url of ['/policies', '/policies/new', '/policies/precision', draft, simulation]) {
        await page.goto(new URL(url, stage.gateway.url).href)
        await assertSoundEverywhere(page)
      }
    },
  )
}

test('No page of policies broke the policy that the server sends, and no script failed', () => {
  assert.deepEqual(stage.breaches, [])
})
