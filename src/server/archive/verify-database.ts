import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import { problem, type Problem } from './problem.ts'
import type { SealedEntry } from './verify-seal.ts'

/**
 * Compares one range of the database with what the bucket proved. Postgres hashes its own rows and answers one digest and
 * the rows that disagree with themselves, so that only a range that differs is looked at row by row.
 */
export async function compareRange(db: Db, entries: readonly SealedEntry[]): Promise<Problem[]> {
  const [first, last] = [entries[0], entries.at(-1)]
  if (first === undefined || last === undefined) return []
  const digest = hash('sha256', Buffer.concat(entries.map((entry) => entry.leaf)), 'hex')
  const { rows } = await sql<{ digest: string | null; bad: BadRow[] | null }>`
    select encode(sha256(string_agg(leaf_hash, ''::bytea order by log_index)), 'hex') as digest,
        json_agg(json_build_object('index', log_index, 'header', header_fits, 'body', body_fits, 'columns', columns_fit)
          order by log_index) filter (where not (header_fits and body_fits and columns_fit)) as bad
      from (
        select l.log_index, l.leaf_hash,
            coalesce(l.leaf_hash = sha256('\\x00'::bytea
              || convert_to('{"at":"' || to_char(l.sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","h":', 'UTF8')
              || r.header
              || convert_to(',"n":' || l.log_index || ',"sq":' || l.stream_sequence || '}', 'UTF8')), false) as header_fits,
            case when b.id is null then exists (select from archive.disposition d where d.dispose_month = r.dispose_month)
              else encode(sha256('\\x02'::bytea || b.salt || b.body), 'hex') = h."bodyHash" end as body_fits,
            coalesce(r.id = h.id and r.recorded_at = h."recordedAt" and r.type = h.type and r.retention_class = h."retentionClass"
              and (l.log_index >= head.indexed_size or s.type = r.type and s.unit_id is not distinct from t.unit
                and s.author_id is not distinct from t.author and s.post_id is not distinct from t.post
                and s.profile_id is not distinct from t.profile), false) as columns_fit
          from archive.leaf l cross join archive.search_head head
            left join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
            left join archive.archive_body b on b.dispose_month = r.dispose_month and b.recorded_at = r.recorded_at and b.id = r.id
            left join archive.search s on s.recorded_at = l.recorded_at and s.record_id = l.record_id
            left join lateral json_to_record(convert_from(r.header, 'UTF8')::json) as h (id uuid, type text, "recordedAt" timestamptz,
              "retentionClass" text, "bodyHash" text, streams json) on true
            left join lateral json_to_record(h.streams) as t (unit uuid, author uuid, post uuid, profile uuid) on true
          where l.log_index >= ${first.index} and l.log_index <= ${last.index}
      ) entry`.execute(db)
  const row = rows[0]!
  const leaves = row.digest === digest ? [] : await compareLeaves(db, entries)
  return [...leaves, ...(row.bad ?? []).map(describeRow)]
}

interface BadRow {
  readonly index: number
  readonly header: boolean
  readonly body: boolean
  readonly columns: boolean
}

function describeRow(row: BadRow): Problem {
  if (!row.header)
    return problem('row_differs', `Entry ${row.index} in the database was changed or its record is missing.`, row.index)
  if (!row.body)
    return problem(
      'body_row_differs',
      `The body of entry ${row.index} in the database was changed or is missing.`,
      row.index,
    )
  return problem('columns_differ', `What a search knows of entry ${row.index} disagrees with its evidence.`, row.index)
}

/** Row by row: which leaves of the database are not those of the bucket. */
async function compareLeaves(db: Db, entries: readonly SealedEntry[]): Promise<Problem[]> {
  const { rows } = await sql<{ index: number; leaf: Buffer }>`
    select log_index as index, leaf_hash as leaf from archive.leaf
      where log_index >= ${entries[0]!.index} and log_index <= ${entries.at(-1)!.index}`.execute(db)
  const leaves = new Map(rows.map((row) => [row.index, row.leaf]))
  return entries.flatMap((entry) => {
    const leaf = leaves.get(entry.index)
    if (leaf === undefined)
      return [problem('row_missing', `Entry ${entry.index} is sealed and missing from the database.`, entry.index)]
    if (leaf.equals(entry.leaf)) return []
    return [
      problem(
        'leaf_differs',
        `The leaf of entry ${entry.index} in the database is not the one that was sealed.`,
        entry.index,
      ),
    ]
  })
}

/** How many entries the database calls sealed now. */
export async function readSealedSize(db: Db): Promise<number> {
  const { rows } = await sql<{ size: number }>`
    select coalesce(max(tree_size), 0) as size from archive.checkpoint`.execute(db)
  return rows[0]!.size
}

