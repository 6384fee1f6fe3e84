import { sql, type RawBuilder } from 'kysely'
import type { Db, Tx } from '#server/platform/database.ts'
import type { ReviewSummary } from '#shared/api/reviews.ts'

type ReviewStatus = ReviewSummary['status']

/** A review as its room works with it, with the unit's path for the permission and the names for the queue. */
export interface ReviewRow extends Omit<
  ReviewSummary,
  'author' | 'claimedBy' | 'assignedTo' | 'overdue' | 'escalated' | 'approvals'
> {
  readonly authorId: string
  readonly authorName: string
  readonly unitPath: readonly string[]
  readonly stageIndex: number
  readonly stageUnitId: string | null
  readonly qualification: string | null
  readonly policyVersion: string
  readonly claimedById: string | null
  readonly claimedByName: string | null
  readonly claimedUntil: string | null
  readonly assignedToId: string | null
  readonly assignedToName: string | null
  readonly escalatedAt: string | null
  readonly approvals: number
}

/** Reviews with the names and paths that the room works with. */
export function selectReviews(db: Db | Tx) {
  return db
    .selectFrom('review')
    .innerJoin('post_revision as revision', 'revision.id', 'review.revision_id')
    .innerJoin('app_user as author', 'author.id', 'review.author_id')
    .innerJoin('unit', 'unit.id', 'review.unit_id')
    .leftJoin('app_user as claimer', 'claimer.id', 'review.claimed_by')
    .leftJoin('app_user as assignee', 'assignee.id', 'review.assigned_to')
    .select([
      'review.id as reviewId',
      'review.post_id as postId',
      'review.revision_id as revisionId',
      'revision.number as revisionNumber',
      'review.status',
      'review.stage',
      'review.stage_index as stageIndex',
      'review.stage_unit_id as stageUnitId',
      'review.need',
      'review.qualification',
      'review.policy_version as policyVersion',
      'review.author_id as authorId',
      'author.display_name as authorName',
      'review.unit_id as unitId',
      'unit.name as unitName',
      'unit.path as unitPath',
      'review.networks',
      'revision.text',
      'review.content_hash as contentHash',
      'review.verdict',
      'review.severity',
      'review.finding_count as findingCount',
      'review.claimed_by as claimedById',
      'claimer.display_name as claimedByName',
      'review.claimed_until as claimedUntil',
      'review.assigned_to as assignedToId',
      'assignee.display_name as assignedToName',
      'review.escalated_at as escalatedAt',
      'revision.scheduled_at as scheduledAt',
      'review.created_at as createdAt',
      'review.due_at as dueAt',
      'review.closed_at as closedAt',
      sql<number>`(select count(*) from review_decision d where d.review_id = review.id and d.outcome = 'approved')`.as(
        'approvals',
      ),
    ])
}

export async function findReview(db: Db | Tx, reviewId: string): Promise<ReviewRow | undefined> {
  return (await selectReviews(db).where('review.id', '=', reviewId).executeTakeFirst()) as ReviewRow | undefined
}

/** Locks a review; its post is locked first by the caller (lock order: post, review, publication). */
export async function lockReview(tx: Tx, reviewId: string): Promise<ReviewRow | undefined> {
  return (await selectReviews(tx).where('review.id', '=', reviewId).forUpdate('review').executeTakeFirst()) as
    | ReviewRow
    | undefined
}

export async function lockReviewsOfRevision(tx: Tx, revisionId: string): Promise<ReviewRow[]> {
  return (await selectReviews(tx)
    .where('review.revision_id', '=', revisionId)
    .orderBy('review.stage_index')
    .orderBy('review.id')
    .forUpdate('review')
    .execute()) as unknown as ReviewRow[]
}

/** What to lock before a review: neither its post nor its revision ever changes. */
export async function findReviewPlace(
  tx: Tx,
  reviewId: string,
): Promise<{ readonly postId: string; readonly revisionId: string } | undefined> {
  return tx
    .selectFrom('review')
    .select(['post_id as postId', 'revision_id as revisionId'])
    .where('id', '=', reviewId)
    .executeTakeFirst()
}

export interface NewReview {
  readonly id: string
  readonly postId: string
  readonly revisionId: string
  readonly contentHash: string
  readonly authorId: string
  readonly unitId: string
  readonly stageIndex: number
  readonly stage: string
  readonly need: number
  readonly qualification: string | null
  readonly stageUnit: string | null
  readonly policyVersion: string
  readonly verdict: string
  readonly severity: string | null
  readonly findingCount: number
  readonly networks: readonly string[]
  readonly status: ReviewStatus
  readonly dueAt: string
  readonly at: string
}

export async function insertReviews(tx: Tx, reviews: readonly NewReview[]): Promise<void> {
  await reviewRows(reviews).execute(tx)
}

