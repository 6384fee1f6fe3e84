import { sql } from 'kysely'
import { appendRecord, appendRecords, toRecord, type NewRecord } from '#server/archive/append-record.ts'
import { scopeUnits, unitOfActing, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import { hasMoreToCommit, inTransaction, type Db, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { groupCalls } from '#server/platform/group-calls.ts'
import { newId } from '#server/platform/new-id.ts'
import { judgeContent } from '#server/policies/judge-content.ts'
import { movePost } from '#server/posts/move-post.ts'
import {
  prepareRevision,
  refuseUnsendable,
  type PostWish,
  type PreparedRevision,
} from '#server/posts/prepare-revision.ts'
import {
  findPost,
  findRevision,
  lockPost,
  toStoredContent,
  type PostRow,
  type RevisionRow,
} from '#server/posts/stored-post.ts'
import {
  insertNewPosts,
  newPost,
  writeEvaluation,
  writeNextRevision,
  type NewPost,
} from '#server/posts/write-revision.ts'
import { editableStatuses, type PostStatus } from '#shared/post-status.ts'
import { insertReviews, reviewRows, voidReviews, type NewReview } from './queries.ts'
import { planReviews, statusAfterVerdict } from './route-post.ts'
import { revisionRecord } from './submission-record.ts'

type PostDeps = Pick<Deps, 'db' | 'clock' | 'networks' | 'config'>

/** What a write leaves behind, enough to answer without reading it all back. */
export interface WrittenPost {
  readonly postId: string
  readonly unitId: string
  readonly number: number
  readonly status: PostStatus
  readonly prepared: PreparedRevision
  readonly reviews: readonly NewReview[]
  readonly recordId: string
  readonly recordType: 'post.drafted' | 'post.submitted' | 'post.blocked'
}

interface PostWriting extends NewPost {
  readonly reviews: readonly NewReview[]
  readonly record: NewRecord
  readonly wakes: boolean
}

/**
 * Posts, revisions, verdicts, reviews and the one record of each that holds all of it are one statement: one round trip,
 * and one transaction by itself.
 */
async function writePosts(db: Db | Tx, posts: readonly PostWriting[]): Promise<readonly void[]> {
  const notice = posts.some(({ wakes }) => wakes) ? sql`, pg_notify('gateway_publication', '')` : sql``
  await sql`with ${insertNewPosts(posts)}, new_reviews as (${reviewRows(posts.flatMap(({ reviews }) => reviews))})
    ${appendRecords(
      posts.map(({ record }) => record),
      notice,
    )}`.execute(db)
  return posts.map(() => undefined)
}

const writeTogether = groupCalls(writePosts)

/** Writes a new post, as a draft or handed in at once. */
export async function createPost(
  deps: PostDeps,
  actor: Actor,
  wish: PostWish & { submit?: boolean },
): Promise<WrittenPost> {
  const author = {
    userId: actor.userId,
    unitId: unitOfActing(actor, 'post.write'),
    reach: scopeUnits(actor, 'post.write'),
  }
  const prepared = await prepareRevision(deps, author, wish)
  const submitted = wish.submit === true
  if (submitted) refuseUnsendable(prepared)
  const status = submitted ? statusAfterVerdict(prepared.evaluation, prepared.content.scheduledAt) : 'draft'
  const post = { postId: newId(prepared.at), number: 1, authorId: actor.userId, unitId: author.unitId }
  const reviews = status === 'in_review' ? planReviewsOf(deps, post, prepared) : []
  const recordType = !submitted ? 'post.drafted' : status === 'blocked' ? 'post.blocked' : 'post.submitted'
  const record = toRecord(actor, revisionRecord(recordType, post, prepared, reviews))
  const writing = { ...newPost(post.postId, author, prepared, status), reviews, record, wakes: wakesPublisher(status) }
  if (hasMoreToCommit()) await inTransaction(deps.db, (tx) => writePosts(tx, [writing]))
  else await writeTogether(deps.db, writing)
  return {
    postId: post.postId,
    unitId: author.unitId,
    number: 1,
    status,
    prepared,
    reviews,
    recordId: record.id,
    recordType,
  }
}

/** Writes the next revision of one's own post. Earlier approvals are void; the reviewers' open work ends. */
export async function revisePost(
  deps: PostDeps,
  actor: Actor,
  postId: string,
  wish: PostWish & { submit?: boolean },
  recordType: 'post.revised' | 'post.rescheduled' = 'post.revised',
): Promise<void> {
  const post = await findPost(deps.db, postId)
  refuseForeignPost(post, actor)
  const author = { userId: post.authorId, unitId: post.unitId, reach: scopeUnits(actor, 'post.write') }
  const prepared = await prepareRevision(deps, author, wish)
  const submitted = wish.submit === true
  if (submitted) refuseUnsendable(prepared)
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockPost(tx, postId)
    refuseForeignPost(locked, actor)
    if (!editableStatuses.includes(locked.status))
      throw new AppError(
        'wrong_status',
        `A post that is ${locked.status} can no longer be edited. Write a new one, or retract this one.`,
      )
    await voidOpenReviews(tx, actor, locked, { at: prepared.at, because: 'A new revision was written.' })
    const status = submitted ? statusAfterVerdict(prepared.evaluation, prepared.content.scheduledAt) : 'draft'
    const { number } = await writeNextRevision(tx, locked, prepared, { createdBy: actor.userId, status })
    const reviews = status === 'in_review' ? await openReviews(tx, deps, locked, prepared) : []
    await appendRecord(tx, actor, revisionRecord(recordType, { ...locked, number }, prepared, submitted ? [] : reviews))
    if (submitted)
      await appendRecord(
        tx,
        actor,
        revisionRecord(
          status === 'blocked' ? 'post.blocked' : 'post.submitted',
          { ...locked, number },
          prepared,
          reviews,
        ),
      )
    await announce(tx, status)
  })
}

