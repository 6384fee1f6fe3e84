import { compilePolicy } from './compile-policy.ts'
import { loadPolicy } from './load-policy.ts'
import type { PolicyFileSource } from './parse-policy-file.ts'
import type { CompiledPolicy } from './policy.ts'
import { unpackFiles, type PortablePolicy } from './portable-policy.ts'
import { isSmall, runAside } from './run-aside.ts'
import { runInTurns } from './run-in-turns.ts'

/**
 * Compiles policy files as `loadPolicy` does, beside a server that goes on answering: YAML and the lexicon's tables are
 * made in a thread of their own, the rules one a turn of the event loop. Throws `PolicyError` like `loadPolicy`.
 */
export async function loadPolicyAside(sources: readonly PolicyFileSource[]): Promise<CompiledPolicy> {
  if (isSmall(sources)) return loadPolicy(sources)
  const policy = await runAside('compilePortable', sources)
  return runInTurns(compilePolicy(unpackFiles(policy), policy))
}

/** A policy that other threads can take over without reading its files again. Throws `PolicyError` like `loadPolicy`. */
export async function loadPortable(sources: readonly PolicyFileSource[]): Promise<PortablePolicy> {
  return runAside('compilePortable', sources)
}
