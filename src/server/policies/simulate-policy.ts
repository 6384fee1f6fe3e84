import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Verdict } from './finding.ts'
import { loadPortable } from './load-policy-aside.ts'
import type { PolicyFileSource } from './load-policy.ts'
import type { PolicyInput } from './policy-input.ts'
import type { JudgedHits, Judgements, SimulatedBatch, SimulationBatch, SimulationSetup } from './simulate-batch.ts'

/** One decision of the past: its input (an object, or the JSON text that the record holds) and its verdict where known. */
export interface PastPost {
  readonly id: string
  readonly input: PolicyInput | string
  readonly verdict?: Verdict
  /** What closed reviews said of its findings. */
  readonly judgements?: Judgements
}

/** How often each old verdict (outer) becomes each new one (inner). */
export type VerdictMatrix = Record<Verdict, Record<Verdict, number>>

/** What a draft would have done. `complete` is false after a cancel: the figures then cover the posts judged so far. */
export interface SimulationReport {
  readonly complete: boolean
  readonly judged: number
  readonly failed: number
  readonly matrix: VerdictMatrix
  /** Posts without a verdict of the past to compare with. */
  readonly unknownBefore: number
  readonly newlyBlocked: readonly string[]
  readonly newlyAllowed: readonly string[]
  /** Ids beyond the first ones are only counted, in `matrix`. */
  readonly listedAtMost: number
  readonly hitsByRule: Readonly<Record<string, number>>
  /** What reviewers said of the hits that the draft makes too. */
  readonly judgedByRule: Readonly<Record<string, Readonly<JudgedHits>>>
  /** Approvals that the draft would have asked for: the reviewers' work. */
  readonly approvals: number
}

export interface SimulationOptions {
  readonly draft: readonly PolicyFileSource[]
  /** The policy in force, asked where a post has no recorded verdict. */
  readonly base?: readonly PolicyFileSource[]
  readonly posts: AsyncIterable<PastPost> | Iterable<PastPost>
  readonly workers?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (judged: number) => void
}

const batchSize = 1000
/** Enough to keep a worker busy while the next batch is read, and no more, so that memory stays flat. */
const batchesAhead = 2
const listedAtMost = 10_000

type Tally = { -readonly [Key in keyof SimulationReport]: SimulationReport[Key] } & {
  newlyBlocked: string[]
  newlyAllowed: string[]
  hitsByRule: Record<string, number>
  judgedByRule: Record<string, JudgedHits>
}

function emptyTally(): Tally {
  const row = (): Record<Verdict, number> => ({ pass: 0, review: 0, block: 0 })
  return {
    complete: true,
    judged: 0,
    failed: 0,
    matrix: { pass: row(), review: row(), block: row() },
    unknownBefore: 0,
    newlyBlocked: [],
    newlyAllowed: [],
    listedAtMost,
    hitsByRule: {},
    judgedByRule: {},
    approvals: 0,
  }
}

/**
 * Judges past posts again under a draft, in worker threads. The report does not depend on the number of workers.
 * Stops at `signal` with what it has. Throws `PolicyError` when a policy does not load.
 */
export async function simulatePolicy(options: SimulationOptions): Promise<SimulationReport> {
  const tally = emptyTally()
  // The threads read the program while the policies are compiled in another.
  const pool = Array.from(
    { length: options.workers ?? availableParallelism() },
    () => new Worker(new URL('simulate-batch.ts', import.meta.url)),
  )
  const source = cutBatches(options.posts, options.signal)
  const broken = new Promise<never>((_, reject) => {
    for (const worker of pool) worker.once('error', reject)
  })
  broken.catch(() => {})
  try {
    const setup = await Promise.race([loadSetup(options), broken])
    await Promise.all(pool.map((worker) => feed(worker, setup, source, tally, options)))
  } finally {
    await Promise.all(pool.map((worker) => worker.terminate()))
  }
  tally.complete = options.signal?.aborted !== true
  tally.newlyBlocked.sort()
  tally.newlyAllowed.sort()
  return {
    ...tally,
    hitsByRule: Object.fromEntries(Object.entries(tally.hitsByRule).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

async function loadSetup({ draft, base }: SimulationOptions): Promise<SimulationSetup> {
  const [first, second] = await Promise.all([loadPortable(draft), base === undefined ? undefined : loadPortable(base)])
  return second === undefined ? { draft: first } : { draft: first, base: second }
}

interface CutBatch {
  readonly ids: readonly string[]
  readonly batch: SimulationBatch
}

async function* cutBatches(
  posts: SimulationOptions['posts'],
  signal: AbortSignal | undefined,
): AsyncGenerator<CutBatch> {
  let ids: string[] = []
  let inputs: string[] = []
  let verdicts: (Verdict | null)[] = []
  let judgements: (Judgements | null)[] = []
  let number = 0
  for await (const { id, input, verdict, judgements: said } of posts) {
    if (signal?.aborted === true) return
    ids.push(id)
    inputs.push(typeof input === 'string' ? input : JSON.stringify(input))
    verdicts.push(verdict ?? null)
    judgements.push(said ?? null)
    if (ids.length < batchSize) continue
    yield { ids, batch: { number: number++, inputs, verdicts, judgements } }
    ;[ids, inputs, verdicts, judgements] = [[], [], [], []]
  }
  if (ids.length > 0) yield { ids, batch: { number, inputs, verdicts, judgements } }
}

/** Keeps one worker busy until the source is dry. All workers draw from the one source. */
async function feed(
  worker: Worker,
  setup: SimulationSetup,
  source: AsyncGenerator<CutBatch>,
  tally: Tally,
  options: SimulationOptions,
): Promise<void> {
  const waiting = new Map<number, readonly string[]>()
  await new Promise<void>((resolve, reject) => {
    let dry = false
    const refill = async (): Promise<void> => {
      while (!dry && waiting.size < batchesAhead) {
        const next = await source.next()
        if (next.done === true || options.signal?.aborted === true) dry = true
        else {
          waiting.set(next.value.batch.number, next.value.ids)
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
          worker.postMessage(next.value.batch)
        }
      }
      if (dry && (waiting.size === 0 || options.signal?.aborted === true)) resolve()
    }
    worker.on('error', reject)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    worker.postMessage(setup)
    worker.on('message', (done: SimulatedBatch) => {
      count(tally, waiting.get(done.number) ?? [], done)
      waiting.delete(done.number)
      options.onProgress?.(tally.judged)
      refill().catch(reject)
    })
    refill().catch(reject)
  })
}

function count(
  tally: Tally,
  ids: readonly string[],
  { before, after, hits, judged, stages, failed }: SimulatedBatch,
): void {
  tally.judged += after.length
  tally.failed += failed.length
  tally.approvals += stages
  for (const [rule, times] of Object.entries(hits)) tally.hitsByRule[rule] = (tally.hitsByRule[rule] ?? 0) + times
  for (const [rule, { right, wrong }] of Object.entries(judged)) {
    const known = (tally.judgedByRule[rule] ??= { right: 0, wrong: 0 })
    known.right += right
    known.wrong += wrong
  }
  for (const [place, verdict] of after.entries()) {
    const old = before[place] ?? null
    if (old === null) {
      tally.unknownBefore++
      continue
    }
    tally.matrix[old][verdict]++
    if (old !== 'block' && verdict === 'block') list(tally.newlyBlocked, ids[place]!)
    if (old === 'block' && verdict !== 'block') list(tally.newlyAllowed, ids[place]!)
  }
}

function list(ids: string[], id: string): void {
  if (ids.length < listedAtMost) ids.push(id)
}
