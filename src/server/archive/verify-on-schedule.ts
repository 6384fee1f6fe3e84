import { sql } from 'kysely'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { verifyArchive } from './verify-archive.ts'

type VerifyDeps = Pick<Deps, 'db' | 'clock' | 'objectStore' | 'checkpointSigner' | 'anchors' | 'log'>

/** Everything is read again at least this often, whatever happened. */
const fullHours = 24

/**
 * Job (SEC-3): verifies what was sealed since the last verification, and once a day everything. A log that grew only by
 * the records of verifications themselves rests: else each would call for the next, for ever.
 */
export async function verifyOnSchedule(deps: VerifyDeps): Promise<void> {
  const due = await readDue(deps)
  if (due === undefined) return
  try {
    const result = await verifyArchive(deps, { scope: due })
    if (!result.ok)
      deps.log.error(
        { problems: result.problems.slice(0, 5), treeSize: result.treeSize },
        'the archive did not verify: an incident is recorded',
      )
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    deps.log.warn({ err: error }, 'verification waits for the object store')
  }
}

/** What is dated far ahead was done before the clock was set back, and delays nothing. */
async function readDue(deps: Pick<Deps, 'db' | 'clock'>): Promise<'recent' | 'full' | undefined> {
  const now = deps.clock.now()
  const { rows } = await sql<{ full: boolean; recent: boolean }>`
    with sealed as (select coalesce(max(tree_size), 0) as size from archive.checkpoint),
    verified as (select coalesce(max(tree_size), 0) as size from archive.verification where jsonb_array_length(problems) = 0)
    select sealed.size > 0 and not exists (select from archive.verification where scope = 'full'
        and started_at > ${now}::timestamptz - make_interval(hours => ${fullHours})
        and started_at < ${now}::timestamptz + make_interval(hours => ${fullHours})) as "full",
      exists (select from archive.leaf l join archive.archive_record r on r.id = l.record_id and r.recorded_at = l.recorded_at
        where l.log_index >= verified.size and l.log_index < sealed.size and r.type <> 'archive.verified') as "recent"
    from sealed, verified`.execute(deps.db)
  if (rows[0]?.full === true) return 'full'
  return rows[0]?.recent === true ? 'recent' : undefined
}
