import { workerData } from 'node:worker_threads'
import { serveSimulation } from '#server/policies/serve-simulation.ts'

/** What a task of a meeting thread does: it ends at once, when so many threads have one, or never. */
export interface MeetingTask {
  readonly id: string
  readonly until: number
}

// A simulation's threads that wait for each other: each counts itself with its first task in the memory that they share.
const met = new Int32Array(workerData as SharedArrayBuffer)
let counted = false

serveSimulation(async (task) => {
  const { id, until } = task as MeetingTask
  if (!counted) {
    counted = true
    Atomics.add(met, 0, 1)
    Atomics.notify(met, 0)
  }
  for (let there = Atomics.load(met, 0); there < until; there = Atomics.load(met, 0))
    await Atomics.waitAsync(met, 0, there).value
  return { ids: [id], inputs: ['{}'], verdicts: ['pass'], judgementsOf: () => new Map() }
})
