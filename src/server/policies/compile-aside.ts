import { parentPort, workerData } from 'node:worker_threads'
import { compilePolicy } from './compile-policy.ts'
import { parsePolicyFiles, type PolicyFileSource } from './load-policy.ts'
import type { AsideAnswer } from './load-policy-aside.ts'
import { PolicyError } from './policy-error.ts'
import { listBuffers, packPolicy } from './portable-policy.ts'
import { runAtOnce } from './run-in-turns.ts'

// The thread of `loadPolicyAside`: compiles once, answers once.

function answer(sources: readonly PolicyFileSource[]): AsideAnswer {
  try {
    const files = parsePolicyFiles(sources)
    return { policy: packPolicy(runAtOnce(compilePolicy(files)), files) }
  } catch (error) {
    if (error instanceof PolicyError) return { problems: error.problems }
    throw error
  }
}

const said = answer(workerData as readonly PolicyFileSource[])
parentPort?.postMessage(said, 'policy' in said ? listBuffers(said.policy.matcher) : [])
