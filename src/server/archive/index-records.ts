import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'

/** Records of one step: each step is a transaction, and what it holds a search reads by its bytes until it commits. */
const step = 500
/** With fewer records waiting than this a burst comes first: a search reads so many by their bytes in a moment. */
const patience = 2_000

/**
 * Brings the searchable copy up to the log, in the log's order; answers how many records it took in. Several callers at once
 * wait for one another. A search finds a record at once all the same: what is not indexed it reads (`archive.tail`).
 * `gently` rests after each step, as long as it worked, and three times as long while little waits: words cost more than
 * records.
 */
export async function indexRecords(db: Db, gently = false): Promise<number> {
  let count = 0
  for (;;) {
    const start = performance.now()
    const { rows } = await sql<{ indexed: number }>`select archive.index_next(${step}) as indexed`.execute(db)
    const { indexed } = rows[0]!
    count += Math.max(indexed, 0)
    if (indexed < step) return count
    if (gently) await wait((performance.now() - start) * ((await countWaiting(db)) < patience ? 3 : 1))
  }
}

/** Records that have a number in the log and are not in the searchable copy. */
async function countWaiting(db: Db): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select coalesce((select max(log_index) + 1 from archive.leaf), 0) - indexed_size as waiting from archive.search_head`.execute(
    db,
  )
  return rows[0]!.waiting
}
