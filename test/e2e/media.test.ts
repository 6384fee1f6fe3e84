import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { openStage } from '#test/support/open-stage.ts'
import { redDot } from '#test/support/image-form.ts'
import type { GatewayProcess } from '#test/support/run-gateway-process.ts'

let gateway: GatewayProcess
let browser: Browser
const breaches: string[] = []

before(async () => {
  ;[gateway, browser] = await openStage()
})
after(async () => {
  await browser?.close()
  await gateway?.stop()
})

async function signIn(login: string, look: { dark?: boolean; width?: number; french?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext({
    locale: look.french === true ? 'fr-FR' : 'en-GB',
    colorScheme: look.dark === true ? 'dark' : 'light',
    viewport: { width: look.width ?? 1440, height: 900 },
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`POLICY ${event.violatedDirective} ${event.blockedURI}`),
    )
  })
  page.on('console', (message) => {
    if (message.text().startsWith('POLICY')) breaches.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => breaches.push(`${page.url()}: ${error.message}`))
  await page.goto(`${gateway.url}/`)
  await page.getByRole('link', { name: /Sign in with your company|Se connecter avec son entreprise/ }).click()
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('demo')
  await page.locator('input[name=password]').press('Enter')
  await page.getByRole('navigation', { name: /Main|Principale/ }).waitFor()
  return page
}