/** The insertion as a statement, to stand alone or in a `with`. */
export function reviewRows(reviews: readonly NewReview[]): RawBuilder<unknown> {
  return sql`
    insert into review (id, post_id, revision_id, content_hash, author_id, unit_id, stage_index, stage, need, qualification, stage_unit_id,
      policy_version, verdict, severity, finding_count, networks, status, due_at, created_at)
    select r.id, r.post_id, r.revision_id, r.content_hash, r.author_id, r.unit_id, r.stage_index, r.stage, r.need, r.qualification,
      (select u.id from unit u where u.slug = r.stage_unit or u.id::text = r.stage_unit), r.policy_version, r.verdict, r.severity,
      r.finding_count, r.networks, r.status, r.due_at, r.created_at
    from jsonb_to_recordset(${JSON.stringify(reviews.map(toRecord))}::jsonb) as r (id uuid, post_id uuid, revision_id uuid, content_hash text,
      author_id uuid, unit_id uuid, stage_index int, stage text, need int, qualification text, stage_unit text, policy_version text, verdict text,
      severity text, finding_count int, networks text[], status text, due_at timestamptz, created_at timestamptz)`
}

function toRecord(review: NewReview): Record<string, unknown> {
  return {
    id: review.id,
    post_id: review.postId,
    revision_id: review.revisionId,
    content_hash: review.contentHash,
    author_id: review.authorId,
    unit_id: review.unitId,
    stage_index: review.stageIndex,
    stage: review.stage,
    need: review.need,
    qualification: review.qualification,
    stage_unit: review.stageUnit,
    policy_version: review.policyVersion,
    verdict: review.verdict,
    severity: review.severity,
    finding_count: review.findingCount,
    networks: review.networks,
    status: review.status,
    due_at: review.dueAt,
    created_at: review.at,
  }
}

export async function closeReview(tx: Tx, reviewId: string, status: ReviewStatus, at: string): Promise<void> {
  await tx
    .updateTable('review')
    .set({ status, closed_at: at })
    .where('id', '=', reviewId)
    .where('status', 'in', ['open', 'waiting'])
    .returning('id')
    .executeTakeFirstOrThrow()
}

export async function openReview(tx: Tx, reviewId: string): Promise<void> {
  await tx
    .updateTable('review')
    .set({ status: 'open' })
    .where('id', '=', reviewId)
    .where('status', '=', 'waiting')
    .returning('id')
    .executeTakeFirstOrThrow()
}

/** Ends every open or waiting review of a post; answers their ids. */
export async function voidReviews(tx: Tx, postId: string, at: string): Promise<string[]> {
  const rows = await tx
    .updateTable('review')
    .set({ status: 'voided', closed_at: at })
    .where('post_id', '=', postId)
    .where('status', 'in', ['open', 'waiting'])
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

export async function setClaim(
  tx: Tx,
  reviewId: string,
  claimedBy: string | null,
  until: string | null,
): Promise<void> {
  await tx
    .updateTable('review')
    .set({ claimed_by: claimedBy, claimed_until: until })
    .where('id', '=', reviewId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

export async function setEscalated(tx: Tx, reviewId: string, at: string): Promise<void> {
  await tx
    .updateTable('review')
    .set({ escalated_at: at, claimed_by: null, claimed_until: null })
    .where('id', '=', reviewId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

/** Does this account review one of these units at that time, by a role of its own? */
export async function isReviewerOf(tx: Tx, userId: string, unitPath: readonly string[], at: string): Promise<boolean> {
  const grant = await tx
    .selectFrom('role_grant')
    .innerJoin('app_user', 'app_user.id', 'role_grant.user_id')
    .select('role_grant.id')
    .where('user_id', '=', userId)
    .where('app_user.active', '=', true)
    .where('role', '=', 'reviewer')
    .where('granted_at', '<=', at)
    .where((where) => where.or([where('revoked_at', 'is', null), where('revoked_at', '>', at)]))
    .where('role_grant.unit_id', 'in', [...unitPath])
    .executeTakeFirst()
  return grant !== undefined
}

export async function setAssignee(tx: Tx, reviewId: string, userId: string): Promise<void> {
  await tx
    .updateTable('review')
    .set({ assigned_to: userId, claimed_by: null, claimed_until: null })
    .where('id', '=', reviewId)
    .returning('id')
    .executeTakeFirstOrThrow()
}

export async function findReviewsOfPost(db: Db | Tx, postId: string): Promise<ReviewRow[]> {
  return (await selectReviews(db)
    .where('review.post_id', '=', postId)
    .orderBy('revision.number')
    .orderBy('review.stage_index')
    .orderBy('review.created_at')
    .execute()) as unknown as ReviewRow[]
}
