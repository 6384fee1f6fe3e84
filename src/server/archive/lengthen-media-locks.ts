import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import { lengthen, type LockDeps } from './lengthen-locks.ts'
import { neverEnds } from './seal-objects.ts'

/**
 * Job: a media file is locked for ten years before anybody knows which records will speak of it. In the last of them its lock is
 * made as long as the longest term of those records; under a class that never ends, for good. Answers how many locks were made
 * longer. Throws `ObjectStoreError` when the bucket is away; the next run goes on, and a year is time enough.
 */
export async function lengthenMediaLocks(deps: LockDeps): Promise<number> {
  let lengthened = 0
  for (const { key, month } of await findEnding(deps.db, deps.clock.now())) {
    const until: Instant = month === '9999-12-01' ? neverEnds : `${month}T00:00:00.000Z`
    const stored = await deps.objectStore.head(key)
    if (stored === undefined || stored.retainUntil >= until) continue
    lengthened += await lengthen(deps, { key, versionId: stored.versionId, until })
  }
  return lengthened
}

/** Files whose lock ends within a year, with the month in which the last record that speaks of them may go (`yyyy-mm-01`). */
async function findEnding(db: Db, now: Instant): Promise<{ key: string; month: string }[]> {
  const { rows } = await sql<{ key: string; month: string }>`
    with file as (
      select object_key, sha256, array_agg(created_at) as uploaded_at from media m
        where not exists (select from archive.destroyed_object x where x.key = m.object_key)
        group by object_key, sha256
        having greatest(max(created_at) + interval '10 years',
          (select max(retain_until) from archive.object_lock k where k.key = m.object_key)) < ${now}::timestamptz + interval '1 year'
    ), spoken as (
      select f.object_key, r.recorded_at, r.retention_class, r.dispose_month
        from file f join archive.archive_record r on r.type = 'media.uploaded' and r.recorded_at = any(f.uploaded_at)
      union all
      select f.object_key, r.recorded_at, r.retention_class, r.dispose_month
        from file f
          join post_revision v on v.media @> jsonb_build_array(jsonb_build_object('sha256', f.sha256))
          join archive.findable s on s.post_id = v.post_id
          join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
    )
    select object_key as key, max(archive.dispose_month(s.recorded_at, c.years))::text as month
      from spoken s join archive.retention_class c on c.name = s.retention_class
      where not exists (select from archive.disposition d where d.dispose_month = s.dispose_month)
      group by object_key order by object_key`.execute(db)
  return rows
}
