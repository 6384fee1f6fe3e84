import type { Deps } from '#server/platform/deps.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { listenForNotices } from '#server/platform/listen-for-notices.ts'
import { prepareVersions } from './compiled-policies.ts'
import { policyChannel } from './queries.ts'

/** A lost notice costs no more than that the first request after it waits. */
const looksAgainMilliseconds = 30_000

/**
 * Has the versions that are in force, or approved and next, compiled in a process that answers requests and does no other
 * work: at every approval and activation anywhere, so that the first request after it does not wait.
 */
export function keepVersionsPrepared(deps: Pick<Deps, 'db' | 'config' | 'log'>): { stop(): Promise<void> } {
  let running: Promise<void> | undefined
  let again = false

  async function prepare(): Promise<void> {
    do {
      again = false
      try {
        await prepareVersions(deps.db)
      } catch (error) {
        if (isDatabaseAway(error))
          deps.log.debug({ err: error }, 'policy versions are prepared when the database is back')
        else deps.log.error({ err: error }, 'a policy version could not be prepared')
      }
    } while (again)
    running = undefined
  }

  function wake(): void {
    again = true
    running ??= prepare()
  }

  const timer = setInterval(wake, looksAgainMilliseconds)
  const notices = listenForNotices(deps, [policyChannel], wake)
  wake()
  return {
    async stop() {
      clearInterval(timer)
      await notices.stop()
      again = false
      await running
    },
  }
}
