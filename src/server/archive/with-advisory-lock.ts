import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'

// Any fixed number: it names the archive among the advisory locks of one database.
const lockSpace = 4_716_021

/** Work that one node does at a time. The sealer has a lock of its own under number 2. */
export const advisoryLocks = { anchors: 3, holds: 4, directory: 5 } as const

/** Does the work unless another node is at it. The lock lies on a connection of its own and goes when that breaks. */
export async function withAdvisoryLock(
  db: Db,
  lock: keyof typeof advisoryLocks,
  work: () => Promise<void>,
): Promise<void> {
  const number = advisoryLocks[lock]
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{
      locked: boolean
    }>`select pg_try_advisory_lock(${lockSpace}, ${number}) as locked`.execute(connection)
    if (rows[0]?.locked !== true) return
    try {
      await work()
    } finally {
      await sql`select pg_advisory_unlock(${lockSpace}, ${number})`.execute(connection)
    }
  })
}
