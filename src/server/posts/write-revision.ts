import { sql, type RawBuilder } from 'kysely'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { PostStatus } from '#shared/post-status.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { sha256 } from './post-content.ts'
import type { PreparedRevision } from './prepare-revision.ts'
import type { EvaluationRow, PostRow } from './stored-post.ts'

export interface WrittenPost {
  readonly postId: string
  readonly number: number
  readonly status: PostStatus
}

/** The rows of a new post, its first revision and its verdict, as the first parts of a `with`. */
export function newPostRows(
  postId: string,
  author: { userId: string; unitId: string },
  prepared: PreparedRevision,
  status: PostStatus,
): RawBuilder<unknown> {
  return sql`new_post as (
      insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      values (${postId}, ${author.userId}, ${author.unitId}, ${status}::post_status, ${prepared.revisionId}, ${prepared.at}, ${prepared.at})
    ), new_revision as (${insertRevision(postId, 1, author.userId, prepared)}
    ), new_evaluation as (${insertEvaluation(prepared)})`
}

/** Writes the next revision of a locked post with its verdict. */
export async function writeNextRevision(
  tx: Tx,
  post: PostRow,
  createdBy: string,
  prepared: PreparedRevision,
  status: PostStatus,
): Promise<WrittenPost> {
  const { rows } = await sql<{
    number: number
  }>`select coalesce(max(number), 0) + 1 as number from post_revision where post_id = ${post.postId}`.execute(tx)
  const number = rows[0]!.number
  await sql`
    with new_revision as (${insertRevision(post.postId, number, createdBy, prepared)}),
    moved as (
      update post set current_revision_id = ${prepared.revisionId}, status = ${status}::post_status, updated_at = ${prepared.at} where id = ${post.postId}
    )
    ${insertEvaluation(prepared)}`.execute(tx)
  return { postId: post.postId, number, status }
}

/** Writes another verdict of a revision: at submission of a draft, at activation of a policy, at release. */
export async function writeEvaluation(
  tx: Tx,
  prepared: Pick<PreparedRevision, 'revisionId' | 'evaluation' | 'inputs' | 'at'>,
  occasion: EvaluationRow['occasion'],
): Promise<void> {
  await insertEvaluation(prepared, occasion).execute(tx)
}

/** SHA-256 of what the verdict was reached from; with the policy version it identifies a verdict for ever. */
export function inputsHash(inputs: PreparedRevision['inputs']): string {
  return sha256(canonicalJson(JSON.parse(JSON.stringify(inputs))))
}

function insertRevision(postId: string, number: number, createdBy: string, prepared: PreparedRevision) {
  const { content } = prepared
  return sql`
    insert into post_revision (id, post_id, number, text, language, links, media, sources, profile_ids, targets, scheduled_at,
      communication_class, is_static, topics, content_hash, created_by, created_at)
    values (${prepared.revisionId}, ${postId}, ${number}, ${content.text}, ${content.language}, ${JSON.stringify(content.links)},
      ${JSON.stringify(content.media)}, ${JSON.stringify(content.sources)}, ${content.profileIds}::uuid[], ${JSON.stringify(prepared.targets)},
      ${content.scheduledAt}, ${content.communicationClass}, ${content.isStatic}, ${content.topics}::text[], ${prepared.contentHash}, ${createdBy}, ${prepared.at})`
}

function insertEvaluation(
  prepared: Pick<PreparedRevision, 'revisionId' | 'evaluation' | 'inputs' | 'at'>,
  occasion: EvaluationRow['occasion'] = 'submission',
) {
  const { evaluation } = prepared
  return sql`
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, inputs, inputs_hash, occasion, evaluated_at)
    values (${newId(prepared.at)}, ${prepared.revisionId}, ${evaluation.policyVersion}, ${evaluation.verdict}, ${JSON.stringify(evaluation.findings)},
      ${JSON.stringify(evaluation.requiredStages)}, ${JSON.stringify(evaluation.perNetwork)}, ${JSON.stringify(prepared.inputs)}, ${inputsHash(prepared.inputs)},
      ${occasion}, ${prepared.at})`
}
