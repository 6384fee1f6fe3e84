import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Closing } from '#server/platform/closing.ts'
import { freePort } from './free-port.ts'

interface ProviderPlan {
  readonly directory: string
  readonly clientId: string
  readonly secret: string
  /** Wanted port; another is taken when it is busy. */
  readonly port: number
  readonly publicUrl: string
}

const attempts = 5

/** Starts the OpenID provider with the demo people and answers its issuer. */
export async function startProvider(plan: ProviderPlan, log: Logger, closing: Closing): Promise<string> {
  // Loaded here, beside Postgres's start: the package takes a third of a second to load.
  const { startOpenIdProvider } = await import('./start-openid-provider.ts')
  for (let attempt = 1; ; attempt++) {
    try {
      const provider = await startOpenIdProvider({
        port: await freePort(plan.port),
        dataDirectory: join(plan.directory, 'keys'),
        publicUrl: plan.publicUrl,
        clientId: plan.clientId,
        clientSecret: plan.secret,
        log,
      })
      closing.add(() => provider.close())
      return provider.issuer
    } catch (error) {
      // Somebody took the port between the look and the listening.
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === attempts) throw error
    }
  }
}
