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
  // Counting years of records would take minutes: the planner's statistics say how they are spread.
  const { rows } = await sql<RetentionClass>`
    select c.name, c.years, c.jurisdiction, c.basis, coalesce(round(share.of_all * total.rows), 0)::bigint as records
      from archive.retention_class c
        cross join (select greatest(sum(reltuples), 0) as rows from pg_class
          where relnamespace = 'archive'::regnamespace and relkind = 'r' and relname like 'archive\\_record\\_%') total
        left join lateral (select f as of_all from pg_stats, unnest(most_common_vals::text::text[], most_common_freqs) as v (name, f)
          where schemaname = 'archive' and tablename = 'archive_record' and attname = 'retention_class' and v.name = c.name limit 1) share on true
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
