import type { Db } from '#server/platform/database.ts'
import { inTransaction } from '#server/platform/database.ts'
import { runInTurns } from '#server/policies/run-in-turns.ts'
import { keepNeighbours as keep, lockUnreadHits, type UnreadHit } from './precision-queries.ts'
import { readNeighbours } from './read-neighbours.ts'

const pageSize = 500

/**
 * Job: keeps the words beside each hit that reviewers judged, so that the report of a rule's precision reads no text. Off the
 * path of a decision; the report itself reads what is not kept yet. Several nodes may run it at once. Answers how many.
 */
export async function keepNeighbours(deps: { readonly db: Db }): Promise<number> {
  for (let count = 0; ;) {
    const kept = await inTransaction(deps.db, async (tx) => {
      const hits = await lockUnreadHits(tx, pageSize)
      if (hits.length > 0) await keep(tx, await runInTurns(readInSteps(hits)))
      return hits.length
    })
    count += kept
    if (kept < pageSize) return count
  }
}

/** One hit a step: hundreds of texts at once would hold requests up. */
function* readInSteps(hits: readonly UnreadHit[]) {
  const read = []
  for (const hit of hits) {
    const { revisionId, evaluationId, ruleId } = hit
    read.push({ revisionId, evaluationId, ruleId, neighbours: readNeighbours(hit) })
    yield
  }
  return read
}
