import { AppError } from '#server/platform/app-error.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { loadPolicyAside } from './load-policy-aside.ts'
import { loadPolicy, type CompiledPolicy, type PolicyFileSource } from './load-policy.ts'
import { PolicyError } from './policy-error.ts'
import { describeVersion, findComingVersions, findVersion } from './queries.ts'

// A version is immutable and named by its content, so a compiled one never goes stale. A few are kept: the active one,
// its predecessor while posts are judged anew, and those that a replay asks for.
const kept = new Map<string, CompiledPolicy>()
const keptAtMost = 8
/** Versions made ready beforehand, at most: the active one and the next ones. */
const preparedAtMost = 3
/** Versions that do not load, so that nobody tries them again every other second. */
const refused = new Set<string>()
let newest: CompiledPolicy | undefined
/** Versions under way, so that everybody who asks for one waits for the same work. */
const underWay = new Map<string, Promise<CompiledPolicy>>()

/** The compiled form of a version. Throws `not_ready` when it is not there: a post then waits, it never passes. */
export async function compiledPolicy(db: Db | Tx, version: string): Promise<CompiledPolicy> {
  const ready = kept.get(version)
  if (ready !== undefined) return ready === newest ? ready : keep(version, ready)
  const stored = await findVersion(db, version)
  if (stored === undefined)
    throw new AppError(
      'not_ready',
      'The policy version of this post is missing. The post waits until an administrator restores it.',
    )
  return kept.get(version) ?? underWay.get(version) ?? compile(version, stored.files)
}

/**
 * Has the versions compiled that are active or may soon be, so that nobody waits for one once it is. Requests are answered
 * meanwhile.
 */
export async function prepareVersions(db: Db): Promise<void> {
  for (const version of await findComingVersions(db, preparedAtMost)) await prepareVersion(db, version)
}

/**
 * Has one version compiled before it is made active; answers whether there is one that loads. One that was sound when it was
 * written may not load under a later program: the running version then stays.
 */
export async function prepareVersion(db: Db, version: string): Promise<boolean> {
  if (kept.has(version)) return true
  if (refused.has(version) || (await describeVersion(db, version)) === undefined) return false
  try {
    await compiledPolicy(db, version)
    return true
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    refused.add(version)
    return false
  }
}

/** What somebody is told who would make such a version active. */
export function unloadable(): AppError {
  return new AppError(
    'policy_invalid',
    'This version does not load under the program that runs now, so the running version stays. Write it anew as a draft: that names every mistake.',
  )
}

/** Keeps what was used last. */
function keep(version: string, policy: CompiledPolicy): CompiledPolicy {
  kept.delete(version)
  if (kept.size >= keptAtMost) kept.delete(kept.keys().next().value!)
  kept.set(version, policy)
  newest = policy
  return policy
}

function compile(version: string, files: readonly PolicyFileSource[]): Promise<CompiledPolicy> {
  // The first one of a process has nobody to delay: without it nothing is judged.
  const loading = kept.size === 0 ? Promise.resolve(loadPolicy(files)) : loadPolicyAside(files)
  const settled = loading.then((policy) => keep(version, policy)).finally(() => underWay.delete(version))
  underWay.set(version, settled)
  return settled
}
