import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readActivation } from '#server/policies/active-version.ts'
import type { Evaluation } from '#server/policies/finding.ts'
import { movePost } from '#server/posts/move-post.ts'
import type { PreparedRevision } from '#server/posts/prepare-revision.ts'
import {
  findLastEvaluation,
  findPost,
  findRevision,
  lockPost,
  type EvaluationRow,
  type PostRow,
} from '#server/posts/stored-post.ts'
import { writeEvaluation } from '#server/posts/write-revision.ts'
import type { PostStatus } from '#shared/post-status.ts'
import { statusAfterVerdict } from './route-post.ts'
import { evaluationBody } from './submission-record.ts'
import { judgeStoredRevision, openReviews, voidOpenReviews } from './submit-post.ts'

export type ReevaluateDeps = Pick<Deps, 'db' | 'clock' | 'config'>

/** What was judged before an activation may be handed in after it: no request is under way for longer. */
const settlesAfterMilliseconds = 600_000
/** So often everything is looked through all the same. */
const looksAgainAfterMilliseconds = 600_000

interface Settled {
  readonly version: string
  readonly activatedAt: string | null
  readonly until: string
}

/** When nothing was left to judge anew. Each process finds that out for itself; losing it costs one look. */
const settled = new WeakMap<Db, Settled>()

/**
 * Job: judges anew, under the active policy, what is in review, approved or scheduled and was judged under another
 * version. A changed verdict pulls the post back and tells its author and reviewers why (FCA-4).
 * Once nothing is left, only the next activation brings new work, and posts are not looked through every time.
 */
export async function reevaluatePosts(deps: ReevaluateDeps): Promise<number> {
  const active = await readActivation(deps.db)
  if (active === undefined) return 0
  const now = deps.clock.now()
  const known = settled.get(deps.db)
  const isSame = known?.version === active.version && known.activatedAt === active.activatedAt
  if (isSame && now < known.until) return 0
  const ids = await findStalePosts(deps.db, active.version)
  await judgeAll(deps, ids)
  const isOver = active.activatedAt === null || now >= addMilliseconds(active.activatedAt, settlesAfterMilliseconds)
  if (ids.length === 0 && isOver)
    settled.set(deps.db, { ...active, until: addMilliseconds(now, looksAgainAfterMilliseconds) })
  return ids.length
}

/** A post that a bug keeps from being judged holds up no other; the operator is told when the others had their turn. */
async function judgeAll(deps: ReevaluateDeps, ids: readonly string[]): Promise<void> {
  const failures: unknown[] = []
  for (const id of ids) {
    await rejudgePost(deps, id, 'activation').catch((error: unknown) => {
      if (isDatabaseAway(error)) throw error
      failures.push(error)
    })
  }
  if (failures.length > 0) throw failures[0]
}

/** A network is being called, or nobody saw what it did. */
const isUnsettled = sql<boolean>`(x.status = 'unconfirmed'
  or exists (select from publication_attempt a where a.publication_id = x.id and a.finished_at is null))`

/**
 * Posts that may still leave, or are on their way, and whose last verdict is of another version. What a network may have got is
 * judged when its outcome is known, beside the verdict with which it was let out.
 */
