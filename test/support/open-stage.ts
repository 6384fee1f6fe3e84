import type { Browser } from 'playwright-core'
import { launchBrowser } from './launch-browser.ts'
import { runGatewayProcess, type GatewayProcess } from './run-gateway-process.ts'

/** A running gateway and a browser, started side by side. When one does not start, the other ends with it. */
export async function openStage(): Promise<[GatewayProcess, Browser]> {
  const [gateway, browser] = await Promise.allSettled([runGatewayProcess(), launchBrowser()])
  if (gateway.status === 'fulfilled' && browser.status === 'fulfilled') return [gateway.value, browser.value]
  if (browser.status === 'fulfilled') await browser.value.close()
  if (gateway.status === 'fulfilled') await gateway.value.stop()
  throw gateway.status === 'rejected' ? gateway.reason : (browser as PromiseRejectedResult).reason
}
