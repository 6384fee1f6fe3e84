import pg from 'pg'
import type { Deps } from './deps.ts'
import { sessionName } from './session-name.ts'

/** How soon a lost connection is opened again. Meanwhile timers find the work. */
const reconnectMilliseconds = 2_000

/** LISTENs on its own connection, for ever, through outages of the database. Channels are names of ours, never input. */
export function listenForNotices(
  deps: Pick<Deps, 'config' | 'log'>,
  channels: readonly string[],
  onNotice: (channel: string) => void,
): { stop(): Promise<void> } {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function reconnect(error: unknown): void {
    if (stopped || timer !== undefined) return
    deps.log.debug({ err: error }, 'notices are not heard for a moment; timers go on')
    timer = setTimeout(() => {
      timer = undefined
      void connect()
    }, reconnectMilliseconds)
  }

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: deps.config.database.url,
      application_name: `${sessionName} notices`,
      connectionTimeoutMillis: 5_000,
    })
    next.on('error', reconnect)
    next.on('end', () => reconnect(undefined))
    next.on('notification', ({ channel }) => onNotice(channel))
    client = next
    try {
      await next.connect()
      for (const channel of channels) await next.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      await next.end().catch(() => {})
      reconnect(error)
    }
    if (stopped) await next.end().catch(() => {})
  }

  void connect()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
