import { after } from 'node:test'
import { startOpenIdProvider, type OpenIdProvider } from '#server/embedded/start-openid-provider.ts'

export const providerClient = { clientId: 'gateway', clientSecret: 'a secret of the tests, at least 32 characters' }
export const publicUrl = 'http://127.0.0.1:8080'

let provider: Promise<OpenIdProvider> | undefined

after(async () => (await provider)?.close())

/** The real OpenID provider with the demo people, one for the whole test file. */
export function demoProvider(): Promise<OpenIdProvider> {
  provider ??= startOpenIdProvider({ port: 0, publicUrl, ...providerClient })
  return provider
}
