import { sql } from 'kysely'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { VerificationResult } from '#shared/api/archive.ts'
import { toHex } from '#shared/tlog/bytes.ts'
import type { Checkpoint } from '#shared/tlog/checkpoint.ts'
import { emptyFrontier } from '#shared/tlog/frontier.ts'
import { parseVerifierKey, type VerifierKey } from '#shared/tlog/note.ts'
import { appendRecord } from './append-record.ts'
import { listBucket, listRecent, type BucketSeal, type Source } from './bucket-listing.ts'
import { restoreFrontier } from './log-queries.ts'
import { checkpointKey } from './object-keys.ts'
import { problem, type Problem } from './problem.ts'
import { verifyAnchors } from './verify-anchors.ts'
import { verifyBodies } from './verify-bodies.ts'
import { compareRange, compareWhole, findDisposed } from './verify-database.ts'
import { compareDirectory, readDirectories } from './verify-directories.ts'
import { readCheckpoint, walkSeal, type Walk } from './verify-seal.ts'

type VerifyDeps = Pick<Deps, 'db' | 'clock' | 'objectStore' | 'checkpointSigner' | 'anchors'>

export interface VerifyOptions {
  /** `recent`: what was sealed since the last verification without problems. `full`: everything in the bucket. */
  readonly scope: 'recent' | 'full'
  /** Who asked; the gateway itself when it runs on a schedule. */
  readonly actor?: Actor
}

/** More problems than this are counted, not listed: a bucket that is gone has one per entry. */
const listedProblems = 200

/**
 * Verifies the archive (SEC-3): believes only the bucket and the public key, recomputes every hash, and compares the
 * database with the result in both directions. What is wrong becomes an incident record, each sentence once until it
 * changes. Streams: memory does not grow with the log. Throws `ObjectStoreError` when the bucket cannot be read.
 */
export async function verifyArchive(deps: VerifyDeps, options: VerifyOptions): Promise<VerificationResult> {
  const startedAt = deps.clock.now()
  const start = options.scope === 'recent' ? await readVerifiedSize(deps.db) : 0
  const found = await verifyFrom(deps, start)
  found.problems.push(...(await verifyAnchors(deps, options.scope)))
  const finishedAt = deps.clock.now()
  const problems = found.problems.slice(0, listedProblems)
  if (found.problems.length > listedProblems) {
    problems.push(problem('more', `${found.problems.length - listedProblems} further problems are not listed.`))
  }
  const result = {
    verificationId: newId(finishedAt),
    startedAt,
    finishedAt,
    ok: problems.length === 0,
    treeSize: found.treeSize,
    recordsChecked: found.recordsChecked,
    problems,
  }
  await recordResult(deps.db, options, result)
  return result
}

interface Found {
  readonly treeSize: number
  readonly recordsChecked: number
  readonly problems: Problem[]
}

async function verifyFrom(deps: VerifyDeps, start: number): Promise<Found> {
  const source = start === 0 ? await listBucket(deps.objectStore) : await listRecent(deps.db, deps.objectStore, start)
  const walk: Walk = {
    frontier: emptyFrontier(),
    lastAt: '',
    lastCheckpointAt: '',
    sequences: start === 0 ? new Map() : undefined,
    problems: [...source.problems],
  }
  const key = parseVerifierKey(deps.checkpointSigner.verifierKey)
  let going = start === 0 || (await resume(deps.db, source, start, key, walk))
  const directories = await readDirectories(deps.db)
  let checked = 0
  // Postgres hashes its own rows of one seal while this process reads the next.
  let comparing: Promise<Problem[]> = Promise.resolve([])
  for (const seal of source.seals) {
    const checkpoint = await readCheckpoint(source.read, seal, key, walk)
    await compareNote(deps.db, source, seal, walk)
    if (!going) continue
    const { entries, whole } = await walkSeal(source.read, seal, checkpoint, walk)
    checked += entries.length
    if (whole) walk.problems.push(...(await compareDirectory(directories.get(seal.treeSize), walk.sequences)))
    if (whole)
      walk.problems.push(
        ...(await verifyBodies(source.read, source.bodyKeys.get(seal.treeSize) ?? [], entries, (indexes) =>
          findDisposed(deps.db, indexes),
        )),
      )
    walk.problems.push(...(await comparing))
    comparing = compareRange(deps.db, entries)
    comparing.catch(() => {}) // awaited in the next turn, where it is thrown
    going = whole || (await jump(deps.db, seal.treeSize, checkpoint, walk))
  }
  walk.problems.push(...(await comparing))
  const treeSize = source.seals.at(-1)?.treeSize ?? start
  walk.problems.push(...(await compareWhole(deps.db, treeSize)))
  return { treeSize, recordsChecked: checked, problems: walk.problems }
}

