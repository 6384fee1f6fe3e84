import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertSound } from '#test/support/examine-page.ts'
import { openConsole, type ConsoleStage } from '#test/support/open-console.ts'

let stage: ConsoleStage

before(async () => {
  stage = await openConsole()
  const { page, context } = await stage.signIn('camille')
  await submit(page, 'Our branch in Nantes opens on Monday.')
  await context.close()
})
after(() => stage?.close())

async function submit(page: Page, text: string): Promise<void> {
  const status = await page.evaluate(async (words) => {
    const { items } = (await (await fetch('/api/profiles')).json()) as { items: { profileId: string }[] }
    const profileIds = items.slice(0, 1).map(({ profileId }) => profileId)
    const answer = await fetch('/api/posts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: words, profileIds, submit: true }),
    })
    return answer.status
  }, text)
  assert.equal(status, 201)
}

async function focusedTag(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.activeElement?.getAttribute('role') ?? document.activeElement?.tagName)
}

test('A decision is written at once, by keys alone: the focus goes into the reason and comes back to the queue', async () => {
  const { page } = await stage.signIn('ines')
  const grid = page.getByRole('grid')
  await page.getByRole('button', { name: /^Approve/ }).waitFor()
  await grid.focus()
  await page.keyboard.press('Shift+Tab')
  assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle), 'solid')
  await page.keyboard.press('Tab')
  await page.keyboard.press('x')
  await page.getByRole('button', { name: 'Clear' }).press('Enter')
  await page.getByRole('button', { name: 'Clear' }).waitFor({ state: 'detached' })
  assert.equal(await focusedTag(page), 'grid', 'what was pressed is gone: the keys are in the list again')

  await page.keyboard.press('c')
  const reason = page.getByRole('dialog').getByLabel('Reason')
  await reason.waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
  // Letters that are keys of the queue are words here.
  await page.keyboard.type('a r e')
  assert.equal(await reason.inputValue(), 'a r e')
  await assertSound(page, 'the dialog that asks for a reason')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await focusedTag(page), 'grid')

  await page.keyboard.press('e')
  await reason.fill('Ask the head of desk.')
  await page.getByRole('dialog').getByRole('button', { name: 'Escalate' }).click()
  await page.getByRole('region', { name: 'The review' }).getByText('Escalated', { exact: true }).first().waitFor()
  await grid.getByText('Escalated', { exact: true }).waitFor()

  await page.keyboard.press('m')
  await page.getByRole('button', { name: /^Give back/ }).waitFor()
})

test('Without a line nothing is sent, now or later: what sends is disabled, a key is refused at once, and what was typed stays', async () => {
  const { page, context } = await stage.signIn('ines')
  const approve = page.getByRole('button', { name: /^Approve/ })
  await approve.waitFor()
  // The frame of a dialog is fetched in a quiet moment after the page.
  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('Single-letter shortcuts are on').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const decisions: string[] = []
  page.on('request', (request) => request.method() === 'POST' && decisions.push(request.url()))

  await context.setOffline(true)
  await page.getByText('You are offline').waitFor()
  await page.waitForFunction(() =>
    [...document.querySelectorAll('button')].some((one) => one.disabled && one.textContent.startsWith('Approve')),
  )
  await page.getByRole('grid').focus()
  await page.keyboard.press('a')
  await page.getByRole('alert').getByText('The gateway does not answer.', { exact: false }).waitFor()
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill('Name the street.')
  await dialog.getByText('You are offline').waitFor()
  assert.ok(await dialog.getByRole('button', { name: 'Send back' }).isDisabled())
  await assertSound(page, 'a dialog without a line')

  decisions.length = 0
  await context.setOffline(false)
  await dialog.getByText('You are offline').waitFor({ state: 'detached' })
  assert.equal(await dialog.getByLabel('Reason').inputValue(), 'Name the street.')
  assert.ok(await dialog.getByRole('button', { name: 'Send back' }).isEnabled())
  await page.reload()
  await approve.waitFor()
  assert.deepEqual(decisions, [], 'nothing was sent by itself')
  await context.close()
})

