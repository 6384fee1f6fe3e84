import { existsSync } from 'node:fs'
import { chromium, type Browser, type LaunchOptions } from 'playwright-core'

const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
/** Chromium asks its makers' hosts for many things at a start; none of them belongs to a test. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Flags under which the packaged browser shares its cookies between contexts: two people would be one. */
const shared = new Set(['--single-process', '--incognito', '--no-zygote'])

/** The browser that npm brings. */
async function loadPackaged() {
  // Read when the package is imported: without it, it does not unpack the libraries that a bare machine lacks.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x'
  return (await import('@sparticuz/chromium')).default
}

/**
 * Unpacks the packaged browser, where it is needed, into the temporary folder. To be called before any test file runs: two that
 * unpack at once take half a browser for a whole one, or the libraries from under one that runs.
 */
export async function unpackBrowser(): Promise<void> {
  if (installed === undefined) await (await loadPackaged()).executablePath()
}

/** Starts of a browser before a test gives up. */
const starts = 4

/**
 * A real Chromium: the machine's own, else the one that npm brings, which unpacks its own libraries. A busy machine now and
 * then kills one at its start, before it says anything: that is nothing of ours, so it is started again, and says so.
 */
export async function launchBrowser(): Promise<Browser> {
  const start = await browserStart()
  for (let tried = 1; ; tried += 1) {
    try {
      return await chromium.launch(start)
    } catch (error) {
      if (tried === starts) throw error
      console.warn(`The browser is started again: ${String(error).split('\n')[0]}`)
    }
  }
}

async function browserStart(): Promise<LaunchOptions> {
  if (installed !== undefined) return { executablePath: installed, args: quiet }
  const packaged = await loadPackaged()
  return {
    executablePath: await packaged.executablePath(),
    args: [...packaged.args.filter((word) => !shared.has(word)), ...quiet],
    headless: true,
  }
}
