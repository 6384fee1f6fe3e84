import { after } from 'node:test'
import type { OpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { issuerVariable, startDemoProvider } from './demo-provider.ts'

let own: Promise<OpenIdProvider> | undefined

after(async () => (await own)?.close())

/** The issuer of the run's provider. A file run by hand, without test/run.ts, has a provider of its own. */
export async function demoIssuer(): Promise<string> {
  return process.env[issuerVariable] ?? (await (own ??= startDemoProvider())).issuer
}
