import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './start-postgres.ts'

/** Starts Postgres and starts it again on the same port when it ends by itself, until it is stopped. */
export async function keepPostgres(
  options: PostgresOptions,
  log: Pick<Logger, 'error' | 'info'>,
): Promise<Pick<EmbeddedPostgres, 'port' | 'url' | 'stop'>> {
  let current = await startPostgres(options)
  let stopping = false
  const { port } = current

  async function watch(): Promise<void> {
    for (;;) {
      const output = await current.ended
      if (stopping) return
      log.error({ output: output.slice(-2_000) }, 'embedded Postgres ended by itself; it is started again')
      await startAgain()
    }
  }

  async function startAgain(): Promise<void> {
    try {
      current = await startPostgres({ ...options, port })
      if (stopping) await current.stop()
      else log.info({ port }, 'embedded Postgres runs again')
    } catch (error) {
      log.error({ err: error }, 'embedded Postgres did not start again')
      await wait(1_000, undefined, { ref: false })
    }
  }

  const watching = watch()
  return {
    port,
    url: (database) => current.url(database),
    async stop() {
      stopping = true
      await current.stop()
      await watching
    },
  }
}