/** Begins in the middle: the database's edge of the tree is believed when it gives the root that the bucket signed. */
async function resume(db: Db, source: Source, start: number, key: VerifierKey, walk: Walk): Promise<boolean> {
  const checkpoint = await readCheckpoint(
    source.read,
    { treeSize: start, firstIndex: start, checkpointKey: checkpointKey(start) },
    key,
    walk,
  )
  return jump(db, start, checkpoint, walk)
}

/** Goes on behind entries that could not be read, so that one damaged file does not hide what comes after it. */
async function jump(db: Db, treeSize: number, checkpoint: Checkpoint | undefined, walk: Walk): Promise<boolean> {
  if (checkpoint === undefined) return false
  try {
    walk.frontier = await restoreFrontier(db, { treeSize, rootHash: toHex(checkpoint.root) })
    walk.sequences = undefined
    return true
  } catch {
    walk.problems.push(
      problem(
        'tree_differs',
        `The database's tree of ${treeSize} entries is not the one that was signed.`,
        treeSize - 1,
      ),
    )
    return false
  }
}

/** One size has one checkpoint: two different ones mean that the log was forked. */
async function compareNote(db: Db, source: Source, seal: BucketSeal, walk: Walk): Promise<void> {
  const { rows } = await sql<{
    note: string
  }>`select note from archive.seal where tree_size = ${seal.treeSize}`.execute(db)
  const stored = await source.read(seal.checkpointKey)
  if (rows[0] === undefined) {
    walk.problems.push(
      problem(
        'seal_missing',
        `The database does not know the sealed checkpoint of ${seal.treeSize} entries.`,
        seal.treeSize - 1,
      ),
    )
  } else if (stored !== undefined && rows[0].note !== Buffer.from(stored).toString('utf8')) {
    walk.problems.push(
      problem(
        'forked',
        `Database and object store hold two different checkpoints of ${seal.treeSize} entries.`,
        seal.treeSize - 1,
      ),
    )
  }
}

async function readVerifiedSize(db: Db): Promise<number> {
  const { rows } = await sql<{ size: number }>`
    select tree_size as size from archive.verification v
      where jsonb_array_length(problems) = 0 and exists (select from archive.checkpoint c where c.tree_size = v.tree_size)
      order by tree_size desc limit 1`.execute(db)
  return rows[0]?.size ?? 0
}

async function recordResult(db: Db, options: VerifyOptions, result: VerificationResult): Promise<void> {
  const { verificationId, startedAt, finishedAt, treeSize, recordsChecked, problems } = result
  await inTransaction(db, async (tx) => {
    const fresh = await unreported(tx, problems)
    await sql`insert into archive.verification (id, scope, started_at, finished_at, tree_size, records_checked, problems)
      values (${verificationId}, ${options.scope}, ${startedAt}, ${finishedAt}, ${treeSize}, ${recordsChecked}, ${JSON.stringify(problems)})`.execute(
      tx,
    )
    const actor = options.actor ?? systemActor
    const common = { at: finishedAt, streams: options.actor === undefined ? {} : { user: actor.userId } }
    for (const { kind, logIndex, sentence } of fresh) {
      await appendRecord(tx, actor, {
        ...common,
        type: 'archive.incident',
        body: { verificationId, kind, logIndex, sentence },
        searchText: sentence,
        language: 'en',
      })
    }
    // A check after each seal would by its own record cause the next seal: only what a person asked for, a whole run or a
    // finding becomes a record, and each run is a row of the database.
    if (options.scope === 'recent' && options.actor === undefined && result.ok) return
    await appendRecord(tx, actor, {
      ...common,
      type: 'archive.verified',
      body: {
        verificationId,
        scope: options.scope,
        treeSize,
        recordsChecked,
        ok: result.ok,
        problemCount: problems.length,
      },
    })
  })
}

/** Problems whose sentence the last verification of the same kind did not already say. */
async function unreported(tx: Tx, problems: readonly Problem[]): Promise<readonly Problem[]> {
  const { rows } = await sql<{ sentence: string }>`
    select distinct p ->> 'sentence' as sentence
      from (select problems from archive.verification order by finished_at desc, id desc limit 5) v, jsonb_array_elements(v.problems) p`.execute(
    tx,
  )
  const known = new Set(rows.map((row) => row.sentence))
  return problems.filter((found) => !known.has(found.sentence))
}
