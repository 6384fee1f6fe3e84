import type { PastPosts } from './judge-past.ts'
import { serveSimulation } from './serve-simulation.ts'
import type { Judgements } from './simulation-tally.ts'

/** Past posts that a task brings along. */
export interface PostBatch extends Omit<PastPosts, 'judgementsOf'> {
  readonly judgements: readonly (Judgements | null)[]
}

// The thread of a simulation whose posts are in memory.
serveSimulation((task) => {
  const batch = task as PostBatch
  return {
    ...batch,
    judgementsOf: (wanted) => {
      const said = new Map(batch.ids.map((id, place) => [id, batch.judgements[place] ?? {}]))
      return new Map(wanted.map((id) => [id, said.get(id) ?? {}]))
    },
  }
})
