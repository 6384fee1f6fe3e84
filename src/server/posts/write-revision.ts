import { sql, type RawBuilder } from 'kysely'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import type { PostStatus } from '#shared/post-status.ts'
import type { Tx } from '#server/platform/database.ts'
import { chooseSample } from '#server/policies/choose-sample.ts'
import { newId } from '#server/platform/new-id.ts'
import { sha256 } from './post-content.ts'
import type { PreparedRevision } from './prepare-revision.ts'
import type { EvaluationRow, PostRow } from './stored-post.ts'

export interface WrittenPost {
  readonly postId: string
  readonly number: number
  readonly status: PostStatus
}

/** A new post with its first revision and its verdict, each as a row. */
export interface NewPost {
  readonly post: Row
  readonly revision: Row
  readonly evaluation: Row
}

export function newPost(
  postId: string,
  author: { userId: string; unitId: string },
  prepared: PreparedRevision,
  status: PostStatus,
): NewPost {
  return {
    post: {
      id: postId,
      author_id: author.userId,
      unit_id: author.unitId,
      status,
      current_revision_id: prepared.revisionId,
      created_at: prepared.at,
    },
    revision: revisionRow(postId, 1, author.userId, prepared),
    evaluation: evaluationRow(prepared, 'submission', { handedIn: status !== 'draft' }),
  }
}

/** New posts with their first revisions and verdicts, as the first parts of a `with`. */
export function insertNewPosts(posts: readonly NewPost[]): RawBuilder<unknown> {
  return sql`new_post as (
      insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      select id, author_id, unit_id, status, current_revision_id, created_at, created_at
      from json_to_recordset(${JSON.stringify(posts.map(({ post }) => post))}::json) as p (id uuid, author_id uuid, unit_id uuid,
        status post_status, current_revision_id uuid, created_at timestamptz)
    ), new_revision as (${insertRevisions(posts.map(({ revision }) => revision))}
    ), new_evaluation as (${insertEvaluations(posts.map(({ evaluation }) => evaluation))})`
}

/** Writes the next revision of a locked post with its verdict. */
export async function writeNextRevision(
  tx: Tx,
  post: PostRow,
  prepared: PreparedRevision,
  { createdBy, status }: { readonly createdBy: string; readonly status: PostStatus },
): Promise<WrittenPost> {
  const { rows } = await sql<{
    number: number
  }>`select coalesce(max(number), 0) + 1 as number from post_revision where post_id = ${post.postId}`.execute(tx)
  const number = rows[0]!.number
  await sql`
    with new_revision as (${insertRevisions([revisionRow(post.postId, number, createdBy, prepared)])}),
    moved as (
      update post set current_revision_id = ${prepared.revisionId}, status = ${status}::post_status, updated_at = ${prepared.at} where id = ${post.postId}
    )
    ${insertEvaluations([evaluationRow(prepared, 'submission', { handedIn: status !== 'draft' })])}`.execute(tx)
  return { postId: post.postId, number, status }
}

/** Writes another verdict of a revision: at submission of a draft, at activation of a policy, at release. */
export async function writeEvaluation(
  tx: Tx,
  prepared: Pick<PreparedRevision, 'revisionId' | 'evaluation' | 'inputs' | 'at'>,
  occasion: EvaluationRow['occasion'],
): Promise<void> {
  const handedIn = occasion === 'submission'
  const repeated = handedIn && (await wasHandedIn(tx, prepared.revisionId))
  await insertEvaluations([evaluationRow(prepared, occasion, { handedIn, repeated })]).execute(tx)
}

async function wasHandedIn(tx: Tx, revisionId: string): Promise<boolean> {
  const { rows } =
    await sql`select from policy_evaluation where revision_id = ${revisionId} and handed_in limit 1`.execute(tx)
  return rows.length > 0
}

const knownHashes = new WeakMap<PreparedRevision['inputs'], string>()

/** SHA-256 of what the verdict was reached from; with the policy version it identifies a verdict for ever. */
export function inputsHash(inputs: PreparedRevision['inputs']): string {
  let hash = knownHashes.get(inputs)
  // Canonical JSON leaves out what is `undefined`, as JSON does: hashed is what is stored.
  if (hash === undefined) knownHashes.set(inputs, (hash = sha256(canonicalJson(inputs as unknown as JsonObject))))
  return hash
}

type Row = Readonly<Record<string, unknown>>

function revisionRow(postId: string, number: number, createdBy: string, prepared: PreparedRevision): Row {
  const { content } = prepared
  return {
    id: prepared.revisionId,
    post_id: postId,
    number,
    text: content.text,
    thread: content.thread,
    format: content.format,
    audience: content.audience,
    language: content.language,
    links: content.links,
    media: content.media,
    sources: content.sources,
    profile_ids: content.profileIds,
    targets: prepared.targets,
    scheduled_at: content.scheduledAt,
    communication_class: content.communicationClass,
    is_static: content.isStatic,
    topics: content.topics,
    content_hash: prepared.contentHash,
    created_by: createdBy,
    created_at: prepared.at,
  }
}

function insertRevisions(rows: readonly Row[]): RawBuilder<unknown> {
  return sql`
    insert into post_revision (id, post_id, number, text, thread, format, audience, language, links, media, sources, profile_ids, targets, scheduled_at,
      communication_class, is_static, topics, content_hash, created_by, created_at)
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as r (id uuid, post_id uuid, number int, text text, thread text[], format text, audience text, language text,
      links jsonb, media jsonb, sources jsonb, profile_ids uuid[], targets jsonb, scheduled_at timestamptz,
      communication_class text, is_static boolean, topics text[], content_hash text, created_by uuid, created_at timestamptz)`
}

function evaluationRow(
  prepared: Pick<PreparedRevision, 'revisionId' | 'evaluation' | 'inputs' | 'at'>,
  occasion: EvaluationRow['occasion'],
  { handedIn, repeated = false }: { handedIn: boolean; repeated?: boolean },
): Row {
  const { evaluation } = prepared
  return {
    id: newId(prepared.at),
    revision_id: prepared.revisionId,
    policy_version: evaluation.policyVersion,
    verdict: evaluation.verdict,
    findings: evaluation.findings,
    required_stages: evaluation.requiredStages,
    per_network: evaluation.perNetwork,
    sample: chooseSample(prepared.revisionId, evaluation.sample),
    trace: evaluation.trace,
    inputs: prepared.inputs,
    inputs_hash: inputsHash(prepared.inputs),
    occasion,
    evaluated_at: prepared.at,
    handed_in: handedIn,
    repeated,
  }
}

function insertEvaluations(rows: readonly Row[]): RawBuilder<unknown> {
  return sql`
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, sample, trace, inputs, inputs_hash,
      occasion, evaluated_at, handed_in, repeated)
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as e (id uuid, revision_id uuid, policy_version text, verdict text,
      findings jsonb, required_stages jsonb, per_network jsonb, sample jsonb, trace jsonb, inputs json, inputs_hash text, occasion text, evaluated_at timestamptz,
      handed_in boolean, repeated boolean)`
}
