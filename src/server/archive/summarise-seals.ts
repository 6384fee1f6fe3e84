import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { summariseSeal, type SealBytes, type SealSummary } from './summarise-seal.ts'

type Summaries = readonly (SealSummary | undefined)[]

/** Recomputes seals, several at a time where it pays. */
export interface Summariser {
  /** Summaries in the order of the seals; `undefined` for one that must be looked at slowly. The bytes are given away. */
  summarise(seals: readonly SealBytes[]): Promise<Summaries>
  /** How many calls may be under way and still be worked on. */
  readonly lanes: number
  close(): Promise<void>
}

/** Below so many entries, starting threads takes longer than the work. */
const worthThreads = 20_000
const mostThreads = 2
/**
 * One core is left to Postgres, which has as much to do for each record, and to whoever is served. On two cores a second
 * thread makes nothing quicker, and costs a second time what starting does (measured).
 */
const threadCount = Math.max(1, Math.min(mostThreads, availableParallelism() - 1))
/** Lines live for a moment: a wide nursery saves copying those that are at hand when it is swept. */
const resourceLimits = { maxYoungGenerationSizeMb: 32 }

export function openSummariser(entries: number): Summariser {
  if (entries < worthThreads)
    return { lanes: 1, summarise: async (seals) => seals.map(summariseSeal), close: async () => {} }
  const threads = Array.from({ length: threadCount }, startThread)
  return {
    lanes: threads.length,
    summarise: (seals) => leastBusy(threads).ask(seals),
    async close() {
      await Promise.all(threads.map((thread) => thread.worker.terminate()))
    },
  }
}

interface Thread {
  readonly worker: Worker
  readonly waiting: { resolve(summaries: Summaries): void; reject(error: Error): void }[]
  ask(seals: readonly SealBytes[]): Promise<Summaries>
}

function startThread(): Thread {
  const worker = new Worker(new URL('summarise-thread.ts', import.meta.url), { resourceLimits })
  const waiting: Thread['waiting'] = []
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure = error
    for (const asked of waiting.splice(0)) asked.reject(error)
  }
  worker.on('message', (summaries: Summaries) => waiting.shift()!.resolve(summaries))
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`A verifying thread ended with ${code}.`)))
  return {
    worker,
    waiting,
    ask: (seals) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        waiting.push({ resolve, reject })
        worker.postMessage(seals, buffersOf(seals))
      }),
  }
}

/** What can be given to a thread and need not be copied: buffers that hold nothing else. */
function buffersOf(seals: readonly SealBytes[]): ArrayBuffer[] {
  const whole = seals
    .flatMap(({ entries, bodies }) => [entries, ...bodies])
    .filter((bytes) => bytes.byteLength === bytes.buffer.byteLength)
  return [...new Set(whole.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer)
}

function leastBusy(threads: readonly Thread[]): Thread {
  return threads.reduce((least, thread) => (thread.waiting.length < least.waiting.length ? thread : least))
}
