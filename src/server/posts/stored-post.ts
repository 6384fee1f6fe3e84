import { readScope, type SearchScope } from '#server/archive/search-scope.ts'
import { scopeUnits, type Actor } from '#server/platform/actor.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { Content } from '#server/policies/judge-content.ts'
import type { Sample } from '#server/policies/choose-sample.ts'
import type { EvaluationTrace, Finding, NetworkFit, RequiredStage } from '#server/policies/finding.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'
import type { PostStatus } from '#shared/post-status.ts'
import type { Target } from './post-content.ts'

/** A post with its author's name and the path of its unit, firm first. */
export interface PostRow {
  readonly postId: string
  readonly authorId: string
  readonly authorName: string
  readonly unitId: string
  readonly unitPath: readonly string[]
  readonly status: PostStatus
  readonly currentRevisionId: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface RevisionRow {
  readonly revisionId: string
  readonly postId: string
  readonly number: number
  readonly text: string
  readonly thread: string[]
  readonly format: string | null
  readonly audience: string | null
  readonly language: 'fr' | 'en' | null
  readonly links: { url: string; text?: string }[]
  readonly media: { mediaId: string; sha256: string; mimeType: string; size: number; altText?: string }[]
  readonly sources: { claim?: string; url?: string; note?: string }[]
  readonly profileIds: string[]
  readonly targets: Target[]
  readonly scheduledAt: string | null
  readonly communicationClass: 'retail' | 'correspondence' | 'institutional'
  readonly isStatic: boolean
  readonly topics: string[]
  readonly contentHash: string
  readonly createdBy: string
  readonly createdAt: string
}

export interface EvaluationRow {
  readonly evaluationId: string
  readonly revisionId: string
  readonly policyVersion: string
  readonly verdict: 'pass' | 'review' | 'block'
  readonly findings: Finding[]
  readonly requiredStages: RequiredStage[]
  readonly perNetwork: NetworkFit[]
  readonly sample: Sample | null
  /** Null where an older program judged, which did not keep it. */
  readonly trace: EvaluationTrace | null
  readonly inputs: PolicyInput
  readonly inputsHash: string
  readonly occasion: 'submission' | 'activation' | 'release'
  readonly evaluatedAt: string
}

const revisionColumns = [
  'id as revisionId',
  'post_id as postId',
  'number',
  'text',
  'thread',
  'format',
  'audience',
  'language',
  'links',
  'media',
  'sources',
  'profile_ids as profileIds',
  'targets',
  'scheduled_at as scheduledAt',
  'communication_class as communicationClass',
  'is_static as isStatic',
  'topics',
  'content_hash as contentHash',
  'created_by as createdBy',
  'created_at as createdAt',
] as const

const evaluationColumns = [
  'id as evaluationId',
  'revision_id as revisionId',
  'policy_version as policyVersion',
  'verdict',
  'findings',
  'required_stages as requiredStages',
  'per_network as perNetwork',
  'sample',
  'trace',
  'inputs',
  'inputs_hash as inputsHash',
  'occasion',
  'evaluated_at as evaluatedAt',
] as const

export function selectPosts(db: Db | Tx) {
  return db
    .selectFrom('post')
    .innerJoin('app_user', 'app_user.id', 'post.author_id')
    .innerJoin('unit', 'unit.id', 'post.unit_id')
    .select([
      'post.id as postId',
      'post.author_id as authorId',
      'app_user.display_name as authorName',
      'post.unit_id as unitId',
      'unit.path as unitPath',
      'post.status',
      'post.current_revision_id as currentRevisionId',
      'post.created_at as createdAt',
      'post.updated_at as updatedAt',
    ])
}

export async function findPost(db: Db | Tx, postId: string): Promise<PostRow | undefined> {
  return selectPosts(db).where('post.id', '=', postId).executeTakeFirst()
}

/** First in the lock order: post, review, publication. */
export async function lockPost(tx: Tx, postId: string): Promise<PostRow | undefined> {
  return selectPosts(tx).where('post.id', '=', postId).forUpdate('post').executeTakeFirst()
}

export async function findRevision(db: Db | Tx, revisionId: string): Promise<RevisionRow | undefined> {
  return (await db
    .selectFrom('post_revision')
    .select(revisionColumns)
    .where('id', '=', revisionId)
    .executeTakeFirst()) as RevisionRow | undefined
}

export async function findRevisions(db: Db | Tx, postId: string): Promise<RevisionRow[]> {
  return (await db
    .selectFrom('post_revision')
    .select(revisionColumns)
    .where('post_id', '=', postId)
    .orderBy('number')
    .execute()) as unknown as RevisionRow[]
}

export async function findLastEvaluation(db: Db | Tx, revisionId: string): Promise<EvaluationRow | undefined> {
  return (await db
    .selectFrom('policy_evaluation')
    .select(evaluationColumns)
    .where('revision_id', '=', revisionId)
    .orderBy('evaluated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()) as EvaluationRow | undefined
}

export async function findEvaluation(db: Db | Tx, evaluationId: string): Promise<EvaluationRow | undefined> {
  return (await db
    .selectFrom('policy_evaluation')
    .select(evaluationColumns)
    .where('id', '=', evaluationId)
    .executeTakeFirst()) as EvaluationRow | undefined
}

export async function findComments(
  db: Db,
  postId: string,
): Promise<{ commentId: string; authorId: string; authorName: string; text: string; createdAt: string }[]> {
  return db
    .selectFrom('post_comment')
    .innerJoin('app_user', 'app_user.id', 'post_comment.author_id')
    .select([
      'post_comment.id as commentId',
      'author_id as authorId',
      'display_name as authorName',
      'text',
      'post_comment.created_at as createdAt',
    ])
    .where('post_id', '=', postId)
    .orderBy('post_comment.created_at')
    .orderBy('post_comment.id')
    .execute()
}

/** The units whose posts of others the actor may read: as a reviewer or as an auditor, never as an author. */
export function readableUnits(actor: Actor): string[] {
  return [...new Set([...scopeUnits(actor, 'review.read'), ...scopeUnits(actor, 'archive.search')])]
}

/** Those units and all below them. */
export function readableScope(db: Db, actor: Actor): Promise<SearchScope> {
  return readScope(db, actor, 'review.read', 'archive.search')
}

/** A stored revision as the content that policy judges and the hash covers. */
export function toStoredContent(revision: RevisionRow): Content {
  return {
    text: revision.text,
    thread: revision.thread,
    format: revision.format,
    audience: revision.audience,
    profileIds: revision.profileIds,
    media: revision.media,
    links: revision.links,
    language: revision.language,
    scheduledAt: revision.scheduledAt,
    communicationClass: revision.communicationClass,
    isStatic: revision.isStatic,
    topics: revision.topics,
    sources: revision.sources,
  }
}
