import type { App } from '#server/platform/app-type.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Config } from '#server/platform/config.ts'

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program is there: stop it, or set GATEWAY_PORT to a free port.',
  EADDRNOTAVAIL: 'It is none of this machine’s addresses: set GATEWAY_HOST to one of them, or to 0.0.0.0 for all.',
  ENOTFOUND: 'The name is unknown: set GATEWAY_HOST to an address of this machine, or to 0.0.0.0 for all.',
  EACCES: 'Ports below 1024 need a privilege: set GATEWAY_PORT to a higher one.',
}

/** Opens the door. Throws `AppError` with what to do where the address cannot be had; its cause carries the system's code. */
export async function listenOn(app: App, { host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const sentence = advice[(cause as NodeJS.ErrnoException).code ?? '']
    if (sentence === undefined) throw cause
    throw new AppError('conflict', `The gateway cannot listen on ${host}:${port}. ${sentence}`, { cause })
  }
}