/** What a verification knows already when it compares the rest. */
interface Verified {
  /** Where it began; 0 for everything. */
  readonly start: number
  /** How many entries the database called sealed before the bucket was read: so many at least the bucket must prove. */
  readonly sealedBefore: number
  /** Every leaf was found to have its record and its searchable row, and there are as many of each (`countsAgree`). */
  readonly complete: boolean
}

/**
 * Compares the ends and the rest: a database that is behind or ahead of the bucket, records that every later reader should
 * have numbered and nobody did, records that no search finds.
 */
export async function compareWhole(db: Db, bucketSize: number, verified: Verified): Promise<Problem[]> {
  const { rows } = await sql<{ sealed: number; planned: number }>`
    select coalesce((select max(tree_size) from archive.checkpoint), 0) as sealed,
      coalesce((select max(tree_size) from archive.seal), 0) as planned`.execute(db)
  const { sealed, planned } = rows[0]!
  const { forgotten, unsearchable } = await findLeftOut(db, verified)
  const problems: Problem[] = []
  if (bucketSize < verified.sealedBefore) {
    problems.push(
      problem(
        'bucket_behind',
        `The database knows ${verified.sealedBefore} sealed entries, the object store proves only ${bucketSize}: checkpoints were removed.`,
        bucketSize,
      ),
    )
  }
  if (bucketSize > Math.max(sealed, planned)) {
    problems.push(
      problem(
        'bucket_ahead',
        `The object store proves ${bucketSize} entries, the database knows only ${sealed}: the database was rolled back.`,
        sealed,
      ),
    )
  }
  if (forgotten > 0)
    problems.push(
      problem(
        'unnumbered',
        `${forgotten} records of the database were never numbered although they were visible: they were slipped in.`,
      ),
    )
  if (unsearchable > 0)
    problems.push(
      problem('unsearchable', `${unsearchable} records are archived and no search finds them. Run "archive rebuild".`),
    )
  return problems
}

interface LeftOut {
  readonly forgotten: number
  readonly unsearchable: number
}

/** Records without a leaf that the last round of numbering saw, and numbered ones that the searchable copy lacks. */
async function findLeftOut(db: Db, verified: Verified): Promise<LeftOut> {
  if (verified.complete) return { forgotten: 0, unsearchable: 0 }
  const { rows } = await sql<LeftOut>`
    with head as (select mark from archive.integration order by tree_size desc limit 1),
    since as (select pg_snapshot_xmin(i.mark) as xid from archive.integration i
      join pg_control_system() here on here.system_identifier = i.system_identifier
      where i.tree_size = ${verified.start} and i.database_oid = (select oid from pg_database where datname = current_database()))
    select
      (select count(*) from archive.archive_record r, head
        where r.xid >= coalesce((select xid from since), '0'::xid8) and pg_visible_in_snapshot(r.xid, head.mark)
          and not exists (select from archive.leaf l where l.record_id = r.id)) as forgotten,
      (select count(*) from archive.leaf l, archive.search_head indexed
        where l.log_index >= ${verified.start} and l.log_index < indexed.indexed_size
          and not exists (select from archive.search s where s.recorded_at = l.recorded_at and s.record_id = l.record_id)) as unsearchable`.execute(
    db,
  )
  return rows[0]!
}

/** Are there as many leaves as numbered records and searchable rows, in one moment? */
export async function countsAgree(db: Db): Promise<boolean> {
  const { rows } = await sql<{ agree: boolean | null }>`
    select (select count(*) from archive.leaf) = (select count(*) from archive.archive_record r,
          (select mark from archive.integration order by tree_size desc limit 1) head where pg_visible_in_snapshot(r.xid, head.mark))
        and (select indexed_size from archive.search_head) = (select count(*) from archive.search) as agree`.execute(db)
  return rows[0]!.agree === true
}

/**
 * Which of these entries had their body destroyed under a certificate in the log, after the term that their class had then:
 * a class that was lengthened later does not make an old destruction wrong.
 */
export async function findDisposed(db: Db, indexes: readonly number[]): Promise<Set<number>> {
  const { rows } = await sql<{ index: number }>`
    with gone as materialized (
      select l.log_index, r.recorded_at, r.retention_class, d.disposed_at
        from archive.leaf l
          join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
          join archive.disposition d on d.dispose_month = r.dispose_month
          join archive.archive_record certificate on certificate.id = d.certificate_id and certificate.type = 'record.disposed'
        where l.log_index = any(${[...indexes]}::bigint[])
    ), term as materialized (
      select retention_class, disposed_at, archive.years_at(retention_class, disposed_at) as years
        from (select distinct retention_class, disposed_at from gone) g
    )
    select g.log_index as index from gone g join term t using (retention_class, disposed_at)
      where archive.dispose_month(g.recorded_at, t.years) <= g.disposed_at`.execute(db)
  return new Set(rows.map((row) => row.index))
}
