import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'

export type LockDeps = Pick<Deps, 'db' | 'clock' | 'objectStore'>

/**
 * Job: when a retention class was lengthened, makes the bucket's locks of what was stored before as long; answers how many.
 * Done once a term, when every record of the shorter term is sealed. Throws `ObjectStoreError` when the bucket is away;
 * the next run goes on.
 */
export async function lengthenLocks(deps: LockDeps): Promise<number> {
  let lengthened = 0
  for (const { name, years } of await readOpenTerms(deps.db)) {
    for (const object of await findShortLocks(deps.db, name)) lengthened += await lengthen(deps, object)
    for (const key of await readMediaKeys(deps.db))
      lengthened += await lengthenMedia(deps, key.key, key.createdAt, years)
    if (await isSealed(deps.db, name))
      await sql`insert into archive.locked_term (retention_class, years, done_at) values (${name}, ${years}, ${deps.clock.now()})
        on conflict do nothing`.execute(deps.db)
  }
  return lengthened
}

async function readOpenTerms(db: Db): Promise<{ name: string; years: number }[]> {
  const { rows } = await sql<{ name: string; years: number }>`
    select c.name, c.years from archive.retention_class c
      where c.years is not null and not exists (
        select from archive.locked_term t where t.retention_class = c.name and t.years = c.years)
      order by c.name`.execute(db)
  return rows
}

export interface ShortLock {
  readonly key: string
  readonly versionId: string
  readonly until: Instant
}

/** Files of bodies of a class whose lock ends before the term of one of their records; files that may go are left alone. */
async function findShortLocks(db: Db, retentionClass: string): Promise<ShortLock[]> {
  const { rows } = await sql<ShortLock>`
    select o.key, o.version_id as "versionId", max(archive.dispose_month(r.recorded_at, c.years))::text || 'T00:00:00.000Z' as until
      from archive.object o
        join archive.seal s using (tree_size)
        join archive.leaf l on l.log_index >= s.first_index and l.log_index < s.tree_size
        join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
        join archive.retention_class c on c.name = r.retention_class
      where o.kind = 'bodies' and split_part(o.key, '/', 2) = ${retentionClass} and r.retention_class = ${retentionClass}
        and split_part(o.key, '/', 3) = to_char(r.dispose_month, 'YYYY-MM')
        and not exists (select from archive.disposition d where d.dispose_month = r.dispose_month)
      group by o.key, o.version_id, o.retain_until
      having max(archive.dispose_month(r.recorded_at, c.years))::timestamp at time zone 'UTC' > greatest(o.retain_until,
        (select max(k.retain_until) from archive.object_lock k where k.key = o.key))
      order by o.key`.execute(db)
  return rows
}

/** Makes one lock longer and notes it; answers 1. */
export async function lengthen(deps: LockDeps, { key, versionId, until }: ShortLock): Promise<number> {
  await deps.objectStore.extend(key, versionId, until)
  await sql`insert into archive.object_lock (key, version_id, retain_until, lengthened_at)
    values (${key}, ${versionId}, ${until}, ${deps.clock.now()}) on conflict do nothing`.execute(deps.db)
  return 1
}

async function readMediaKeys(db: Db): Promise<{ key: string; createdAt: Instant }[]> {
  const { rows } = await sql<{ key: string; createdAt: Instant }>`
    select object_key as key, max(created_at) as "createdAt" from media group by object_key order by object_key`.execute(
    db,
  )
  return rows
}

/** Media does not know its class: it stays a year longer than what was lengthened, counted from its last upload. */
async function lengthenMedia(deps: LockDeps, key: string, createdAt: Instant, years: number): Promise<number> {
  const until = new Date(createdAt)
  until.setUTCFullYear(until.getUTCFullYear() + years + 1)
  const stored = await deps.objectStore.head(key)
  if (stored === undefined || stored.retainUntil >= until.toISOString()) return 0
  return lengthen(deps, { key, versionId: stored.versionId, until: until.toISOString() })
}

/** Are all records that were appended under a shorter term in the bucket? Later ones are locked long from the start. */
async function isSealed(db: Db, retentionClass: string): Promise<boolean> {
  const { rows } = await sql<{ waiting: boolean }>`
    select exists (
      select from archive.archive_record r
        join archive.retention_class c on c.name = r.retention_class
        left join archive.leaf l on l.record_id = r.id
        where r.retention_class = ${retentionClass} and r.dispose_month < archive.dispose_month(r.recorded_at, c.years)
          and (l.log_index is null or l.log_index >= coalesce((select max(tree_size) from archive.checkpoint), 0))
    ) as waiting`.execute(db)
  return !rows[0]!.waiting
}
