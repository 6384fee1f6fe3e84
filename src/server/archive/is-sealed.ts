import { sql } from 'kysely'
import type { Db, Tx } from '#server/platform/database.ts'

/** Has the object store proved that it holds this record under a signed checkpoint? False for an unknown record. */
export async function isSealed(db: Db | Tx, recordId: string): Promise<boolean> {
  const { rows } = await sql<{ sealed: boolean }>`
    select exists (
      select from archive.leaf where record_id = ${recordId}
        and log_index < (select max(tree_size) from archive.checkpoint)
    ) as sealed`.execute(db)
  return rows[0]!.sealed
}
