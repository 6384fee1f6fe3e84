import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { redDot } from '#test/support/image-form.ts'
import { assertSound } from '#test/support/examine-page.ts'
import { openConsole, type ConsoleStage, type Look } from '#test/support/open-console.ts'

let stage: ConsoleStage

before(async () => {
  stage = await openConsole()
})
after(() => stage?.close())

const signIn = async (login: string, look?: Look): Promise<Page> => (await stage.signIn(login, look)).page

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
  await assertSound(author, 'composer with a picture that nobody described')
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
  await assertSound(author, 'post with a picture')

  const officer = await signIn('ines')
  const review = officer.getByRole('region', { name: 'The review' })
  await review.getByText('The front of the new branch, in blue').waitFor()
  assert.ok(await isShown(officer, '.media-list img'), 'the reviewer sees it')
  await assertSound(officer, 'review with a picture')
  await officer.getByRole('grid').focus()
  await officer.keyboard.press('a')
  await officer.getByText('Nothing waits for you.').waitFor()

  const seen = author.getByRole('link', { name: 'See it there' })
  await seen.waitFor({ timeout: 60_000 })
  const { page: visitor } = await stage.open()
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
    await assertSound(page, 'post whose picture was described anew')
  },
)

test('What cannot be added says why, in French, on a phone, in the dark', { timeout: 120_000 }, async () => {
  const page = await signIn('camille', { scheme: 'dark', width: 390, language: 'fr' })
  await page.getByRole('button', { name: 'Nouvelle publication' }).click()
  const input = page.getByLabel('Images et vidéos').last()
  await input.setInputFiles({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') })
  await page.getByText('plan.pdf n’a pas été ajouté').waitFor()
  await input.setInputFiles({ name: 'faux.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
  await page.getByText('faux.png n’a pas été ajouté').waitFor()
  await input.setInputFiles(await draw(page, 'Agence'))
  await page.getByRole('textbox', { name: 'Description du fichier 1' }).waitFor()
  await assertSound(page, 'composer with refused files')
  assert.equal(await page.getByText(/C’est|Ce n’est ni JPEG/).count(), 2)
})

/** Two seconds of H.264 and AAC, made with ffmpeg: `testsrc` of 160 × 90 pixels at 10 a second, and a tone of 440 Hz. */
const film = join(import.meta.dirname, '../vectors/film.mp4')

/** Plays the film of a page by its own means, and answers what is seen of it. */
async function playFilm(page: Page, selector: string) {
  await page.locator(selector).first().waitFor()
  return page
    .locator(selector)
    .first()
    .evaluate(async (element) => {
      const video = element as HTMLVideoElement
      const began = new Promise<void>((resolve, reject) => {
        video.addEventListener('timeupdate', () => video.currentTime > 0 && resolve())
        video.addEventListener('error', () => reject(new Error(video.error?.message)))
      })
      video.muted = true
      await video.play()
      await began
      video.currentTime = 1.5
      await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
      video.pause()
      const { videoWidth, videoHeight, controls } = video
      return { videoWidth, videoHeight, controls, label: video.ariaLabel }
    })
}

test('A film is attached, described, played by the reviewer, published and seen', { timeout: 240_000 }, async () => {
  const text = `A walk through our new branch (${Date.now()}).`
  const author = await signIn('camille')
  await author.getByRole('button', { name: 'New post' }).click()
  await author.getByRole('textbox', { name: 'Your post' }).fill(text)
  const file = { name: 'walk.mp4', mimeType: 'video/mp4', buffer: await readFile(film) }
  await author.getByLabel('Pictures and films').last().setInputFiles(file)
  const description = author.getByRole('textbox', { name: 'Description of file 1' })
  await description.waitFor()
  const shown = { videoWidth: 160, videoHeight: 90, controls: true, label: 'File 1' }
  assert.deepEqual(await playFilm(author, '.media-thumb video'), shown)
  await assertSound(author, 'composer with a film that nobody described')
  await description.fill('A camera walks through the hall; a voice says: welcome')
  await author.getByText('Nothing to mend.').waitFor()
  await author.getByRole('button', { name: /^Submit/ }).click()
  await author.getByText('In review').first().waitFor()
  assert.deepEqual(await playFilm(author, '.media-list video'), shown)
  await assertSound(author, 'post with a film')

  const officer = await signIn('ines', { language: 'fr', scheme: 'dark', width: 390 })
  await officer.getByText(text).first().click()
  await officer.getByText('A camera walks through the hall; a voice says: welcome').waitFor()
  assert.deepEqual(await playFilm(officer, '.media-list video'), { ...shown, label: 'Fichier 1' })
  await officer.locator('.media-list video').first().focus()
  await officer.keyboard.press('Space')
  await officer.waitForFunction(() => document.querySelector<HTMLVideoElement>('.media-list video')?.paused === false)
  await assertSound(officer, 'review with a film')
  await officer.getByRole('button', { name: 'Approuver', exact: true }).click()

  const seen = author.getByRole('link', { name: 'See it there' })
  await seen.waitFor({ timeout: 60_000 })
  const { page: visitor } = await stage.open()
  await visitor.goto((await seen.getAttribute('href'))!)
  const label = 'A camera walks through the hall; a voice says: welcome'
  assert.deepEqual(await playFilm(visitor, '.media video'), { ...shown, label })
})

test('no picture and no film breached the page’s policy', () => {
  assert.deepEqual(stage.breaches, [])
})
