import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { findLastEvaluation, findRevision, lockPost } from '#server/posts/stored-post.ts'
import { insertReviews } from './queries.ts'
import { sampledStageIndex } from './route-post.ts'

const hour = 3_600_000
/** A post leaves within a day of its last verdict; older draws need not be looked through each time. */
const lookBack = 7 * 24 * hour

/**
 * Job: opens the review of published posts that went straight through and were drawn for a look afterwards. It decides
 * nothing about the post, which is out: it says whether policy was right to let it pass.
 */
export async function openSampledReviews(deps: Pick<Deps, 'db' | 'clock' | 'config'>): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select p.id from policy_evaluation e join post_revision r on r.id = e.revision_id join post p on p.id = r.post_id
    where (e.sample ->> 'selected') = 'true' and e.evaluated_at > ${addMilliseconds(deps.clock.now(), -lookBack)} and p.current_revision_id = r.id and p.status in ('published', 'partly_published')
      and not exists (select from review v where v.revision_id = r.id)
    order by e.evaluated_at limit 100`.execute(deps.db)
  for (const { id } of rows) await openOne(deps, id)
  return rows.length
}

async function openOne(deps: Pick<Deps, 'db' | 'clock' | 'config'>, postId: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const post = (await lockPost(tx, postId))!
    const revision = (await findRevision(tx, post.currentRevisionId))!
    const evaluation = await findLastEvaluation(tx, revision.revisionId)
    const { rows } = await sql`select from review where revision_id = ${revision.revisionId}`.execute(tx)
    if (rows.length > 0 || evaluation === undefined) return

    const at = deps.clock.now()
    const id = newId(at)
    await insertReviews(tx, [
      {
        id,
        postId,
        revisionId: revision.revisionId,
        contentHash: revision.contentHash,
        authorId: post.authorId,
        unitId: post.unitId,
        stageIndex: sampledStageIndex,
        stage: 'sampled',
        need: 1,
        qualification: null,
        stageUnit: null,
        policyVersion: evaluation.policyVersion,
        verdict: evaluation.verdict,
        severity: null,
        findingCount: evaluation.findings.length,
        networks: [...new Set(revision.targets.map((target) => target.network))],
        status: 'open',
        dueAt: addMilliseconds(at, deps.config.reviewHours * hour),
        at,
      },
    ])
    await appendRecord(tx, systemActor, {
      type: 'review.opened',
      at,
      streams: { post: postId, author: post.authorId, unit: post.unitId },
      body: {
        reviewId: id,
        stage: 'sampled',
        because: 'Drawn for a review after release.',
        sample: { ...evaluation.sample },
      },
    })
  })
}
