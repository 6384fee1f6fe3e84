import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'

/** Records of one step: each step is a transaction, and what it holds a search reads by its bytes until it commits. */
const step = 500

/**
 * Brings the searchable copy up to the log, in the log's order; answers how many records it took in. Several callers at once
 * wait for one another. A search finds a record at once all the same: what is not indexed it reads (`archive.tail`).
 * `gently` rests as long as it worked after each step: words cost more than records, and a burst of records comes first.
 */
export async function indexRecords(db: Db, gently = false): Promise<number> {
  let count = 0
  for (;;) {
    const start = performance.now()
    const { rows } = await sql<{ indexed: number }>`select archive.index_next(${step}) as indexed`.execute(db)
    const { indexed } = rows[0]!
    count += Math.max(indexed, 0)
    if (indexed < step) return count
    if (gently) await wait(performance.now() - start)
  }
}
