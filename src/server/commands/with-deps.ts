import { openDeps } from '#server/open-deps.ts'
import { openCommandLog } from '#server/open-log.ts'
import { createClosing } from '#server/platform/closing.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readConfig } from '#server/platform/read-config.ts'
import type { Environment } from '#server/platform/setting-reader.ts'

/**
 * Runs a command on the installation: the configured one, or the evaluation set-up of this folder, to whose running
 * Postgres it connects, or which it starts for as long as the command lasts.
 */
export async function withDeps(environment: Environment, work: (deps: Deps) => Promise<number>): Promise<number> {
  const settings = readConfig(environment)
  const log = openCommandLog()
  const closing = createClosing(log)
  try {
    if (settings.kind === 'configured') return await work(await openDeps(settings, log, closing))
    const { openEmbedded } = await import('#server/embedded/open-embedded.ts')
    return await work(await openDeps(await openEmbedded(settings.common, log, closing), log, closing))
  } finally {
    await closing.run()
  }
}
