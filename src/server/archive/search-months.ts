import { toInstant, type Instant } from '#server/platform/clock.ts'
import type { Position } from '#server/platform/page-cursor.ts'

/** One partition of the searchable copy that holds records. */
export interface Month {
  readonly from: Instant
  readonly to: Instant
  /** Its end, or now, if it is the present month. */
  readonly filledTo: Instant
  /** How many, as far as the database knows. */
  readonly rows: number
}

/** Before every id: a position with it stands before all records of its instant. */
export const noId = '00000000-0000-0000-0000-000000000000'

/** Where looking begins (exclusive, newest) and ends (inclusive, oldest). */
export interface Range {
  readonly start: Position
  readonly end: Instant
}

/** The part of the archive that may hold records from `from` on and before `to` and the position; none where that is nothing. */
export function rangeOf(
  months: readonly Month[],
  { from, to }: { readonly from?: Instant | undefined; readonly to?: Instant | undefined },
  after?: Position,
): Range | undefined {
  if (months.length === 0) return undefined
  const end = months.map((month) => month.from).reduce(earlier)
  const top = months.map((month) => month.to).reduce(later)
  const start = { at: to === undefined ? top : earlier(top, to), id: noId }
  const range = {
    start: after !== undefined && isBefore(after, start) ? after : start,
    end: from === undefined ? end : later(end, from),
  }
  return isBefore({ at: range.end, id: noId }, range.start) ? range : undefined
}

/** Does the position stand before another: is it older? */
export function isBefore(one: Position, other: Position): boolean {
  const [at, otherAt] = [Date.parse(one.at), Date.parse(other.at)]
  return at < otherAt || (at === otherAt && one.id < other.id)
}

/** How many rows lie between two instants, as far as the database knows: months are taken to be even. */
export function rowsBetween(months: readonly Month[], from: Instant, to: Instant): number {
  return months.reduce((sum, month) => {
    const overlap = Date.parse(earlier(to, month.filledTo)) - Date.parse(later(from, month.from))
    return overlap <= 0 ? sum : sum + (month.rows * overlap) / lengthOf(month)
  }, 0)
}

/**
 * The instant back to which about `rows` rows lie before the position; never before `end`. Where a month holds no more than
 * twice as many, it is taken whole: an index is one for each month, and half of a month costs it as much.
 */
export function backBy(months: readonly Month[], position: Position, rows: number, end: Instant): Instant {
  let left = rows
  for (const month of months.filter((candidate) => isBefore({ at: candidate.from, id: noId }, position))) {
    const here = rowsBetween([month], month.from, position.at)
    if (here > 2 * left) {
      const back = Math.max(1, Math.ceil((left / month.rows) * lengthOf(month)))
      return later(toInstant(Date.parse(earlier(position.at, month.filledTo)) - back), end)
    }
    left -= here
    if (left <= 0) return later(month.from, end)
  }
  return end
}

function lengthOf(month: Month): number {
  return Date.parse(month.filledTo) - Date.parse(month.from)
}

function earlier(one: Instant, other: Instant): Instant {
  return Date.parse(one) < Date.parse(other) ? one : other
}

function later(one: Instant, other: Instant): Instant {
  return Date.parse(one) < Date.parse(other) ? other : one
}
