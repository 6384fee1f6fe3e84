import { sql } from 'kysely'
import { systemActor } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { hasNews } from './anchor-queries.ts'
import { appendRecord } from './append-record.ts'
import { readSealed } from './seal-queries.ts'
import { directoryLines, directoryRoot, listedStreams, type StreamHead } from './stream-directory.ts'
import { withAdvisoryLock } from './with-advisory-lock.ts'

type DirectoryDeps = Pick<Deps, 'db' | 'clock'>

/** Without anybody asking, the directory is fixed once in this time. */
const restMilliseconds = 86_400_000

/**
 * Job: fixes in the log how many records every stream has at the newest sealed size, so that one person's, profile's or
 * unit's records can be proven whole without showing the log of everybody else. At once when an export waits for it,
 * else daily. Every verification of the whole log counts the streams again.
 */
export async function commitDirectory(deps: DirectoryDeps): Promise<void> {
  const { treeSize } = await readSealed(deps.db)
  if (treeSize === 0 || !(await isDue(deps, treeSize))) return
  await withAdvisoryLock(deps.db, 'directory', async () => {
    await deps.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const { treeSize: size } = await readSealed(tx)
        if ((await readNewest(tx))?.treeSize === size) return
        await commitAt(tx, deps, size)
      })
  })
}

async function commitAt(tx: Tx, deps: DirectoryDeps, treeSize: number): Promise<void> {
  const lines = directoryLines(await readHeads(tx, treeSize))
  const at = deps.clock.now()
  const recordId = await appendRecord(tx, systemActor, {
    type: 'archive.directory_committed',
    at,
    streams: {},
    body: { treeSize, rootHash: await directoryRoot(lines), streams: lines.length },
    retentionClass: 'permanent',
  })
  await sql`insert into archive.directory (tree_size, record_id, committed_at, heads)
    values (${treeSize}, ${recordId}, ${at}, ${lines.join('\n')})`.execute(tx)
}

async function readNewest(db: Db | Tx): Promise<{ treeSize: number; committedAt: string } | undefined> {
  const { rows } = await sql<{ treeSize: number; committedAt: string }>`
    select tree_size as "treeSize", committed_at as "committedAt" from archive.directory order by tree_size desc limit 1`.execute(
    db,
  )
  return rows[0]
}

async function isDue({ db, clock }: DirectoryDeps, treeSize: number): Promise<boolean> {
  const newest = await readNewest(db)
  if (newest?.treeSize === treeSize) return false
  const { rows } = await sql<{ asked: boolean }>`
    select exists (select from export e join archive.leaf l on l.record_id = e.request_record_id
      where e.status = 'waiting' and e.query ->> 'proof' = 'stream' and l.log_index >= ${newest?.treeSize ?? 0}
        and l.log_index < ${treeSize}) as asked`.execute(db)
  if (rows[0]!.asked) return true
  // One from a time to come was committed before the clock was set back.
  const age = newest === undefined ? Infinity : Math.abs(Date.parse(clock.now()) - Date.parse(newest.committedAt))
  if (age < restMilliseconds) return false
  return hasNews(db, newest?.treeSize ?? 0, treeSize)
}

/** Where every listed stream stands at a size: the heads of now, but for what was numbered after it. */
async function readHeads(tx: Tx, treeSize: number): Promise<StreamHead[]> {
  const { rows } = await sql<StreamHead>`
    with later as (
      select s.kind, s.id, min((l.stream_sequence::json ->> s.kind)::bigint) as next
        from archive.leaf l
          join archive.archive_record r on r.recorded_at = l.recorded_at and r.id = l.record_id
          cross join lateral json_each_text(convert_from(r.header, 'UTF8')::json -> 'streams') as s (kind, id)
        where l.log_index >= ${treeSize}
        group by s.kind, s.id
    )
    select h.kind, h.stream_id as id, coalesce(later.next, h.next_sequence) as next
      from archive.stream_head h left join later on later.kind = h.kind and later.id = h.stream_id
      where h.kind = any(${[...listedStreams]}::text[])`.execute(tx)
  return rows
}
