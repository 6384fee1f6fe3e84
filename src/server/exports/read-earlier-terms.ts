import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'

/** The terms that retention classes had before they were lengthened, from the records of that. */
export async function readEarlierTerms(db: Db): Promise<{ retentionClass: string; years: number; until: Instant }[]> {
  const { rows } = await sql<{ retentionClass: string; years: number; until: Instant }>`
    select content ->> 'retentionClass' as "retentionClass", (content ->> 'from')::integer as years, s.recorded_at as until
      from archive.findable s
        join archive.archive_record r on r.recorded_at = s.recorded_at and r.id = s.record_id
        join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
        cross join lateral (select convert_from(b.body, 'UTF8')::json -> 'content' as content) body
      where s.type = 'retention.extended' order by s.recorded_at, s.record_id`.execute(db)
  return rows
}
