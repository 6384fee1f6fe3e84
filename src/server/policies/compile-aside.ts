import { parentPort, workerData } from 'node:worker_threads'
import { compilePortable, type PolicyFileSource } from './load-policy.ts'
import type { AsideAnswer } from './load-policy-aside.ts'
import { PolicyError } from './policy-error.ts'
import { listBuffers } from './portable-policy.ts'

// The thread of `loadPolicyAside`: compiles once, answers once.

function answer(sources: readonly PolicyFileSource[]): AsideAnswer {
  try {
    return { policy: compilePortable(sources) }
  } catch (error) {
    if (error instanceof PolicyError) return { problems: error.problems }
    throw error
  }
}

const said = answer(workerData as readonly PolicyFileSource[])
parentPort?.postMessage(said, 'policy' in said ? listBuffers(said.policy.matcher) : [])
