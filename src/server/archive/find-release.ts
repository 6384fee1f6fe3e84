import { sql } from 'kysely'
import type { Tx } from '#server/platform/database.ts'

/** A revision's way out on one profile, as the archive holds it, whatever the tables of today say. */
export interface ArchivedRelease {
  /** The record of the latest release, and the stamped payload that it let out. */
  readonly recordId: string
  readonly payload: string
  /** The number of the last attempt; 0 when none is on record. */
  readonly attempts: number
}

interface Row {
  readonly recordId: string
  readonly type: string
  readonly payload: string
  readonly attempt: number | null
}

export async function findRelease(
  tx: Tx,
  {
    postId,
    profileId,
    revisionId,
  }: { readonly postId: string; readonly profileId: string; readonly revisionId: string },
): Promise<ArchivedRelease | undefined> {
  const { rows } = await sql<Row>`
    select r.id as "recordId", s.type, content ->> 'payload' as payload, (content ->> 'attempt')::int as attempt
      from archive.findable s
      join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
      join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
      cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) as said
    where s.post_id = ${postId} and s.profile_id = ${profileId}
      and s.type in ('publication.released', 'publication.attempted') and content ->> 'revisionId' = ${revisionId}
    order by r.seq`.execute(tx)
  const released = rows.findLast(({ type }) => type === 'publication.released')
  if (released === undefined) return undefined
  const { recordId, payload } = released
  return { recordId, payload, attempts: Math.max(0, ...rows.map(({ attempt }) => attempt ?? 0)) }
}
