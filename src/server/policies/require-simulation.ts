import { AppError } from '#server/platform/app-error.ts'
import type { Db, Tx } from '#server/platform/database.ts'
import type { SimulationGate } from '#shared/api/policies.ts'
import { findActiveVersion, findBestSimulation, type SimulationOfVersion } from './queries.ts'

/**
 * The report with which a version may go live: of exactly its files, over the whole firm, ended and whole, beside the
 * version that is in force now. Throws `not_simulated` with what to do next. The database asks for the same at commit.
 */
export async function requireSimulation(tx: Tx, version: string): Promise<string> {
  const { state, simulationId } = await readSimulationGate(tx, version)
  if (state === 'ready') return simulationId!
  throw new AppError('not_simulated', sentences[state])
}

/** What a version has of the report that it needs, and the simulation that says so. */
export async function readSimulationGate(db: Db | Tx, version: string): Promise<SimulationGate> {
  const best = await findBestSimulation(db, version, await findActiveVersion(db))
  return { state: stateOf(best), simulationId: best?.simulationId ?? null }
}

/** The report that there is of a version that binds already, wherever it was compared; null without one. */
export async function findReport(tx: Tx, version: string): Promise<string | null> {
  const best = await findBestSimulation(tx, version, await findActiveVersion(tx))
  return best?.isCompleted === true ? best.simulationId : null
}

function stateOf(best: SimulationOfVersion | undefined): SimulationGate['state'] {
  if (best === undefined) return 'missing'
  if (best.isWhole && best.isCurrent) return best.isCompleted ? 'ready' : 'under_way'
  return best.isWhole ? 'outdated' : 'partial'
}

const sentences = {
  missing:
    'Nobody has simulated this version. Simulate it over the past and look at what it would change; then it can be approved and go live.',
  under_way: 'The simulation of this version is under way. Wait until it has ended, and look at its report.',
  outdated:
    'Another version has come into force since this one was simulated. Simulate it again, so that its report compares it with what is in force.',
  partial:
    'This version was simulated over the posts of some units only, and it would bind the whole firm. A policy owner of the firm must simulate it.',
} as const
