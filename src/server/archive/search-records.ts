import { sql } from 'kysely'
import type { Actor } from '#server/platform/actor.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { cutPage, readCursor } from '#server/platform/page-cursor.ts'
import type { searchRecords as contract } from '#shared/api/archive.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { appendRecord } from './append-record.ts'
import {
  countLimit,
  estimateTotal,
  findRecords,
  surveyRecords,
  whereFilter,
  type FacetRow,
  type RecordFilter,
} from './queries.ts'
import { readRecordScope } from './search-scope.ts'

export interface SearchPage {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

/** Searches what the actor may see; the search is itself a record. A record is found from the commit of its act on. */
export async function searchRecords(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  filter: RecordFilter,
  page: SearchPage,
): Promise<AnswerOf<typeof contract>> {
  const after = readCursor(page.cursor)
  const limit = page.limit ?? 50
  return inTransaction(deps.db, async (tx) => {
    const where = whereFilter(filter, await readRecordScope(tx, actor))
    // A survey's rows fit into memory, where they do not need to be written to disk and read back.
    await sql`set local work_mem = '32MB'`.execute(tx)
    const survey = await surveyRecords(tx, where, after, limit + 1)
    const totalIsEstimate = survey.count > countLimit
    const rows = totalIsEstimate ? await findRecords(tx, where, after, limit + 1) : survey.page
    const { facets } = survey
    const answer = {
      ...cutPage(
        rows,
        limit,
        (row) => ({ at: row.recordedAt, id: row.recordId }),
        (row) => row,
      ),
      total: totalIsEstimate ? Math.max(survey.count, await estimateTotal(tx, where)) : survey.count,
      totalIsEstimate,
      facets: { type: sumBy(facets, 'type'), network: sumBy(facets, 'network'), verdict: sumBy(facets, 'verdict') },
    }
    await recordSearch(tx, actor, deps.clock.now(), filter, answer)
    return answer
  })
}

async function recordSearch(
  tx: Tx,
  actor: Actor,
  at: string,
  filter: RecordFilter,
  answer: { readonly total: number; readonly totalIsEstimate: boolean },
): Promise<void> {
  const { total, totalIsEstimate } = answer
  await appendRecord(tx, actor, {
    type: 'archive.searched',
    at,
    streams: { user: actor.userId, unit: actor.unitId },
    body: { filter: { ...filter }, total, totalIsEstimate },
    searchText: filter.q,
  })
}

function sumBy(rows: readonly FacetRow[], key: 'type' | 'network' | 'verdict'): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) {
    const value = row[key]
    if (value !== null) sums[value] = (sums[value] ?? 0) + row.count
  }
  return sums
}