async function findStalePosts(db: Db, version: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select p.id from post p where p.status in ('in_review', 'approved', 'scheduled', 'stopped', 'publishing', 'unconfirmed', 'partly_published', 'failed')
      and (p.status not in ('publishing', 'unconfirmed', 'partly_published', 'failed') or exists (
        select from publication x where x.revision_id = p.current_revision_id and x.status in ('waiting', 'publishing', 'stopped')))
      and not exists (select from publication x where x.revision_id = p.current_revision_id and ${isUnsettled})
      and ${version} is distinct from (select e.policy_version from policy_evaluation e
        where e.revision_id = p.current_revision_id order by e.evaluated_at desc, e.id desc limit 1)
    order by p.updated_at limit 100`.execute(db)
  return rows.map(({ id }) => id)
}

/**
 * Judges one post anew, with evidence. What asks for more than was agreed to goes back: to review, or to its author.
 * Nothing happens when the post moved meanwhile, another node was first, or a network may be about to show the post.
 */
export async function rejudgePost(
  deps: ReevaluateDeps,
  postId: string,
  occasion: 'activation' | 'release',
): Promise<void> {
  const found = await findPost(deps.db, postId)
  if (found === undefined) return
  const revision = (await findRevision(deps.db, found.currentRevisionId))!
  const prepared = await judgeStoredRevision(deps, found, revision)
  await inTransaction(deps.db, async (tx) => {
    const post = await lockPost(tx, postId)
    if (post === undefined || post.currentRevisionId !== revision.revisionId || post.status !== found.status) return
    const outside = await findOutside(tx, revision.revisionId)
    if (outside === 'unsettled') return
    const before = await findLastEvaluation(tx, revision.revisionId)
    const asksMore = before === undefined || asksForMore(before, prepared.evaluation)
    const isKnown = before?.policyVersion === prepared.evaluation.policyVersion
    if (isKnown && (occasion === 'activation' || (!asksMore && isOfToday(before, prepared)))) return
    await writeEvaluation(tx, prepared, occasion)
    const streams = { post: postId, author: post.authorId, unit: post.unitId }
    await appendRecord(tx, systemActor, {
      type: 'policy.evaluated',
      at: prepared.at,
      streams,
      verdict: prepared.evaluation.verdict,
      body: { occasion, ...evaluationBody(prepared) },
    })
    const status = statusAfterVerdict(prepared.evaluation, prepared.content.scheduledAt)
    if (!asksMore || outside === 'shown' || !mayGoBack(post, status)) return

    await voidOpenReviews(tx, systemActor, post, { at: prepared.at, because: sentBackBecause[occasion] })
    await movePost(tx, post, status, prepared.at)
    if (status === 'in_review') await openReviews(tx, deps, post, prepared)
    await appendRecord(tx, systemActor, {
      type: 'post.pulled_back',
      at: prepared.at,
      streams,
      verdict: prepared.evaluation.verdict,
      body: {
        from: post.status,
        to: status,
        policyVersion: prepared.evaluation.policyVersion,
        rules: newRules(before, prepared.evaluation),
      },
    })
  })
}

const sentBackBecause = {
  activation: 'The policy changed.',
  release: 'Policy judges the post otherwise on the day it leaves.',
}

/** What may have come of a revision at its networks: `unsettled` while nobody knows, `shown` where it is or was out. */
async function findOutside(tx: Tx, revisionId: string): Promise<'unsettled' | 'shown' | 'nothing'> {
  const { rows } = await sql<{ isUnsettled: boolean }>`
    select ${isUnsettled} as "isUnsettled" from publication x where x.revision_id = ${revisionId}
      and (${isUnsettled} or x.status in ('published', 'retracted')) order by 1 desc limit 1`.execute(tx)
  if (rows[0] === undefined) return 'nothing'
  return rows[0].isUnsettled ? 'unsettled' : 'shown'
}

/** What stands where the verdict would send it stays; what is under way goes back only where somebody has to look at it again. */
function mayGoBack(post: PostRow, to: PostStatus): boolean {
  if (post.status === to) return to === 'in_review'
  if (['in_review', 'approved', 'scheduled', 'stopped'].includes(post.status)) return true
  return ['publishing', 'unconfirmed'].includes(post.status) && ['in_review', 'blocked'].includes(to)
}

/** Of the slot or later, and not older than a day: another one that says the same need not be kept. */
function isOfToday(before: EvaluationRow, { at, content }: PreparedRevision): boolean {
  return before.evaluatedAt >= (content.scheduledAt ?? '') && before.evaluatedAt >= addMilliseconds(at, -86_400_000)
}

/** Does the new verdict ask for anything that nobody has looked at: a worse verdict, another route, a finding of another rule? */
function asksForMore(before: EvaluationRow, now: Evaluation): boolean {
  const ranks = ['pass', 'review', 'block']
  return (
    ranks.indexOf(now.verdict) > ranks.indexOf(before.verdict) ||
    !isDeepStrictEqual(now.requiredStages, before.requiredStages) ||
    newRules(before, now).length > 0
  )
}

function newRules(before: EvaluationRow | undefined, now: Evaluation): string[] {
  const known = new Set((before?.findings ?? []).map((finding) => finding.ruleId))
  return [
    ...new Set(now.findings.filter((finding) => finding.severity !== 'note').map((finding) => finding.ruleId)),
  ].filter((ruleId) => !known.has(ruleId))
}
