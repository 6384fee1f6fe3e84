import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { watchRequests } from './examine-page.ts'
import { openStage } from './open-stage.ts'
import type { GatewayProcess } from './run-gateway-process.ts'

/** How somebody looks at the console; left out: English, light, a desk 1440 pixels wide. */
export interface Look {
  readonly language?: 'en' | 'fr'
  readonly scheme?: 'light' | 'dark'
  readonly width?: number
}

export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
}

/** The console of a running gateway, in a real browser. */
export interface ConsoleStage {
  readonly gateway: GatewayProcess
  readonly browser: Browser
  /** Every breach of the page's policy and every script error so far, with its page. */
  readonly breaches: readonly string[]
  /** A window with cookies of its own. */
  open(look?: Look): Promise<Visit>
  /** A window in which one of the demo people has signed in, at their first page. */
  signIn(login: string, look?: Look): Promise<Visit>
  close(): Promise<void>
}

/** Starts a gateway and a browser for one test file. */
export async function openConsole(): Promise<ConsoleStage> {
  const [gateway, browser] = await openStage()
  const breaches: string[] = []
  const open = async (look?: Look) => openWindow(browser, breaches, look)
  return {
    gateway,
    browser,
    breaches,
    open,
    signIn: async (login, look) => {
      const visit = await open(look)
      await visit.page.goto(`${gateway.url}/`)
      await signInAt(visit.page, login)
      return visit
    },
    close: async () => {
      await browser.close()
      await gateway.stop()
    },
  }
}

async function openWindow(browser: Browser, breaches: string[], look: Look = {}): Promise<Visit> {
  const context = await browser.newContext({
    locale: look.language === 'fr' ? 'fr-FR' : 'en-GB',
    colorScheme: look.scheme ?? 'light',
    viewport: { width: look.width ?? 1440, height: 900 },
    acceptDownloads: true,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  watchRequests(page)
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`POLICY ${event.violatedDirective} ${event.blockedURI}`),
    )
  })
  page.on('console', (message) => {
    if (message.text().startsWith('POLICY')) breaches.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => breaches.push(`${page.url()}: ${error.message}`))
  return { context, page }
}

/** Walks from the console's sign-in page through the provider's form to the first page. */
async function signInAt(page: Page, login: string): Promise<void> {
  await page.getByRole('link', { name: /Sign in with your company|Se connecter avec son entreprise/ }).click()
  await fillLogin(page, login)
  await page.getByRole('navigation', { name: /Main|Principale/ }).waitFor()
}

/** Fills in the form of the embedded provider. */
export async function fillLogin(page: Page, login: string): Promise<void> {
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('demo')
  await page.locator('input[name=password]').press('Enter')
}

/** The console's own words in a language, from its catalog: a test reads the same to both. */
export async function readWords(language: 'en' | 'fr'): Promise<(english: string) => string> {
  if (language === 'en') return (english) => english
  const catalog = await readFile(join(import.meta.dirname, '../../src/web/locales/fr.po'), 'utf8')
  const words = new Map([...catalog.matchAll(/^msgid "(.*)"\nmsgstr "(.*)"$/gm)].map(([, id, text]) => [id, text]))
  return (english) => words.get(english) ?? assert.fail(`no French for “${english}”`)
}
