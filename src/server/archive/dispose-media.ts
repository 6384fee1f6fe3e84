import { sql } from 'kysely'
import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from './append-record.ts'

type MediaDeps = Pick<Deps, 'db' | 'clock' | 'objectStore'>

/**
 * Job: destroys media files of which no body speaks any more: what was recorded of their uploads and of the posts that used
 * them was disposed of, their own lock has ended, and no hold is on them. The certificate comes first; a crash after
 * it is repaired by the next run, which certifies again. Answers how many were destroyed.
 */
export async function disposeMedia(deps: MediaDeps): Promise<number> {
  const now = deps.clock.now()
  let destroyed = 0
  for (const key of await findFree(deps.db)) {
    const stored = await deps.objectStore.head(key)
    if (stored !== undefined && stored.retainUntil > now) continue
    if (stored !== undefined) {
      await certify(deps.db, key, now)
      await deps.objectStore.destroy(key, stored.versionId)
      destroyed += 1
    }
    await sql`insert into archive.destroyed_object (key, version_id, destroyed_at)
      values (${key}, ${stored?.versionId ?? ''}, ${now}) on conflict do nothing`.execute(deps.db)
  }
  return destroyed
}

/** Files whose every record is disposed of; none while a hold has not reached the bucket yet. */
async function findFree(db: Db): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    with file as (
      select object_key, sha256, array_agg(created_at) as uploaded_at from media m
        where not exists (select from archive.destroyed_object x where x.key = m.object_key)
          and not exists (select from archive.object_hold h where h.key = m.object_key and h.lifted_at is null)
        group by object_key, sha256
    )
    select f.object_key as key from file f
      where not exists (select from archive.hold h where h.released_at is null
          and not exists (select from archive.hold_coverage c where c.hold_id = h.id))
        and not exists (
          select from archive.archive_record r
            where r.type = 'media.uploaded' and r.recorded_at = any(f.uploaded_at)
              and not exists (select from archive.disposition d where d.dispose_month = r.dispose_month))
        and not exists (
          select from post_revision v
            join archive.findable s on s.post_id = v.post_id
            join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
            where v.media @> jsonb_build_array(jsonb_build_object('sha256', f.sha256))
              and not exists (select from archive.disposition d where d.dispose_month = r.dispose_month))
      order by 1`.execute(db)
  return rows.map((row) => row.key)
}

async function certify(db: Db, key: string, now: Instant): Promise<void> {
  const reason = 'Retention ended: every record that speaks of the file was disposed of'
  await inTransaction(db, (tx) =>
    appendRecord(tx, systemActor, {
      type: 'record.disposed',
      at: now,
      streams: {},
      body: { media: key, reason },
      retentionClass: 'permanent',
      searchText: reason,
      language: 'en',
    }),
  )
}
