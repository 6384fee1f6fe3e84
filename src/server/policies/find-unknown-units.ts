import type { Db } from '#server/platform/database.ts'
import { nearestWord } from './nearest-word.ts'
import type { CompiledPolicy } from './policy.ts'
import type { PolicyProblem } from './policy-error.ts'

/** So many are named to whoever looks for the right one. */
const toldAtMost = 12

/**
 * Stages that name no unit of the firm, each with its file and line: nobody could decide them, and every post on such a route
 * would wait. Files alone do not tell, so `policy test` does not; whoever writes a version is told.
 */
export async function findUnknownUnits(db: Db, policy: CompiledPolicy): Promise<PolicyProblem[]> {
  const named = policy.routes.flatMap(({ units = [] }) => units)
  if (named.length === 0) return []
  const units = await db.selectFrom('unit').select(['id', 'slug']).orderBy('slug').execute()
  const slugs = units.map(({ slug }) => slug)
  return named
    .filter(({ name }) => !units.some(({ id, slug }) => id === name || slug === name))
    .map(({ name, file, line }) => ({ file, line, message: tell(name, slugs) }))
}

function tell(name: string, slugs: readonly string[]): string {
  const nearest = nearestWord(name, slugs)
  if (nearest !== undefined)
    return `The firm has no unit "${name}", so nobody could decide this stage. Write ${nearest}, or enter the unit first.`
  const known = slugs.slice(0, toldAtMost).join(', ')
  return `The firm has no unit "${name}", so nobody could decide this stage. Enter the unit first, or write another: ${known}.`
}