async function assertAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`),
    [],
    where,
  )
}

/** A drawing of some size, made by the browser itself, as a file. */
async function draw(page: Page, words: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const encoded = await page.evaluate((text) => {
    const canvas = document.createElement('canvas')
    canvas.width = 800
    canvas.height = 450
    const pen = canvas.getContext('2d')!
    pen.fillStyle = '#1b4f8a'
    pen.fillRect(0, 0, 800, 450)
    pen.fillStyle = '#fff'
    pen.font = '48px sans-serif'
    pen.fillText(text, 60, 240)
    return canvas.toDataURL('image/png').split(',')[1]!
  }, words)
  return { name: `${words}.png`, mimeType: 'image/png', buffer: Buffer.from(encoded, 'base64') }
}

/** Gives files to the page as a person does who drops or pastes them. */
async function give(page: Page, how: 'drop' | 'paste', words?: string): Promise<void> {
  await page.evaluate(
    ({ how, bytes, words }) => {
      const data = new DataTransfer()
      data.items.add(new File([Uint8Array.from(bytes)], 'given.png', { type: 'image/png' }))
      if (words !== undefined) data.setData('text/plain', words)
      const init = { bubbles: true, cancelable: true }
      document.activeElement!.dispatchEvent(
        how === 'drop'
          ? new DragEvent('drop', { ...init, dataTransfer: data })
          : new ClipboardEvent('paste', { ...init, clipboardData: data }),
      )
    },
    { how, bytes: [...redDot], words },
  )
}

async function isShown(page: Page, selector: string): Promise<boolean> {
  await page.locator(selector).first().waitFor()
  return page
    .locator(selector)
    .first()
    .evaluate(async (image) => {
      await (image as HTMLImageElement).decode()
      return (image as HTMLImageElement).naturalWidth > 0
    })
}

test('A picture is attached, described, reviewed, published and seen', { timeout: 240_000 }, async () => {
  const text = `Our new branch in Lyon (${Date.now()}).`
  const author = await signIn('camille')
  await author.getByRole('button', { name: 'New post' }).click()
  await author.getByRole('textbox', { name: 'Your post' }).fill(text)
  await author
    .getByLabel('Pictures and films')
    .last()
    .setInputFiles(await draw(author, 'The new branch'))
  const description = author.getByRole('textbox', { name: 'Description of file 1' })
  await description.waitFor()
  assert.ok(await isShown(author, '.media-thumb img'))
  await author.locator('.media-field').getByText('An image has no description.').first().waitFor()
  await assertAccessible(author, 'composer with a picture that nobody described')
  await author.locator('.findings').getByRole('button', { name: 'Show' }).first().click()
  assert.ok(
    await description.evaluate((element) => element === document.activeElement),
    'Show leads to the description',
  )
  await description.fill('The front of the new branch, in blue')
  await author.getByText('Nothing to mend.').waitFor()

  await author.reload()
  await author.getByText('Your unsaved words are back').waitFor()
  assert.equal(await description.inputValue(), 'The front of the new branch, in blue')
  assert.ok(await isShown(author, '.media-thumb img'), 'kept with the draft')

  await give(author, 'drop')
  await author.getByRole('textbox', { name: 'Description of file 2' }).waitFor()
  await author.getByRole('textbox', { name: 'Your post' }).focus()
  await give(author, 'paste')
  await author.getByRole('textbox', { name: 'Description of file 3' }).waitFor()
  await give(author, 'paste', 'words of an office program')
  await author.getByRole('button', { name: 'Move file 2 forward' }).click()
  assert.equal(
    await author.getByRole('textbox', { name: 'Description of file 2' }).inputValue(),
    'The front of the new branch, in blue',
  )
  await author.getByRole('button', { name: 'Remove file 3' }).click()
  await author.getByRole('button', { name: 'Remove file 1' }).click()
  assert.equal(await author.locator('.media-items > li').count(), 1)
  await author.getByRole('button', { name: /^Submit/ }).click()
  await author.getByText('In review').first().waitFor()
  assert.ok(await isShown(author, '.media-list img'))
  await author.getByText('The front of the new branch, in blue').waitFor()
  await assertAccessible(author, 'post with a picture')

  const officer = await signIn('ines')
  const review = officer.getByRole('region', { name: 'The review' })
  await review.getByText('The front of the new branch, in blue').waitFor()
  assert.ok(await isShown(officer, '.media-list img'), 'the reviewer sees it')
  await assertAccessible(officer, 'review with a picture')
  await officer.getByRole('grid').focus()
  await officer.keyboard.press('a')
  await officer.getByText('Nothing waits for you.').waitFor()

  const seen = author.getByRole('link', { name: 'See it there' })
  await seen.waitFor({ timeout: 60_000 })
  const visitor = await (await browser.newContext()).newPage()
  await visitor.goto((await seen.getAttribute('href'))!)
  const picture = visitor.getByRole('img', { name: 'The front of the new branch, in blue' })
  await picture.waitFor()
  assert.ok(await isShown(visitor, '.media img'), 'the world sees it')
})

test(
  'A post is edited with its picture, and the next revision shows what became of it',
  { timeout: 120_000 },
  async () => {
    const page = await signIn('camille')
    await page.getByRole('button', { name: 'New post' }).click()
    await page.getByRole('textbox', { name: 'Your post' }).fill(`A draft with a picture (${Date.now()}).`)
    await page
      .getByLabel('Pictures and films')
      .last()
      .setInputFiles(await draw(page, 'First'))
    await page.getByRole('textbox', { name: 'Description of file 1' }).fill('What it shows')
    await page.getByRole('button', { name: /^Save draft/ }).click()
    await page.getByRole('button', { name: 'Edit' }).click()
    const description = page.getByRole('textbox', { name: 'Description of file 1' })
    await description.waitFor()
    assert.equal(await description.inputValue(), 'What it shows')
    assert.ok(await isShown(page, '.media-thumb img'))
    await description.fill('What it really shows')
    await page.getByRole('button', { name: /^Save draft/ }).click()
    await page.getByRole('heading', { name: 'Revisions' }).waitFor()
    await page.getByText('Described anew').waitFor()
    await assertAccessible(page, 'post whose picture was described anew')
  },
)

test('What cannot be added says why, in French, on a phone, in the dark', { timeout: 120_000 }, async () => {
  const page = await signIn('camille', { dark: true, width: 390, french: true })
  await page.getByRole('button', { name: 'Nouvelle publication' }).click()
  const input = page.getByLabel('Images et vidéos').last()
  await input.setInputFiles({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') })
  await page.getByText('plan.pdf n’a pas été ajouté').waitFor()
  await input.setInputFiles({ name: 'faux.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
  await page.getByText('faux.png n’a pas été ajouté').waitFor()
  await input.setInputFiles(await draw(page, 'Agence'))
  await page.getByRole('textbox', { name: 'Description du fichier 1' }).waitFor()
  await assertAccessible(page, 'composer with refused files')
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  assert.ok(overflow <= 0, `the page is ${overflow} px too wide`)
  assert.equal(await page.getByText(/C’est|Ce n’est ni JPEG/).count(), 2)
})

test('no picture breached the page’s policy', () => {
  assert.deepEqual(breaches, [])
})
