import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { packError, type ThreadError } from '#server/archive/thread-error.ts'
import { compilePolicy } from './compile-policy.ts'
import { judgePast, type ComparedPolicies, type PastPosts } from './judge-past.ts'
import type { CompiledPolicy } from './policy.ts'
import { unpackFiles, type PortablePolicy } from './portable-policy.ts'
import { runAtOnce } from './run-in-turns.ts'
import type { Tally } from './simulation-tally.ts'

/** What a thread is told first: the draft, and the policy to compare with where past verdicts are not known. */
export interface SimulationSetup {
  readonly draft: PortablePolicy
  readonly base?: PortablePolicy | undefined
}

/** A piece of work: which past posts, in words that the thread's reader knows. */
export interface SimulationTask {
  readonly number: number
  readonly task: unknown
}

/** What came of a task, or why nothing did. */
export type SimulationAnswer = { readonly number: number; readonly tally: Tally } | { readonly failure: ThreadError }

/** The niceness of a simulation on Linux: whoever serves people goes first, and what they leave is used. */
export const simulationNiceness = 10

/**
 * What a simulation's thread does: reads the posts that a task names, and judges them. The next task is read while one is
 * judged. The thread's file hands in its own way of reading.
 */
export function serveSimulation(read: (task: unknown) => PastPosts | Promise<PastPosts>): void {
  // There the least a thread can do for others is its own; elsewhere it would be the whole process.
  if (process.platform === 'linux') setPriority(simulationNiceness)
  let last = Promise.resolve()
  let policies: ComparedPolicies | undefined
  const answer = async (number: number, reading: Promise<PastPosts>): Promise<void> => {
    try {
      say({ number, tally: await judgePast(policies!, await reading) })
    } catch (error) {
      say({ failure: packError(error) })
    }
  }
  // The first message is the setup, all others are tasks.
  parentPort?.once('message', (setup: SimulationSetup) => {
    policies = { draft: unpack(setup.draft), base: setup.base === undefined ? undefined : unpack(setup.base) }
    parentPort?.on('message', ({ number, task }: SimulationTask) => {
      const reading = Promise.resolve(task).then(read)
      reading.catch(() => {}) // told where it is awaited
      last = last.then(() => answer(number, reading))
    })
  })
}

function unpack(policy: PortablePolicy): CompiledPolicy {
  return runAtOnce(compilePolicy(unpackFiles(policy), policy))
}

function say(answer: SimulationAnswer): void {
  // A thread's port has no origin: that is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(answer)
}
