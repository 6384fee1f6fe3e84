import type { OpenIdProvider } from '#server/embedded/start-openid-provider.ts'

/** Environment name under which the runner hands its provider to the test files: the issuer. */
export const issuerVariable = 'GATEWAY_TEST_ISSUER'
export const providerClient = { clientId: 'gateway', clientSecret: 'a secret of the tests, at least 32 characters' }
export const publicUrl = 'http://127.0.0.1:8080'

/** Starts the real OpenID provider with the demo people. It is loaded only where it is started. */
export async function startDemoProvider(): Promise<OpenIdProvider> {
  const { startOpenIdProvider } = await import('#server/embedded/start-openid-provider.ts')
  return startOpenIdProvider({ port: 0, publicUrl, ...providerClient })
}
