import { sql } from 'kysely'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { whereFilter, type RecordFilter } from './queries.ts'
import { readSealed } from './seal-queries.ts'
import { withAdvisoryLock } from './with-advisory-lock.ts'

type HoldDeps = Pick<Deps, 'db' | 'clock' | 'objectStore' | 'log'>

/** Once a day a hold is carried anew from the beginning: units move in their tree, and somebody may have lifted one by hand. */
const freshMilliseconds = 86_400_000

/** What goes on unless it is told otherwise. */
const unending = new AbortController().signal

/**
 * Job: carries legal holds into the bucket. Every file that holds a body or a media file of a covered record gets the
 * bucket's own legal hold, which outlasts its lock; when two people released the last hold on it, that is lifted.
 * A bucket that is away is met again. At `stopping` it ends between two files, and the next process begins that hold anew.
 */
export async function carryHolds(deps: HoldDeps, stopping: AbortSignal = unending): Promise<void> {
  await withAdvisoryLock(deps.db, 'holds', async () => {
    try {
      const { treeSize } = await readSealed(deps.db)
      for (const hold of await readDueHolds(deps.db, treeSize, deps.clock.now()))
        await placeOnObjects(deps, hold, treeSize, stopping)
      for (const object of await readReleased(deps.db)) {
        if (stopping.aborted) return
        await liftFrom(deps, object)
      }
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error
      deps.log.warn({ err: error }, 'legal holds wait for the object store')
    }
  })
}

interface DueHold {
  readonly holdId: string
  readonly scope: RecordFilter
  /** Entries before this index were looked at. */
  readonly from: number
}

/** Holds in force that were not yet carried through everything that is sealed. */
async function readDueHolds(db: Db, treeSize: number, now: Instant): Promise<DueHold[]> {
  // What is dated far ahead was done before the clock was set back.
  const [stale, soon] = [addMilliseconds(now, -freshMilliseconds), addMilliseconds(now, freshMilliseconds)]
  const isFresh = sql`c.evaluated_at > ${stale}::timestamptz and c.evaluated_at < ${soon}::timestamptz`
  const { rows } = await sql<DueHold>`
    select h.id as "holdId", h.scope, case when ${isFresh} then c.tree_size else 0 end as "from"
      from archive.hold h left join archive.hold_coverage c on c.hold_id = h.id
      where h.released_at is null and (c.hold_id is null or c.tree_size < ${treeSize} or not (${isFresh}))
      order by h.placed_at, h.id`.execute(db)
  return rows
}

async function placeOnObjects(deps: HoldDeps, hold: DueHold, treeSize: number, stopping: AbortSignal): Promise<void> {
  const now = deps.clock.now()
  if (stopping.aborted) return
  for (const { key, versionId } of await findObjects(deps.db, hold, treeSize)) {
    if (stopping.aborted) return
    const version = versionId ?? (await deps.objectStore.head(key))?.versionId
    // A file that is gone is the verifier's business.
    if (version === undefined) continue
    await deps.objectStore.setLegalHold(key, version, true)
    await sql`insert into archive.object_hold (hold_id, key, version_id, placed_at) values (${hold.holdId}, ${key}, ${version}, ${now})
      on conflict do nothing`.execute(deps.db)
  }
  // A run from the beginning counts as fresh; what only follows the log keeps the day of the last one.
  await sql`insert into archive.hold_coverage (hold_id, tree_size, evaluated_at) values (${hold.holdId}, ${treeSize}, ${now})
    on conflict (hold_id) do update set tree_size = excluded.tree_size,
      evaluated_at = case when ${hold.from === 0} then excluded.evaluated_at else hold_coverage.evaluated_at end`.execute(
    deps.db,
  )
}

/** Files of bodies and media of the sealed records that a hold covers. */
async function findObjects(
  db: Db,
  { scope, from }: DueHold,
  treeSize: number,
): Promise<{ key: string; versionId: string | null }[]> {
  const { rows } = await sql<{ key: string; versionId: string | null }>`
    with covered as materialized (
      select s.post_id, r.id, r.type, r.dispose_month, r.recorded_at, r.retention_class,
          (select min(e.tree_size) from archive.seal e where e.tree_size > l.log_index) as tree_size
        from archive.findable s
          join archive.leaf l on l.record_id = s.record_id
          join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        where l.log_index >= ${from} and l.log_index < ${treeSize} and ${whereFilter(scope, 'everything')}
    )
    select o.key, o.version_id as "versionId"
      from (select distinct retention_class, dispose_month, tree_size from covered) c
        join archive.object o on o.key = 'bodies/' || c.retention_class || '/' || to_char(c.dispose_month, 'YYYY-MM') || '/'
          || lpad(c.tree_size::text, 12, '0') || '.jsonl.zst'
      where not exists (select from archive.destroyed_object x where x.key = o.key)
    union
    select m.object_key, null
      from (select distinct post_id from covered where post_id is not null) c
        join post_revision v on v.post_id = c.post_id
        cross join jsonb_array_elements(v.media) used
        join media m on m.sha256 = used ->> 'sha256'
    union
    select content ->> 'objectKey', content ->> 'versionId'
      from covered c
        join archive.archive_body b on b.dispose_month = c.dispose_month and b.recorded_at = c.recorded_at and b.id = c.id
        cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
      where c.type = 'media.uploaded'
    order by 1`.execute(db)
  return rows
}

interface HeldObject {
  readonly holdId: string
  readonly key: string
  readonly versionId: string
  /** Another hold in force is on the same object. */
  readonly stillHeld: boolean
}

async function readReleased(db: Db): Promise<HeldObject[]> {
  const { rows } = await sql<HeldObject>`
    select o.hold_id as "holdId", o.key, o.version_id as "versionId", exists (
        select from archive.object_hold other join archive.hold h on h.id = other.hold_id
          where other.key = o.key and other.lifted_at is null and h.released_at is null) as "stillHeld"
      from archive.object_hold o join archive.hold h on h.id = o.hold_id
      where o.lifted_at is null and h.released_at is not null
      order by o.key, o.hold_id`.execute(db)
  return rows
}

async function liftFrom(deps: HoldDeps, object: HeldObject): Promise<void> {
  if (!object.stillHeld) await deps.objectStore.setLegalHold(object.key, object.versionId, false)
  await sql`update archive.object_hold set lifted_at = ${deps.clock.now()}
    where hold_id = ${object.holdId} and key = ${object.key}`.execute(deps.db)
}
