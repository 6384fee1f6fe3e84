import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { problem, type Problem } from './problem.ts'

type MediaDeps = Pick<Deps, 'db' | 'clock' | 'objectStore'>

/** Media files whose bytes one verification of everything reads at most; the next one reads others. */
const sampleFiles = 500
const sampleBytes = 256 * 1024 * 1024
const pageSize = 1_000

interface KnownFile {
  readonly key: string
  readonly size: number
}

interface StoredFile extends KnownFile {
  readonly versionId: string
}

/**
 * Are all media files that posts were given still in the bucket, as large as they were, under their own hash? Every file is
 * looked for; of a large collection a part is read each time. Memory stays flat: both lists are walked side by side.
 */
export async function verifyMedia(deps: MediaDeps): Promise<Problem[]> {
  const problems: Problem[] = []
  const stored = firstVersions(deps, problems)
  let there = await stored.next()
  for await (const { key, size } of readKnown(deps.db)) {
    while (there.done !== true && there.value.key < key) there = await stored.next()
    const found = there.done === true || there.value.key !== key ? undefined : there.value
    if (found === undefined) problems.push(problem('media_missing', `"${key}" is missing from the object store.`))
    else if (found.size !== size && !(await isFirstSized(deps, found, size)))
      problems.push(problem('media_differs', `"${key}" has another length than was stored.`))
  }
  while (there.done !== true) there = await stored.next()
  return [...problems, ...(await readSample(deps))]
}

/** Of several versions the listing may name a later one first: is the first one as large as it was? */
async function isFirstSized({ objectStore }: MediaDeps, listed: StoredFile, size: number): Promise<boolean> {
  const first = await objectStore.head(listed.key)
  return first !== undefined && first.versionId !== listed.versionId && first.size === size
}

/** What lies under `media/`, each key once; whatever a foreign hand put over it is reported. */
async function* firstVersions({ objectStore }: MediaDeps, problems: Problem[]): AsyncGenerator<StoredFile> {
  let last: string | undefined
  for await (const { key, size, versionId, deleteMarker } of objectStore.list('media/')) {
    if (deleteMarker) {
      problems.push(problem('delete_marker', `Somebody tried to delete "${key}".`))
    } else if (key === last) {
      problems.push(
        problem('second_version', `Somebody wrote over "${key}"; the first version is the one that is read.`),
      )
    } else {
      last = key
      yield { key, size, versionId }
    }
  }
}

/** Media that was stored and not destroyed at the end of its retention, in key order. */
async function* readKnown(db: Db): AsyncIterable<KnownFile> {
  let after = ''
  for (;;) {
    const { rows } = await sql<KnownFile>`
      select object_key as key, max(size)::bigint as size from media m
        where object_key > ${after} collate "C" and not exists (select from archive.destroyed_object x where x.key = m.object_key)
        group by object_key order by object_key collate "C" limit ${pageSize}`.execute(db)
    yield* rows
    if (rows.length < pageSize) return
    after = rows.at(-1)!.key
  }
}

async function readSample({ db, clock, objectStore }: MediaDeps): Promise<Problem[]> {
  const { rows } = await sql<KnownFile & { sha256: string }>`
    select object_key as key, sha256, max(size)::bigint as size from media m
      where not exists (select from archive.destroyed_object x where x.key = m.object_key)
      group by object_key, sha256 order by md5(object_key || ${clock.now()}::text) limit ${sampleFiles}`.execute(db)
  const problems: Problem[] = []
  let read = 0
  for (const { key, sha256, size } of rows) {
    if ((read += size) > sampleBytes) break
    const bytes = await objectStore.get(key)
    // What is missing is named above.
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') === sha256) continue
    problems.push(problem('media_differs', `"${key}" is not the file that was stored.`))
  }
  return problems
}
