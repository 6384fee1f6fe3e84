import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { Stretch } from './summarise-seal.ts'

/**
 * Does the database hold this stretch as the bucket does: leaves, headers, bodies, columns and the searchable copy? Postgres
 * hashes its own rows and answers three digests, so that nothing but a stretch that differs is looked at row by row
 * (`compareRange`). `months` are those in which the stretch's bodies may be destroyed. False also says: look closer.
 */
export async function holdsStretch(db: Db, stretch: Stretch, months: readonly string[]): Promise<boolean> {
  const { firstIndex, endIndex, from, to } = stretch
  // The partitions and the window of time are told, not found out: a join over log indexes alone would probe an index a row.
  const during = (column: string) =>
    sql`${sql.ref(column)} >= ${from}::timestamptz and ${sql.ref(column)} <= ${to}::timestamptz`
  const firstDays = months.map((month) => `${month}-01`)
  return db.transaction().execute(async (tx) => {
    await sql`select set_config(name, value, true) from (values ('work_mem', '32MB'), ('jit', 'off'), ('enable_nestloop', 'off'),
      ('enable_seqscan', 'off'), ('max_parallel_workers_per_gather', '0')) as wanted (name, value)`.execute(tx)
    const { rows } = await sql<{ leaves: string | null; bodies: string | null; columns: string | null }>`
      with moment as materialized (
        select sealed_at, convert_to('{"at":"' || to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","h":', 'UTF8') as front
          from (select distinct sealed_at from archive.leaf where log_index >= ${firstIndex} and log_index < ${endIndex}) moments
      )
      select case when bool_and(leaf = leaf_hash) then encode(sha256(string_agg(leaf, ''::bytea)), 'hex') end as leaves,
          encode(sha256(coalesce(string_agg(body, ''::bytea), '')), 'hex') as bodies,
          encode(sha256(convert_to(string_agg(said, ''), 'UTF8')), 'hex') as columns
        from (
          select l.leaf_hash,
              coalesce(sha256('\\x00'::bytea || m.front || r.header
                || convert_to(',"n":' || l.log_index || ',"sq":' || l.stream_sequence || '}', 'UTF8')), '') as leaf,
              sha256('\\x02'::bytea || b.salt || b.body) as body,
              coalesce(r.id::text || ' ' || (date_part('epoch', r.recorded_at) * 1000)::bigint || ' ' || r.type || ' ' || r.retention_class
                || ' ' || s.type || ' ' || coalesce(s.unit_id::text, '') || ' ' || coalesce(s.author_id::text, '')
                || ' ' || coalesce(s.post_id::text, '') || ' ' || coalesce(s.profile_id::text, '') || E'\\n', '') as said
            from archive.leaf l join moment m on m.sealed_at = l.sealed_at
              left join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id and ${during('r.recorded_at')}
              left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = l.recorded_at
                and b.id = l.record_id and ${during('b.recorded_at')} and b.dispose_month = any(${firstDays}::date[])
              left join archive.search s on s.recorded_at = l.recorded_at and s.record_id = l.record_id and ${during('s.recorded_at')}
            where l.log_index >= ${firstIndex} and l.log_index < ${endIndex}
            order by l.log_index offset 0
        ) entry`.execute(tx)
    const { leaves, bodies, columns } = rows[0]!
    return leaves === stretch.leaves && bodies === stretch.bodies && columns === stretch.columns
  })
}
