import type { Actor } from '#server/platform/actor.ts'
import type { Instant } from '#server/platform/clock.ts'
import { inTransaction, type Tx } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readCursor, writeCursor, type Position } from '#server/platform/page-cursor.ts'
import type { searchRecords as contract } from '#shared/api/archive.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import { appendRecord } from './append-record.ts'
import { estimateTotal } from './estimate-total.ts'
import { findIgnored } from './parse-search.ts'
import type { RecordFilter } from './queries.ts'
import { scanRecords, type Scan, type ScanGoal } from './scan-records.ts'
import { readCondition, type SearchCondition } from './search-condition.ts'
import { isBefore, rangeOf, type Month } from './search-months.ts'
import * as queries from './search-queries.ts'
import { readRecordScope } from './search-scope.ts'

export interface SearchPage {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
  /** `exact` counts to the end, as long as that takes. */
  readonly count?: 'exact' | undefined
}

/** What a search may take, in milliseconds and in results that are counted. */
export type SearchLimits = Omit<ScanGoal, 'rows' | 'since'>
const usualLimits: SearchLimits = { pageMilliseconds: 85, countMilliseconds: 50, looks: 4, count: 10_000 }

type Answer = AnswerOf<typeof contract>
type Counted = Pick<Answer, 'total' | 'totalIsEstimate' | 'counted' | 'facets'>

interface Search {
  readonly condition: SearchCondition
  readonly filter: RecordFilter
  readonly months: readonly Month[]
  readonly after: Position | undefined
  readonly goal: ScanGoal
}

/**
 * Searches what the actor may see; the search is itself a record. A record is found from the commit of its act on. A page
 * whose time is over ends where the search had got to and says so; its cursor goes on from there.
 */
export async function searchRecords(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: Actor,
  filter: RecordFilter,
  page: SearchPage,
  limits: SearchLimits = usualLimits,
): Promise<Answer> {
  const after = readCursor(page.cursor)
  const limit = page.limit ?? 50
  const goal = { ...limits, rows: limit + 1, since: performance.now() }
  const now = deps.clock.now()
  return inTransaction(deps.db, async (tx) => {
    await queries.beginSearch(tx)
    const condition = await readCondition(tx, filter, await readRecordScope(tx, actor))
    const search = { condition, filter, months: await queries.readMonths(tx, now), after, goal }
    const tail = await queries.surveyTail(tx, condition.where, after, goal.rows)
    // The count is of all pages: on a later one it is a scan of its own.
    const scan = await scanFrom(tx, search, after, after === undefined ? goal : { ...goal, count: 0 })
    const { rows, ...place } = placePage(tail.page, scan, limit)
    const items = await queries.summarise(tx, rows)
    const ignored = findIgnored(filter.q ?? '')
    const answer = { items, ignored, ...place, ...(await countFound(tx, search, page.count, tail.facets, scan)) }
    await recordSearch(tx, actor, now, filter, answer)
    return answer
  })
}

const nothing: Scan = { facets: [], count: 0, page: [], reached: undefined, seen: 0 }

function scanFrom(tx: Tx, search: Search, after: Position | undefined, goal: ScanGoal): Promise<Scan> {
  const range = rangeOf(search.months, search.filter, after)
  return range === undefined ? Promise.resolve(nothing) : scanRecords(tx, search.condition, search.months, range, goal)
}

/** One page of both: what is indexed and what is not yet. Where time was over, nothing older than that place is shown. */
function placePage(
  tail: readonly queries.FoundRow[],
  scan: Scan,
  limit: number,
): { rows: queries.FoundRow[] } & Pick<Answer, 'nextCursor' | 'searchedBackTo'> {
  const { reached } = scan
  const isPartial = scan.page.length <= limit && reached !== undefined
  const merged = [...tail, ...scan.page]
    .filter((row) => !isPartial || !isBefore(positionOf(row), reached))
    .toSorted((one, other) => (isBefore(positionOf(one), positionOf(other)) ? 1 : -1))
  const rows = merged.slice(0, limit)
  const last = rows.at(-1)
  if (merged.length > limit && last !== undefined)
    return { rows, nextCursor: writeCursor(positionOf(last)), searchedBackTo: null }
  return isPartial
    ? { rows, nextCursor: writeCursor(reached), searchedBackTo: reached.at }
    : { rows, nextCursor: null, searchedBackTo: null }
}

function positionOf(row: queries.FoundRow): Position {
  return { at: row.recordedAt, id: row.recordId }
}

/** Total and facets of all pages: of the newest results only, where there are more than a search has time for. */
async function countFound(
  tx: Tx,
  search: Search,
  wish: SearchPage['count'],
  tail: readonly queries.FacetRow[],
  page: Scan,
): Promise<Counted> {
  if (wish === 'exact') {
    await queries.useScans(tx, 'any')
    const facets = await queries.countAll(tx, search.condition.where)
    return { ...sumUp(facets), totalIsEstimate: false, total: countOf(facets) }
  }
  const { goal, after } = search
  const scan = after === undefined ? page : await scanFrom(tx, search, undefined, { ...goal, rows: 0 })
  const facets = [...tail, ...scan.facets]
  const range = rangeOf(search.months, search.filter)
  if (scan.reached === undefined || range === undefined)
    return { ...sumUp(facets), totalIsEstimate: false, total: countOf(facets) }
  const indexed = await estimateTotal(tx, search.condition, search.months, range, scan)
  return { ...sumUp(facets), totalIsEstimate: true, total: countOf(tail) + indexed }
}

function sumUp(facets: readonly queries.FacetRow[]): Pick<Counted, 'counted' | 'facets'> {
  const by = (key: 'type' | 'network' | 'verdict') => sumBy(facets, key)
  return { counted: countOf(facets), facets: { type: by('type'), network: by('network'), verdict: by('verdict') } }
}

function countOf(rows: readonly queries.FacetRow[]): number {
  return rows.reduce((sum, row) => sum + row.count, 0)
}

function sumBy(rows: readonly queries.FacetRow[], key: 'type' | 'network' | 'verdict'): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) {
    const value = row[key]
    if (value !== null) sums[value] = (sums[value] ?? 0) + row.count
  }
  return sums
}

async function recordSearch(tx: Tx, actor: Actor, at: Instant, filter: RecordFilter, counted: Counted): Promise<void> {
  const { total, totalIsEstimate } = counted
  await appendRecord(tx, actor, {
    type: 'archive.searched',
    at,
    streams: { user: actor.userId, unit: actor.unitId },
    body: { filter: { ...filter }, total, totalIsEstimate },
    searchText: filter.q,
  })
}
