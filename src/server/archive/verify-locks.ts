import { sql } from 'kysely'
import type { Instant } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { problem, type Problem } from './problem.ts'

type LockDeps = Pick<Deps, 'db' | 'clock' | 'objectStore'>

/** Objects whose lock one verification of everything looks at: all of a young archive, others of an old one each time. */
const sampleSize = 2_000
const atOnce = 16

interface Expected {
  readonly key: string
  readonly versionId: string
  readonly until: Instant
}

/**
 * Are the bucket's locks as long as they were when objects were sealed, or as they were made since? A bucket with Object
 * Lock refuses to shorten one; a directory, or a bucket that was copied somewhere else, can lose it.
 */
export async function verifyLocks(deps: LockDeps): Promise<Problem[]> {
  const expected = await readExpected(deps.db, deps.clock.now())
  const problems: Problem[] = []
  for (let at = 0; at < expected.length; at += atOnce) {
    const found = expected.slice(at, at + atOnce).map((object) => checkLock(deps.objectStore, object))
    problems.push(...(await Promise.all(found)).flat())
  }
  return problems
}

async function readExpected(db: Db, now: Instant): Promise<Expected[]> {
  const { rows } = await sql<Expected>`
    select o.key, o.version_id as "versionId", to_char(locked.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until
      from archive.object o
        cross join lateral (select greatest(o.retain_until, max(k.retain_until)) as until
          from archive.object_lock k where k.key = o.key) locked
      where locked.until > ${now} and not exists (select from archive.destroyed_object x where x.key = o.key)
      order by md5(o.key || ${now}::text) limit ${sampleSize}`.execute(db)
  return rows
}

async function checkLock(store: ObjectStore, { key, versionId, until }: Expected): Promise<Problem[]> {
  try {
    const stored = await store.head(key, versionId)
    // What is missing is named where the log is read.
    if (stored === undefined || stored.retainUntil >= until) return []
    return [
      problem('lock_shortened', `The lock of "${key}" ends ${stored.retainUntil}; it was to hold until ${until}.`),
    ]
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || error.retryable) throw error
    return [problem('lock_lost', `"${key}" is not locked any more: ${error.message}`)]
  }
}
