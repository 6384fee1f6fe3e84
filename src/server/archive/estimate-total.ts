import type { Tx } from '#server/platform/database.ts'
import type { Scan } from './scan-records.ts'
import type { SearchCondition } from './search-condition.ts'
import { backBy, isBefore, noId, rowsBetween, type Month, type Range } from './search-months.ts'
import { walkBack } from './search-queries.ts'

/** Where samples are taken, as parts of the range's rows, and the rows of each. */
const places = [0.2, 0.4, 0.6, 0.8]
const sampleRows = 250
/** Results that a sample needs before it is believed alone. */
const enough = 20

/**
 * How many results a range holds of which a scan saw the newest only. What is newest is not like the rest: samples are
 * taken over the whole time, and where they hold too few results, both are taken together.
 */
export async function estimateTotal(
  tx: Tx,
  condition: SearchCondition,
  months: readonly Month[],
  range: Range,
  scan: Scan,
): Promise<number> {
  const all = rowsBetween(months, range.end, range.start.at)
  let looked = 0
  let found = 0
  for (const place of places) {
    const before = { at: backBy(months, range.start, place * all, range.end), id: noId }
    if (scan.reached === undefined || isBefore(scan.reached, before) || !isBefore({ at: range.end, id: noId }, before))
      continue
    const from = backBy(months, before, 4 * sampleRows, range.end)
    const sample = await walkBack(tx, { ...condition, ordered: undefined }, { before, from }, sampleRows, 0)
    looked += sample.looked
    found += sample.facets.reduce((sum, row) => sum + row.count, 0)
  }
  const density = found >= enough ? found / looked : (found + scan.count) / Math.max(looked + scan.seen, 1)
  return scan.count + Math.round(density * Math.max(all - scan.seen, 0))
}
