import { sql } from 'kysely'
import type { Instant } from './clock.ts'
import type { Db } from './database.ts'

/** Longer than this no indexing under way takes: it stands still, and searches become slower with every record. */
export const indexAlarmSeconds = 60

/** How far the archive's searchable copy is behind the log: entries, and seconds since the oldest of them was numbered. */
export async function readIndexLag(db: Db, now: Instant): Promise<{ waiting: number; seconds: number }> {
  const { rows } = await sql<{ waiting: number; oldestAt: Instant | null }>`
    select greatest(0, coalesce((select max(log_index) + 1 from archive.leaf), 0) - h.indexed_size) as waiting,
        (select l.sealed_at from archive.leaf l where l.log_index = h.indexed_size) as "oldestAt"
      from archive.search_head h`.execute(db)
  const { waiting, oldestAt } = rows[0]!
  const seconds = oldestAt === null ? 0 : Math.max(0, (Date.parse(now) - Date.parse(oldestAt)) / 1000)
  return { waiting, seconds }
}
