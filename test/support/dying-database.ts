import type { KyselyPlugin } from 'kysely'
import type { Db } from '#server/platform/database.ts'

/** What a test throws where a process would be gone. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied'
}

/** A database whose process dies when it is about to send statement number `atStatement` (from 0); none is sent after it. */
export function dyingDatabase(db: Db, atStatement: number): { db: Db; readonly sent: number } {
  let sent = 0
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      if (sent++ >= atStatement) throw new ProcessDied(`died before statement ${atStatement}`)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return {
    db: db.withPlugin(plugin),
    get sent() {
      return sent
    },
  }
}
