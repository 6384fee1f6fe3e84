import { readScope } from '#server/archive/search-scope.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readActiveVersion, readVersionFiles } from '#server/policies/active-version.ts'
import { compiledPolicy } from '#server/policies/compiled-policies.ts'
import { compileAsideOrExplain } from '#server/policies/create-policy-version.ts'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import type { CompiledPolicy } from '#server/policies/load-policy.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'
import { runAside } from '#server/policies/run-aside.ts'
import { runInTurns } from '#server/policies/run-in-turns.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { findTouched as contract } from '#shared/api/simulations.ts'
import { readDraft, toPeriod, type SimulationWish } from './simulate-history.ts'
import { findTouchedPosts, type TouchedPost } from './touched-queries.ts'

const sampleSize = 50

/**
 * Which posts a draft can touch, found through the index without judging any: at most too many, never too few. The newest
 * of them are judged under both versions, to show what it would do. Stores nothing.
 */
export async function readTouched(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  wish: SimulationWish,
): Promise<AnswerOf<typeof contract>> {
  const { db } = deps
  const files = await readDraft(db, wish)
  const baseVersion = (await readActiveVersion(db)) ?? null
  const base = baseVersion === null ? [] : ((await readVersionFiles(db, baseVersion)) ?? [])
  // A long list takes a second to read: everybody else is answered meanwhile.
  const [draft, plan] = await Promise.all([compileAsideOrExplain(files), runAside('planTouch', base, files)])
  const scope = await readScope(db, actor, 'policy.simulate')
  const period = { units: scope === 'everything' ? null : [...scope], ...toPeriod(wish, deps.clock.now()) }
  const keys = plan.everything.length > 0 ? null : plan.keys
  const found = await findTouchedPosts(db, period, keys, sampleSize)
  const active = baseVersion === null ? undefined : await compiledPolicy(db, baseVersion)
  return {
    draftVersion: draft.version,
    baseVersion,
    changedRules: [...plan.changedRules],
    everything: [...plan.everything],
    count: found.count,
    isMore: found.isMore,
    sample: await runInTurns(judgeInSteps(found.newest, active, draft)),
  }
}

/** What each version says of posts, one post a step. */
function* judgeInSteps(
  posts: readonly TouchedPost[],
  active: CompiledPolicy | undefined,
  draft: CompiledPolicy,
): Generator<void, AnswerOf<typeof contract>['sample']> {
  const judged: AnswerOf<typeof contract>['sample'] = []
  for (const { revisionId, postId, excerpt, input } of posts) {
    const inputs = JSON.parse(input) as PolicyInput
    const before = active === undefined ? null : evaluatePost(active, inputs).verdict
    judged.push({ revisionId, postId, excerpt, before, after: evaluatePost(draft, inputs).verdict })
    yield
  }
  return judged
}