/** Hands in the current revision of one's own draft, judged by the policy of this moment. */
export async function submitPost(deps: PostDeps, actor: Actor, postId: string): Promise<void> {
  const post = await findPost(deps.db, postId)
  refuseForeignPost(post, actor)
  const revision = (await findRevision(deps.db, post.currentRevisionId))!
  const prepared = await judgeStoredRevision(deps, post, revision)
  refuseUnsendable(prepared)
  await inTransaction(deps.db, async (tx) => {
    const locked = await lockPost(tx, postId)
    refuseForeignPost(locked, actor)
    if (locked.currentRevisionId !== revision.revisionId)
      throw new AppError(
        'stale_revision',
        'The post changed while it was being submitted. Open it again and submit what you see.',
      )
    if (!['draft', 'blocked', 'changes_requested', 'rejected'].includes(locked.status)) {
      throw new AppError('wrong_status', `This post is already ${locked.status}.`)
    }
    if (locked.status === 'changes_requested' || locked.status === 'rejected')
      throw new AppError('wrong_status', 'The reviewer asked for a change. Write a new revision first.')
    const status = statusAfterVerdict(prepared.evaluation, prepared.content.scheduledAt)
    await writeEvaluation(tx, prepared, 'submission')
    await movePost(tx, locked, status, prepared.at)
    const reviews = status === 'in_review' ? await openReviews(tx, deps, locked, prepared) : []
    await appendRecord(
      tx,
      actor,
      revisionRecord(
        status === 'blocked' ? 'post.blocked' : 'post.submitted',
        { ...locked, number: revision.number },
        prepared,
        reviews,
      ),
    )
    await announce(tx, status)
  })
}

/** Judges a stored revision anew; nothing of the revision changes. */
export async function judgeStoredRevision(
  deps: Pick<Deps, 'db' | 'clock'>,
  post: Pick<PostRow, 'authorId' | 'unitId'>,
  revision: RevisionRow,
): Promise<PreparedRevision> {
  const at = deps.clock.now()
  const content = toStoredContent(revision)
  const { evaluation, inputs } = await judgeContent(
    deps.db,
    { userId: post.authorId, unitId: post.unitId },
    content,
    at,
  )
  return {
    revisionId: revision.revisionId,
    content,
    targets: revision.targets,
    contentHash: revision.contentHash,
    at,
    evaluation,
    inputs,
  }
}

/** Ends the open reviews of a post with a record each. */
export async function voidOpenReviews(
  tx: Tx,
  actor: Actor,
  post: PostRow,
  { at, because }: { readonly at: string; readonly because: string },
): Promise<void> {
  for (const reviewId of await voidReviews(tx, post.postId, at)) {
    await appendRecord(tx, actor, {
      type: 'review.voided',
      at,
      streams: { post: post.postId, author: post.authorId, unit: post.unitId },
      body: { reviewId, because },
    })
  }
}

/** Opens the stages that a verdict demands. */
export async function openReviews(
  tx: Tx,
  deps: Pick<Deps, 'config'>,
  post: { postId: string; authorId: string; unitId: string },
  prepared: Pick<PreparedRevision, 'revisionId' | 'contentHash' | 'content' | 'targets' | 'at' | 'evaluation'>,
): Promise<NewReview[]> {
  const reviews = planReviewsOf(deps, post, prepared)
  await insertReviews(tx, reviews)
  return reviews
}

function planReviewsOf(
  deps: Pick<Deps, 'config'>,
  post: { postId: string; authorId: string; unitId: string },
  prepared: Pick<PreparedRevision, 'revisionId' | 'contentHash' | 'content' | 'targets' | 'at' | 'evaluation'>,
): NewReview[] {
  const networks = [...new Set(prepared.targets.map((target) => target.network))]
  const revision = {
    revisionId: prepared.revisionId,
    contentHash: prepared.contentHash,
    scheduledAt: prepared.content.scheduledAt,
    networks,
    at: prepared.at,
  }
  return planReviews(post, revision, prepared.evaluation, deps.config.reviewHours)
}

/** Another's post does not exist for a writer. */
export function refuseForeignPost(post: PostRow | undefined, actor: Actor): asserts post is PostRow {
  if (post === undefined || post.authorId !== actor.userId) throw new AppError('not_found', 'No such post of yours.')
}

/** Wakes whoever works next; a timer finds the work as well when the notice is lost. */
export async function announce(tx: Tx, status: PostStatus): Promise<void> {
  if (wakesPublisher(status)) await sql`select pg_notify('gateway_publication', '')`.execute(tx)
}

function wakesPublisher(status: PostStatus): boolean {
  return status === 'approved' || status === 'scheduled'
}
