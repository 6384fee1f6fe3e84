import { AppError } from '#server/platform/app-error.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import { loadPolicy, type CompiledPolicy } from './load-policy.ts'
import { findVersion } from './queries.ts'

// A version is immutable and named by its content, so a compiled one never goes stale. A few are kept: the active one,
// its predecessor while posts are judged anew, and those that a replay asks for.
const kept = new Map<string, CompiledPolicy>()
const keptAtMost = 8

/** The compiled form of a version. Throws `not_ready` when it is not there: a post then waits, it never passes. */
export async function compiledPolicy(db: Db | Tx, version: string): Promise<CompiledPolicy> {
  const ready = kept.get(version)
  if (ready !== undefined) return ready
  const stored = await findVersion(db, version)
  if (stored === undefined)
    throw new AppError(
      'not_ready',
      'The policy version of this post is missing. The post waits until an administrator restores it.',
    )
  const compiled = loadPolicy(stored.files)
  if (kept.size >= keptAtMost) kept.delete(kept.keys().next().value!)
  kept.set(version, compiled)
  return compiled
}
