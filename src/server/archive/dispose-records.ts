import { sql } from 'kysely'
import { systemActor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { appendRecord } from './append-record.ts'
import { readOpenScopes } from './hold-queries.ts'
import { whereFilter } from './queries.ts'

export interface Disposition {
  /** Months (`yyyy-mm`) whose bodies were destroyed in the database now. */
  readonly disposed: readonly string[]
  /** Months that are due and kept, with the reason. */
  readonly kept: readonly { readonly month: string; readonly because: string }[]
  /** Files of the bucket that were destroyed now. */
  readonly objects: number
}

/**
 * Job: destroys the bodies of every month whose retention ended and that no hold touches. The certificate is written
 * first, in the same transaction; headers and leaves stay, so every proof holds. The bucket's files follow when their
 * locks have ended; a crash between the two is repaired by the next run.
 */
export async function disposeRecords(deps: Pick<Deps, 'db' | 'clock' | 'objectStore'>): Promise<Disposition> {
  const now = deps.clock.now()
  const disposed: string[] = []
  const kept: { month: string; because: string }[] = []
  for (const month of await readDueMonths(deps.db, now)) {
    const because = await inTransaction(deps.db, (tx) => disposeMonth(tx, month, now))
    if (because === empty) continue
    if (because === undefined) disposed.push(month.slice(0, 7))
    else kept.push({ month: month.slice(0, 7), because })
  }
  return { disposed, kept, objects: await destroyObjects(deps, now) }
}

/** A month without records needs no certificate and no sentence. */
const empty = ''

async function readDueMonths(db: Db, now: Instant): Promise<string[]> {
  const { rows } = await sql<{ month: string }>`select archive.disposable_months(${now})::text as month`.execute(db)
  return rows.map((row) => row.month)
}

/** Destroys one month; answers why not when it must be kept. */
async function disposeMonth(tx: Tx, month: string, now: Instant): Promise<string | undefined> {
  await sql`select archive.lock_holds()`.execute(tx)
  const contents = await readContents(tx, month, now)
  if (contents.records === 0) return empty
  if (contents.unsealed > 0) return 'some of its records are not sealed yet'
  if (contents.longer > 0) return 'a longer retention holds for some of its records'
  const hold = await findCoveringHold(tx, month)
  if (hold !== undefined) return `the legal hold "${hold}" covers some of its records`
  const reason = `Retention ended: ${contents.classes.join(', ')}`
  const certificate = await appendRecord(tx, systemActor, {
    type: 'record.disposed',
    at: now,
    streams: {},
    body: { month: month.slice(0, 7), retentionClasses: contents.classes, records: contents.records, reason },
    retentionClass: 'permanent',
    searchText: reason,
    language: 'en',
  })
  await sql`select archive.dispose_bodies(${month}::date, ${certificate}, ${reason}, ${now})`.execute(tx)
  return undefined
}

interface Contents {
  readonly records: number
  readonly unsealed: number
  readonly longer: number
  readonly classes: readonly string[]
}

async function readContents(tx: Tx, month: string, now: Instant): Promise<Contents> {
  const { rows } = await sql<Contents>`
    select count(*) as records,
        count(*) filter (where l.log_index is null or l.log_index >= coalesce((select max(tree_size) from archive.checkpoint), 0)) as unsealed,
        count(*) filter (where archive.dispose_month(r.recorded_at, c.years) > ${now}::timestamptz) as longer,
        coalesce(array_agg(distinct r.retention_class), '{}') as classes
      from archive.archive_body b
        join archive.archive_record r on r.recorded_at = b.recorded_at and r.id = b.id
        join archive.retention_class c on c.name = r.retention_class
        left join archive.leaf l on l.record_id = r.id
      where b.dispose_month = ${month}::date`.execute(tx)
  return rows[0]!
}

/** The name of a hold in force that covers a record of the month. */
async function findCoveringHold(tx: Tx, month: string): Promise<string | undefined> {
  for (const hold of await readOpenScopes(tx)) {
    const { rows } = await sql<{ covered: boolean }>`
      select exists (
        select from archive.archive_body b join archive.findable s on s.recorded_at = b.recorded_at and s.record_id = b.id
          where b.dispose_month = ${month}::date and ${whereFilter(hold.scope, 'everything')}
      ) as covered`.execute(tx)
    if (rows[0]!.covered) return hold.name
  }
  return undefined
}

/** Destroys the files of disposed months whose lock has ended and that no hold is on, and notes each. */
async function destroyObjects(deps: Pick<Deps, 'db' | 'objectStore'>, now: Instant): Promise<number> {
  const { rows } = await sql<{ key: string; versionId: string }>`
    select o.key, o.version_id as "versionId"
      from archive.object o
        join archive.disposition d on to_char(d.dispose_month, 'YYYY-MM') = split_part(o.key, '/', 3)
      where o.kind = 'bodies' and o.retain_until <= ${now}
        and not exists (select from archive.destroyed_object x where x.key = o.key)
        and not exists (select from archive.object_lock k where k.key = o.key and k.retain_until > ${now})
        and not exists (select from archive.object_hold h where h.key = o.key and h.lifted_at is null)
      order by o.key`.execute(deps.db)
  for (const { key, versionId } of rows) {
    // Gone already: a run before this one died between the bucket and the database.
    if ((await deps.objectStore.head(key, versionId)) !== undefined) await deps.objectStore.destroy(key, versionId)
    await sql`insert into archive.destroyed_object (key, version_id, destroyed_at) values (${key}, ${versionId}, ${now})`.execute(
      deps.db,
    )
  }
  return rows.length
}
