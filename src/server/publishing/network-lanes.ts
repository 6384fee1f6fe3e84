import type { DueStep } from './queries.ts'

/** Profiles of one network that are served at once. */
const lanesAtOnce = 4

/**
 * Works through what is due, each profile in a lane of its own: its posts leave in their order, and a server that is silent
 * holds up nothing but its own profile. `step` answers false where the network gave no answer: the rest of the lane is
 * still due, and its turn comes in the next round.
 */
export async function inLanes(due: readonly DueStep[], step: (one: DueStep) => Promise<boolean>): Promise<void> {
  const lanes = [...Map.groupBy(due, ({ profileId }) => profileId).values()]
  async function serve(): Promise<void> {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift())
      for (const one of lane) if (!(await step(one))) break
  }
  const served = await Promise.allSettled(Array.from({ length: lanesAtOnce }, serve))
  for (const result of served) if (result.status === 'rejected') throw result.reason
}
