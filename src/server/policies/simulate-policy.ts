import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { unpackError } from '#server/archive/thread-error.ts'
import type { Verdict } from './finding.ts'
import { loadPortable } from './load-policy-aside.ts'
import type { PolicyFileSource } from './load-policy.ts'
import type { PolicyInput } from './policy-input.ts'
import type { SimulationAnswer, SimulationSetup } from './serve-simulation.ts'
import type { PostBatch } from './simulate-batch.ts'
import { addTally, emptyTally, listedAtMost, type Judgements, type Tally } from './simulation-tally.ts'

/** What a draft would have done. `complete` is false after a cancel: the figures then cover the posts judged so far. */
export interface SimulationReport extends Readonly<Tally> {
  readonly complete: boolean
  readonly listedAtMost: number
}

export interface ComparedFiles {
  readonly draft: readonly PolicyFileSource[]
  /** The policy in force, asked where a post has no recorded verdict. */
  readonly base?: readonly PolicyFileSource[] | undefined
}

export interface SimulationOptions extends ComparedFiles {
  readonly workers?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told after each task: posts judged so far, and tasks done. */
  readonly onProgress?: ((judged: number, tasks: number) => void) | undefined
}

/** Where the past is: a file whose threads read it (`serveSimulation`), and the tasks, each some posts, in their order. */
export interface PastSource {
  readonly thread: URL
  /** What the file needs to know, as `workerData`. */
  readonly settings?: unknown
  readonly tasks: AsyncIterable<unknown> | Iterable<unknown>
}

/** Enough to keep a thread busy while the next posts are read, and no more, so that memory stays flat. */
const tasksAhead = 2
/** Posts are short-lived: a thread that has more room for them only keeps them longer. */
const youngMegabytes = 32

/**
 * Judges past posts again under a draft, in threads. The report does not depend on their number.
 * Stops at `signal` with what it has. Throws `PolicyError` when a policy does not load, and what a thread failed with.
 */
export async function simulateTasks(source: PastSource, options: SimulationOptions): Promise<SimulationReport> {
  // The threads read the program while the policies are compiled in another.
  const threads = Array.from(
    { length: options.workers ?? availableParallelism() },
    () =>
      new Worker(source.thread, {
        workerData: source.settings,
        resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
      }),
  )
  const broken = new Promise<never>((_, reject) => {
    for (const thread of threads) {
      thread.once('error', reject)
      thread.once('exit', (code) => reject(new Error(`A thread of the simulation ended with code ${code}.`)))
    }
  })
  broken.catch(() => {})
  const tallies = openTallies(options)
  try {
    const setup = await Promise.race([loadSetup(options), broken])
    const tasks = numberTasks(source.tasks, options.signal)
    await Promise.race([
      Promise.all(threads.map((thread) => feed(thread, setup, tasks, tallies, options.signal))),
      broken,
    ])
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
  return report(tallies.end(), options.signal?.aborted !== true)
}

async function loadSetup({ draft, base }: ComparedFiles): Promise<SimulationSetup> {
  const [first, second] = await Promise.all([loadPortable(draft), base === undefined ? undefined : loadPortable(base)])
  return { draft: first, base: second }
}

interface NumberedTask {
  readonly number: number
  readonly task: unknown
}

async function* numberTasks(tasks: PastSource['tasks'], signal: AbortSignal | undefined): AsyncGenerator<NumberedTask> {
  let number = 0
  for await (const task of tasks) {
    if (signal?.aborted === true) return
    yield { number: number++, task }
  }
}

/** Keeps one thread busy until there are no more tasks, or nobody wants them. All threads draw from the same ones. */
async function feed(
  thread: Worker,
  setup: SimulationSetup,
  tasks: AsyncGenerator<NumberedTask>,
  tallies: Tallies,
  signal: AbortSignal | undefined,
): Promise<void> {
  let waiting = 0
  let dry = false
  await new Promise<void>((resolve, reject) => {
    const refill = async (): Promise<void> => {
      while (!dry && waiting < tasksAhead) {
        waiting++
        const next = await tasks.next()
        if (next.done === true) {
          dry = true
          waiting--
        }
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
        else thread.postMessage(next.value)
      }
      if (dry && waiting === 0) resolve()
    }
    signal?.addEventListener('abort', () => resolve(), { once: true })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    thread.postMessage(setup)
    thread.on('message', (answer: SimulationAnswer) => {
      if ('failure' in answer) {
        reject(unpackError(answer.failure))
        return
      }
      waiting--
      tallies.add(answer.number, answer.tally)
      refill().catch(reject)
    })
    refill().catch(reject)
  })
}

interface Tallies {
  add(number: number, tally: Tally): void
  /** The sum of all, also of those behind one that is missing. */
  end(): Tally
}

/** Adds up in the order of the posts, whichever thread is first: then the ids that are listed are always the same. */
function openTallies({ onProgress }: SimulationOptions): Tallies {
  const sum = emptyTally()
  const early = new Map<number, Tally>()
  let next = 0
  let judged = 0
  let done = 0
  return {
    add(number, tally) {
      early.set(number, tally)
      for (let part = early.get(next); part !== undefined; part = early.get(next)) {
        addTally(sum, part)
        early.delete(next++)
      }
      judged += tally.judged
      onProgress?.(judged, ++done)
    },
    end() {
      for (const number of [...early.keys()].toSorted((a, b) => a - b)) addTally(sum, early.get(number)!)
      return sum
    },
  }
}

function report(tally: Tally, complete: boolean): SimulationReport {
  tally.newlyBlocked.sort()
  tally.newlyAllowed.sort()
  const hits = Object.entries(tally.hitsByRule).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...tally, hitsByRule: Object.fromEntries(hits), complete, listedAtMost }
}

/** One decision of the past: its input (an object, or the JSON text that the record holds) and its verdict where known. */
export interface PastPost {
  readonly id: string
  readonly input: PolicyInput | string
  readonly verdict?: Verdict
  /** What closed reviews said of its findings. */
  readonly judgements?: Judgements
}

const batchSize = 1000

/** `simulateTasks` over posts in memory. */
export function simulatePolicy(
  options: SimulationOptions & { readonly posts: AsyncIterable<PastPost> | Iterable<PastPost> },
): Promise<SimulationReport> {
  const thread = new URL('simulate-batch.ts', import.meta.url)
  return simulateTasks({ thread, tasks: cutBatches(options.posts) }, options)
}

async function* cutBatches(posts: AsyncIterable<PastPost> | Iterable<PastPost>): AsyncGenerator<PostBatch> {
  let cut: PastPost[] = []
  for await (const post of posts) {
    cut.push(post)
    if (cut.length < batchSize) continue
    yield toBatch(cut)
    cut = []
  }
  if (cut.length > 0) yield toBatch(cut)
}

/** Inputs as text, because text crosses between threads faster than objects. */
function toBatch(posts: readonly PastPost[]): PostBatch {
  return {
    ids: posts.map(({ id }) => id),
    inputs: posts.map(({ input }) => (typeof input === 'string' ? input : JSON.stringify(input))),
    verdicts: posts.map(({ verdict }) => verdict ?? null),
    judgements: posts.map(({ judgements }) => judgements ?? null),
  }
}
