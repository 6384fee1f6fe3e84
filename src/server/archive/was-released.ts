import { sql } from 'kysely'
import type { Tx } from '#server/platform/database.ts'

/** Does the archive hold that this revision was let out on this profile, whatever the tables of today say? */
export async function wasReleased(tx: Tx, postId: string, profileId: string, revisionId: string): Promise<boolean> {
  const { rows } = await sql`select 1 from archive.findable s
      join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
      join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
    where s.post_id = ${postId} and s.profile_id = ${profileId} and s.type = 'publication.released'
      and convert_from(b.body, 'UTF8')::json #>> '{content,revisionId}' = ${revisionId} limit 1`.execute(tx)
  return rows.length > 0
}
