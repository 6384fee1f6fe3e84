import { mayOnUnit, type Actor } from '#server/platform/actor.ts'
import { AppError } from '#server/platform/app-error.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { chooseSample } from '#server/policies/choose-sample.ts'
import { compiledPolicy } from '#server/policies/compiled-policies.ts'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import type { Evaluation } from '#server/policies/finding.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { AnswerOf, BodyOf } from '#shared/api/endpoint.ts'
import type { replayVerdict as contract } from '#shared/api/simulations.ts'
import { sha256 } from './post-content.ts'
import { findEvaluation, findLastEvaluation, findPost, findRevision, type EvaluationRow } from './stored-post.ts'
import { inputsHash } from './write-revision.ts'

type Replay = AnswerOf<typeof contract>

/**
 * Reaches a past verdict again from the policy version and the inputs that were stored with it, and says whether both
 * the inputs' hash and every byte of the answer are the same. Stores nothing.
 */
export async function replayVerdict(
  deps: Pick<Deps, 'db'>,
  actor: Actor,
  wish: BodyOf<typeof contract>,
): Promise<Replay> {
  const row = await findVerdict(deps.db, wish)
  await refuseForeign(deps.db, actor, row)
  const again = evaluatePost(await compiledPolicy(deps.db, row.policyVersion), row.inputs)
  const recorded = describe(row, row.inputsHash, row)
  // What an older program did not keep cannot be compared.
  const whole = row.trace === null ? row : { sample: chooseSample(row.revisionId, again.sample), trace: again.trace }
  const replayed = describe(again, inputsHash(row.inputs), whole)
  return {
    evaluationId: row.evaluationId,
    revisionId: row.revisionId,
    occasion: row.occasion,
    evaluatedAt: row.evaluatedAt,
    same: recorded.bytes === replayed.bytes && recorded.inputsHash === replayed.inputsHash,
    recorded,
    replayed,
  }
}

async function findVerdict(db: Db, { evaluationId, revisionId }: BodyOf<typeof contract>): Promise<EvaluationRow> {
  if ((evaluationId === undefined) === (revisionId === undefined))
    throw new AppError('invalid_request', 'Name either a revisionId or an evaluationId.')
  const row =
    evaluationId === undefined ? await findLastEvaluation(db, revisionId!) : await findEvaluation(db, evaluationId)
  if (row === undefined) throw new AppError('not_found', 'No such verdict in your units.')
  return row
}

async function refuseForeign(db: Db, actor: Actor, row: EvaluationRow): Promise<void> {
  const revision = await findRevision(db, row.revisionId)
  const post = revision === undefined ? undefined : await findPost(db, revision.postId)
  if (post === undefined || !mayOnUnit(actor, 'policy.replay', post.unitPath))
    throw new AppError('not_found', 'No such verdict in your units.')
}

type Judged = Pick<Evaluation, 'policyVersion' | 'verdict' | 'findings' | 'requiredStages' | 'perNetwork'>
type Whole = Pick<EvaluationRow, 'sample' | 'trace'>

/** All of an evaluation that is stored with the post, as the one text that equal answers share. */
function describe(judged: Judged, hash: string, { sample, trace }: Whole): Replay['recorded'] {
  const { policyVersion, verdict, findings, requiredStages, perNetwork } = judged
  const bytes = canonicalJson(
    JSON.parse(JSON.stringify({ policyVersion, verdict, findings, requiredStages, perNetwork, sample, trace })),
  )
  return { verdict, policyVersion, inputsHash: hash, sha256: sha256(bytes), bytes }
}
