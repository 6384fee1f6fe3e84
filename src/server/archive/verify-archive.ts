import { sql } from 'kysely'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import type { VerificationResult } from '#shared/api/archive.ts'
import { appendRecord } from './append-record.ts'
import { problem, type Problem } from './problem.ts'
import { verifyAnchors } from './verify-anchors.ts'
import { verifyLocks } from './verify-locks.ts'
import { verifyMedia } from './verify-media.ts'
import { verifySeals } from './verify-seals.ts'

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
  const found = await verifySeals(deps, start)
  if (options.scope === 'full') found.problems.push(...(await verifyLocks(deps)), ...(await verifyMedia(deps)))
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
