import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type * as Axe from 'axe-core'
import type { Page, Request } from 'playwright-core'

const source = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

/** The rules whose answer a theme changes. */
const colourRules = ['color-contrast', 'link-in-text-block']

/** How a page is looked at, one after the other: every rule in each theme and at each width, those of colour in all four. */
const sights = [
  { width: 1440, scheme: 'light', rules: 'all' },
  { width: 1440, scheme: 'dark', rules: 'of colour' },
  { width: 390, scheme: 'light', rules: 'of colour' },
  { width: 390, scheme: 'dark', rules: 'all' },
] as const

type Rules = (typeof sights)[number]['rules']

const underWay = new WeakMap<Page, Set<Request>>()

/** From now on `waitUntilSettled` knows what the page asks for. */
export function watchRequests(page: Page): void {
  const open = new Set<Request>()
  underWay.set(page, open)
  page.on('request', (request) => open.add(request))
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
}

/** Waits until the page has its heading, waits for no answer, and has drawn what the answers said. */
export async function waitUntilSettled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  const open = underWay.get(page) ?? assert.fail('nobody watched the requests of this page')
  await waitUntilDrawn(page, () => open.size === 0)
}

/** Waits until nothing on the page says that it is still coming: a dialog’s frame is fetched when it is first opened. */
async function waitUntilDrawn(page: Page, isAnswered = () => true): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    // An answer is drawn in the next frame; what it makes the page ask for is on its way in the one after.
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
    )
    if (isAnswered() && (await page.locator('.skeletons, [aria-busy=true]').count()) === 0) return
    if (performance.now() > deadline) assert.fail(`${page.url()} is still waiting for something`)
  }
}

/** The page is sound at a desk and on a phone, in light and in dark; afterwards its window is as wide as it was. */
export async function assertSoundEverywhere(page: Page, where = page.url()): Promise<void> {
  const { width, height } = page.viewportSize() ?? assert.fail('a page of no size')
  for (const sight of sights) {
    await page.setViewportSize({ width: sight.width, height })
    await page.emulateMedia({ colorScheme: sight.scheme, reducedMotion: 'reduce' })
    await waitUntilSettled(page)
    await assertSound(page, `${where}, ${sight.scheme}, ${sight.width} pixels wide`, sight.rules)
  }
  await page.setViewportSize({ width, height })
}

/** Axe finds nothing on the page as it stands, and it does not scroll sideways; each finding names its element. */
export async function assertSound(page: Page, where = page.url(), rules: Rules = 'all'): Promise<void> {
  assert.equal(page.frames().length, 1, 'axe is asked of one document')
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source)
  await waitUntilDrawn(page)
  const found = await page.evaluate(findViolations, rules === 'all' ? [] : colourRules)
  assert.deepEqual(found, [], where)
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  assert.ok(sideways <= 0, `${where} scrolls sideways by ${sideways} pixels`)
}

/** In the page. Only of violations is every element named: naming those that passed takes longer than all rules. */
async function findViolations(only: readonly string[]): Promise<string[]> {
  const { axe } = window as unknown as { readonly axe: typeof Axe }
  // What fades in has its colours at the end; what turns for ever has none.
  const moving = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime))
  await Promise.allSettled(moving.map(({ finished }) => finished))
  const { violations } = await axe.run(document, {
    resultTypes: ['violations'],
    ...(only.length === 0 ? {} : { runOnly: { type: 'rule', values: [...only] } }),
  })
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`)
}
