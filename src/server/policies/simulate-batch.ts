import { parentPort } from 'node:worker_threads'
import { evaluatePost } from './evaluate-post.ts'
import type { Verdict } from './finding.ts'
import { compilePolicy } from './compile-policy.ts'
import type { CompiledPolicy } from './policy.ts'
import type { PolicyInput } from './policy-input.ts'
import { unpackFiles, type PortablePolicy } from './portable-policy.ts'
import { runAtOnce } from './run-in-turns.ts'

/** What a worker is told first: the draft, and the policy to compare with where past verdicts are not known. */
export interface SimulationSetup {
  readonly draft: PortablePolicy
  readonly base?: PortablePolicy
}

/** Past inputs as JSON text, because text crosses between threads faster than objects. */
export interface SimulationBatch {
  readonly number: number
  readonly inputs: readonly string[]
  /** The recorded verdict of each, or null to ask the base policy. */
  readonly verdicts: readonly (Verdict | null)[]
  /** Whether reviewers found each rule's finding right (ruleId → true or false), or null where nobody said. */
  readonly judgements: readonly (Judgements | null)[]
}

/** What closed reviews say of the findings of one post. */
export type Judgements = Readonly<Record<string, boolean>>

/** How often reviewers called the findings of a rule right and wrong. */
export interface JudgedHits {
  right: number
  wrong: number
}

/** What came of one batch: verdicts by place, hits by rule, stages asked for. */
export interface SimulatedBatch {
  readonly number: number
  readonly before: readonly (Verdict | null)[]
  readonly after: readonly Verdict[]
  readonly hits: Readonly<Record<string, number>>
  /** Judgements of findings that the draft makes too. */
  readonly judged: Readonly<Record<string, JudgedHits>>
  readonly stages: number
  /** Places whose input could not be judged. They count as `review`: the post would wait. */
  readonly failed: readonly number[]
}

let draft: CompiledPolicy
let base: CompiledPolicy | undefined

function unpack(policy: PortablePolicy): CompiledPolicy {
  return runAtOnce(compilePolicy(unpackFiles(policy), policy))
}

function judgeBatch({ number, inputs, verdicts, judgements }: SimulationBatch): SimulatedBatch {
  const hits: Record<string, number> = {}
  const judged: Record<string, JudgedHits> = {}
  const after: Verdict[] = []
  const before: (Verdict | null)[] = []
  const failed: number[] = []
  let stages = 0
  for (const [place, text] of inputs.entries()) {
    try {
      const input = JSON.parse(text) as PolicyInput
      const evaluation = evaluatePost(draft, input)
      for (const { ruleId } of evaluation.findings) {
        hits[ruleId] = (hits[ruleId] ?? 0) + 1
        const right = judgements[place]?.[ruleId]
        if (right !== undefined) (judged[ruleId] ??= { right: 0, wrong: 0 })[right ? 'right' : 'wrong']++
      }
      if (evaluation.verdict !== 'block') for (const stage of evaluation.requiredStages) stages += stage.need
      before.push(verdicts[place] ?? (base === undefined ? null : evaluatePost(base, input).verdict))
      after.push(evaluation.verdict)
    } catch {
      failed.push(place)
      before.length = place
      before.push(verdicts[place] ?? null)
      after.push('review')
    }
  }
  return { number, before, after, hits, judged, stages, failed }
}

// The first message is the setup, all others are batches. A thread's port has no origin: that is for windows.
parentPort?.once('message', (setup: SimulationSetup) => {
  draft = unpack(setup.draft)
  base = setup.base === undefined ? undefined : unpack(setup.base)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.on('message', (batch: SimulationBatch) => parentPort?.postMessage(judgeBatch(batch)))
})
