import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { Stretch } from './stretch-digest.ts'

/** So many months' bodies are looked for at once; where a seal has more, its stretches are looked at row by row. */
const mostMonths = 16

/**
 * Does the database hold this stretch as the bucket does: leaves, headers, bodies, columns and the searchable copy? Postgres
 * hashes its own rows, column by column, and answers one digest (`StretchDigests` makes the same of the bucket's bytes), so
 * that nothing but a stretch that differs is looked at row by row (`compareRange`). `months` are those in which the
 * stretch's bodies may be destroyed. False also says: look closer.
 */
export async function holdsStretch(db: Db, stretch: Stretch, months: readonly string[]): Promise<boolean> {
  if (months.length > mostMonths) return false
  const { firstIndex, endIndex, from, to } = stretch
  // The partitions and the window of time are told, not found out: a join over log indexes alone would probe an index a row.
  const during = (column: string) =>
    sql`${sql.ref(column)} >= ${from}::timestamptz and ${sql.ref(column)} <= ${to}::timestamptz`
  const bodies = months.map((_, at) => sql.ref(`b${at}`))
  const joins = months.map(
    (
      month,
      at,
    ) => sql`left join archive.archive_body ${bodies[at]!} on ${bodies[at]!}.dispose_month = ${`${month}-01`}::date
      and r.dispose_month = ${`${month}-01`}::date and ${bodies[at]!}.recorded_at = l.recorded_at
      and ${bodies[at]!}.id = l.record_id and ${during(`b${at}.recorded_at`)}`,
  )
  const ofBody = (column: string) =>
    sql`coalesce(${sql.join([...months.map((_, at) => sql.ref(`b${at}.${column}`)), sql`null::bytea`])})`
  return db.transaction().execute(async (tx) => {
    // In the order of the primary keys each table is read once, and nothing wide is sorted.
    await sql`select set_config(name, value, true) from (values ('work_mem', '32MB'), ('jit', 'off'), ('enable_nestloop', 'off'),
      ('enable_hashjoin', 'off'), ('enable_bitmapscan', 'off'), ('enable_seqscan', 'off'),
      ('max_parallel_workers_per_gather', '0')) as wanted (name, value)`.execute(tx)
    const { rows } = await sql<{ digest: string | null }>`
      select case when bool_and(octet_length(leaf_hash) = 32) then encode(sha256(
            sha256(string_agg(int8send(log_index), ''::bytea)) || sha256(string_agg(timestamptz_send(sealed_at), ''::bytea))
            || sha256(string_agg(timestamptz_send(recorded_at), ''::bytea)) || sha256(string_agg(leaf_hash, ''::bytea))
            || sha256(string_agg(coalesce(sha256('\\x02'::bytea || salt || body), ${Buffer.alloc(32)}::bytea), ''::bytea))
            || ${digestOf(sql`id::text`)} || sha256(string_agg(coalesce(header, ''), '\\x0a'::bytea))
            || ${digestOf(sql`stream_sequence`)} || ${digestOf(sql`retention_class`)} || ${digestOf(sql`type`)}
            || ${digestOf(sql`unit_id::text`)} || ${digestOf(sql`author_id::text`)} || ${digestOf(sql`post_id::text`)}
            || ${digestOf(sql`profile_id::text`)} || ${digestOf(sql`found_type`)}), 'hex') end as digest
        from (
          select l.log_index, l.sealed_at, r.recorded_at, l.leaf_hash, ${ofBody('salt')} as salt, ${ofBody('body')} as body,
              r.id, r.header, l.stream_sequence, r.retention_class, r.type, s.unit_id, s.author_id, s.post_id, s.profile_id,
              s.type as found_type
            from archive.leaf l
              left join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id and ${during('r.recorded_at')}
              left join archive.search s on s.recorded_at = l.recorded_at and s.record_id = l.record_id and ${during('s.recorded_at')}
              ${sql.join(joins, sql` `)}
            where l.log_index >= ${firstIndex} and l.log_index < ${endIndex}
            order by l.recorded_at, l.record_id offset 0
        ) entry`.execute(tx)
    return rows[0]!.digest === stretch.digest
  })
}

/** A column of texts, a line each; what is null is an empty line. */
function digestOf(column: ReturnType<typeof sql>) {
  return sql`sha256(convert_to(string_agg(coalesce(${column}, ''), E'\\n'), 'UTF8'))`
}
