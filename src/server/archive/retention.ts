import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { listRetention, RetentionClass } from '#shared/api/holds.ts'
import { appendRecord } from './append-record.ts'
import { readScope } from './search-scope.ts'

/** The classes with their legal basis, and what was destroyed so far. */
export async function readRetention(db: Db): Promise<AnswerOf<typeof listRetention>> {
  const classes = await readClasses(db)
  const { rows } = await sql<AnswerOf<typeof listRetention>['dispositions'][number]>`
    select to_char(dispose_month, 'YYYY-MM') as month, disposed_at as "disposedAt", bodies, certificate_id as "certificateId", reason
      from archive.disposition order by dispose_month desc`.execute(db)
  return { classes, dispositions: rows }
}

async function readClasses(db: Db | Tx): Promise<RetentionClass[]> {
  // Counting years of records would take minutes: up to a hundred thousand are counted, of more a sample of as many. The
  // parent of the partitions has no statistics of its own, and the service may not read those of its children.
  const { rows } = await sql<RetentionClass>`
    with total as (select greatest(sum(reltuples), 1) as rows from pg_class
          where relnamespace = 'archive'::regnamespace and relkind = 'r' and reltuples > 0 and relname like 'archive\\_record\\_%'),
        percent as (select least(100, 100 * 100000 / rows)::real as share from total),
        counted as (select retention_class, count(*) as records
          from archive.archive_record tablesample system ((select share from percent)) group by retention_class)
    select c.name, c.years, c.jurisdiction, c.basis, coalesce(round(counted.records * 100 / percent.share), 0)::bigint as records
      from archive.retention_class c cross join percent left join counted on counted.retention_class = c.name
      order by c.years nulls last, c.name`.execute(db)
  return rows
}

/** Lengthens a class for the records that there are and those to come. Shortening is refused, here and by the database. */
export async function extendRetention(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  name: string,
  years: number,
  reason: string,
): Promise<RetentionClass> {
  return inTransaction(deps.db, async (tx) => {
    if ((await readScope(tx, actor, 'retention.manage')) !== 'everything') {
      throw new AppError(
        'forbidden',
        'Retention holds for the whole firm: a records officer of the firm must change it.',
      )
    }
    const { rows } = await sql<{ years: number | null }>`
      select years from archive.retention_class where name = ${name} for no key update`.execute(tx)
    const known = rows[0]
    if (known === undefined) throw new AppError('not_found', 'No such retention class.')
    if (known.years === null || years <= known.years) {
      throw new AppError('retention_shortened', 'A retention period can only be made longer than it is.')
    }
    await sql`update archive.retention_class set years = ${years} where name = ${name}`.execute(tx)
    await appendRecord(tx, actor, {
      type: 'retention.extended',
      at: deps.clock.now(),
      streams: { user: actor.userId, unit: actor.unitId },
      body: { retentionClass: name, from: known.years, to: years, reason },
      searchText: `${name} ${reason}`,
      // What a term was before is asked for as long as anything is that was destroyed under it.
      retentionClass: 'permanent',
    })
    return (await readClasses(tx)).find((row) => row.name === name)!
  })
}
