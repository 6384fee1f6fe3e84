import { Worker } from 'node:worker_threads'
import { compilePolicy } from './compile-policy.ts'
import { compilePortable, loadPolicy } from './load-policy.ts'
import type { PolicyFileSource } from './parse-policy-file.ts'
import type { CompiledPolicy } from './policy.ts'
import { PolicyError, type PolicyProblem } from './policy-error.ts'
import { unpackFiles, type PortablePolicy } from './portable-policy.ts'
import { runInTurns } from './run-in-turns.ts'

/** What the thread answers. */
export type AsideAnswer = { readonly policy: PortablePolicy } | { readonly problems: readonly PolicyProblem[] }

/** Less than this, in UTF-16 units, is compiled within a few milliseconds, sooner than a thread starts. */
const smallPolicy = 10_000

/**
 * Compiles policy files as `loadPolicy` does, beside a server that goes on answering: YAML and the lexicon's tables are
 * made in a thread of their own, the rules one a turn of the event loop. Throws `PolicyError` like `loadPolicy`.
 */
export async function loadPolicyAside(sources: readonly PolicyFileSource[]): Promise<CompiledPolicy> {
  if (isSmall(sources)) return loadPolicy(sources)
  const policy = await askThread(sources)
  return runInTurns(compilePolicy(unpackFiles(policy), policy))
}

/** A policy that other threads can take over without reading its files again. Throws `PolicyError` like `loadPolicy`. */
export async function loadPortable(sources: readonly PolicyFileSource[]): Promise<PortablePolicy> {
  return isSmall(sources) ? compilePortable(sources) : askThread(sources)
}

function isSmall(sources: readonly PolicyFileSource[]): boolean {
  return sources.reduce((sum, { text }) => sum + text.length, 0) < smallPolicy
}

async function askThread(sources: readonly PolicyFileSource[]): Promise<PortablePolicy> {
  const answer = await hearThread(sources)
  if ('problems' in answer) throw new PolicyError(answer.problems)
  return answer.policy
}

async function hearThread(sources: readonly PolicyFileSource[]): Promise<AsideAnswer> {
  const thread = new Worker(new URL('compile-aside.ts', import.meta.url), { workerData: sources })
  try {
    return await new Promise<AsideAnswer>((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
      thread.once('exit', () => reject(new Error('The thread that compiles a policy ended without an answer.')))
    })
  } finally {
    await thread.terminate()
  }
}