test('What is overdue says so and since when, and of very many findings the worst come first', async () => {
  const { page, context } = await stage.signIn('ines', { language: 'fr' })
  const late = { dueAt: new Date(Date.now() - 3 * 86_400_000).toISOString(), overdue: true }
  const messages = { en: 'Do not.', fr: 'Non.' }
  const findings = Array.from({ length: 45 }, (_none, at) => ({
    ruleId: `rule-${at}`,
    severity: at === 44 ? 'block' : 'note',
    message: messages.en,
    messages,
    spans: [],
  }))
  await page.route(/\/api\/reviews(\?|\/[0-9a-f-]{36}$)/, async (route) => {
    const answer = (await (await route.fetch()).json()) as { items?: object[] }
    const items = answer.items?.map((item) => ({ ...item, ...late }))
    await route.fulfill({ json: items === undefined ? { ...answer, ...late, findings } : { ...answer, items } })
  })
  await page.reload()
  await page.getByRole('grid').getByText('en retard', { exact: true }).waitFor()
  await page.getByRole('region', { name: 'L’examen' }).getByText('en retard, il y a 3 jours').waitFor()
  const listed = page.locator('.finding')
  assert.equal(await listed.count(), 40)
  await listed.first().getByText('Bloquant').waitFor()
  await page.getByRole('button', { name: 'Montrer 5 autres constats' }).click()
  assert.equal(await listed.count(), 45)
  await assertSound(page, 'an overdue review')
  await context.close()
})

test('A colleague reads who has a review in hand, where it goes and by when it is to be decided', async () => {
  const { page } = await stage.signIn('tom')
  const review = page.getByRole('region', { name: 'The review' })
  await review.getByRole('status').getByText('Inès Moreau has it').waitFor()
  await review.getByText('To be decided by').waitFor()
  await review.getByText(/^Sandbox · .+ \(@.+\)$/).waitFor()
  await assertSound(page, 'a review that a colleague has in hand')
})

test('A review is handed to a colleague by one key, and says so to whoever handed it over', async () => {
  const { page, context } = await stage.signIn('ines')
  await page.getByRole('button', { name: /^Hand over/ }).waitFor()
  await page.getByRole('grid').focus()
  await page.keyboard.press('i')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Colleague').selectOption({ label: 'Tom Baker' })
  await assertSound(page, 'the dialog that hands a review over')
  await dialog.getByRole('button', { name: 'Hand over' }).click()
  const review = page.getByRole('region', { name: 'The review' })
  await review.getByText('This review was handed to Tom Baker.').waitFor()
  await page.getByRole('grid').getByText('Tom Baker has it').waitFor()
  assert.equal(await review.getByRole('button', { name: /^Approve/ }).count(), 0)
  await context.close()
})

test('What is decided is due no more', async () => {
  const { page } = await stage.signIn('tom')
  const grid = page.getByRole('grid')
  await grid.getByText(/^due in/).waitFor()
  await page.getByRole('button', { name: /^Reject/ }).waitFor()
  await grid.focus()
  await page.keyboard.press('r')
  await page.getByRole('dialog').getByLabel('Reason').fill('Not ours to say.')
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
  await page.getByText('Nothing waits for you.').waitFor()
  await page.waitForFunction(() => document.activeElement?.id === 'main')
  await page.getByLabel('State').selectOption('rejected')
  await grid.getByText('Our branch in Nantes').waitFor()
  assert.equal(await grid.getByText(/^due |overdue/).count(), 0)
})

test('A wrong address keeps the frame and names the way on, and any place is found by its letters', async () => {
  const { page } = await stage.signIn('camille', { language: 'fr' })
  await page.goto(`${stage.gateway.url}/nowhere/at/all`)
  await page.getByRole('heading', { level: 1, name: 'Il n’y a rien ici' }).waitFor()
  await page.getByRole('navigation', { name: 'Principale' }).waitFor()
  assert.equal(await page.title(), 'Il n’y a rien ici · Passerelle de confinement')
  await assertSound(page, 'an address that names nothing')

  await page.goto(`${stage.gateway.url}/posts/00000000-0000-7000-8000-000000000000`)
  await page.getByRole('alert').or(page.getByRole('status')).getByText('Il n’y a rien ici').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Réessayer' }).count(), 0)
  await page.getByRole('link', { name: 'Vers la page d’accueil' }).click()
  await page.getByRole('heading', { level: 1, name: 'Mes publications' }).waitFor()

  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('textbox').waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT')
  await page.keyboard.type('compte')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Mon compte' }).waitFor()
})

test('No page broke the policy that the server sends, and no script failed', () => {
  assert.deepEqual(stage.breaches, [])
})
