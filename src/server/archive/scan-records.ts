import type { Tx } from '#server/platform/database.ts'
import type { Instant } from '#server/platform/clock.ts'
import type { Position } from '#server/platform/page-cursor.ts'
import type { SearchCondition } from './search-condition.ts'
import { backBy, isBefore, noId, rowsBetween, type Month, type Range } from './search-months.ts'
import { collectBack, useScans, walkBack, type FacetRow, type FoundRow, type Survey } from './search-queries.ts'

/** How far a scan goes. */
export interface ScanGoal {
  /** Rows of the page, the one that says whether there are more included; 0 for a count alone. */
  readonly rows: number
  /** Results up to which counting goes on once the page is full. */
  readonly count: number
  /** Milliseconds since `since` after which nothing more is begun for a page, or for a count. */
  readonly since: number
  readonly pageMilliseconds: number
  readonly countMilliseconds: number
  /** A page is looked for so many times whatever the time: what is rare is then found, however busy the machine is. */
  readonly looks: number
}

/** What a scan saw: everything that is asked for, from the newest on down to `reached`. */
export interface Scan {
  readonly facets: readonly FacetRow[]
  readonly count: number
  readonly page: readonly FoundRow[]
  /** Nothing before this position was looked at; undefined when all was. */
  readonly reached: Position | undefined
  /** Rows of the archive that were seen, as far as the database knows. */
  readonly seen: number
}

/** Rows of the first look: enough to tell the frequent from the rare. Rows in the order of a column lie far apart. */
const firstLook = { together: 1_500, apart: 200 }
const longestLook = 20_000
/** How much longer a stretch may be than the one before, and the milliseconds for which it is made at least. */
const growth = 5
const leastTime = 30
/**
 * Rows of the first stretch at least, and as many as hold so many rows that the words' index leads to, or so many of a column: it is
 * not known yet how much of that is asked for.
 */
const firstStretch = { rows: 40_000, ofWords: 5_000, ofColumn: 2_500 }
/** From this share of rows on, looking at each is cheaper than asking the indexes. */
const frequent = 0.02
/** Rows of one column that are fetched sooner than the words' index is read beside: by their share, and by that of the words. */
const fewRows = { share: 0.001, cost: 200 }
/** Results that a stretch should hold, and the most that it may. */
const wanted = 1_000
const most = 4_000
/** Where counting would not come to an end, facets are of a sample. */
const sample = 500

interface State {
  readonly condition: SearchCondition
  readonly months: readonly Month[]
  readonly range: Range
  readonly goal: ScanGoal
  readonly facets: FacetRow[]
  readonly page: FoundRow[]
  position: Position
  looks: number
  /** Rows of the archive that were seen, and results among them. */
  seen: number
  count: number
  /** Of the last walk: rows looked at, candidates and results among them, and the rows of the archive that it passed. */
  looked: number
  candidates: number
  found: number
  passed: number
  /** Rows that a millisecond is enough for, one by one and in a stretch. */
  speed: number
  stretchSpeed: number
  /** Rows of the last stretch; had it more results than may be collected, its rows are looked at instead. */
  stretch: number
  isCrowded: boolean
  scans: 'ordered' | 'collected'
}

const begin = { looks: 0, seen: 0, count: 0, looked: 0, candidates: 0, found: 0, passed: 0, speed: 100 }
const unstretched = { stretch: 0, stretchSpeed: 0, isCrowded: false, scans: 'ordered' as const }

/**
 * Looks for records from the newest back. First row by row: what is frequent fills a page at once. What is rare is then
 * collected by the indexes, in stretches of time that grow while they hold little: so no search reads all that it finds to
 * show the newest of it, and none takes much longer than it may.
 */
export async function scanRecords(
  tx: Tx,
  condition: SearchCondition,
  months: readonly Month[],
  range: Range,
  goal: ScanGoal,
): Promise<Scan> {
  const state: State = {
    ...begin,
    ...unstretched,
    condition,
    months,
    range,
    goal,
    facets: [],
    page: [],
    position: range.start,
  }
  do {
    await (walksOn(state) ? walk : collect)(tx, state)
    state.looks += 1
  } while (!isEverything(state) && goesOn(state))
  await scanBy(tx, state, 'ordered')
  const { facets, count, page, position, seen } = state
  return { facets, count, page, reached: isEverything(state) ? undefined : position, seen }
}

async function walk(tx: Tx, state: State): Promise<void> {
  await scanBy(tx, state, 'ordered')
  const from = twoMonthsBack(state)
  const start = performance.now()
  const found = await walkBack(
    tx,
    state.condition,
    { before: state.position, from },
    lookLength(state),
    missingRows(state),
  )
  state.speed = found.looked / Math.max(performance.now() - start, 1)
  const reached = found.last ?? { at: from, id: noId }
  state.looked = found.looked
  state.candidates = found.candidates
  state.found = countOf(found)
  state.passed =
    state.condition.ordered === undefined ? found.looked : Math.max(rowsTo(state, reached), found.looked, 1)
  state.isCrowded = false
  take(state, found, state.passed, reached)
}

async function collect(tx: Tx, state: State): Promise<void> {
  await scanBy(tx, state, 'collected')
  const from = stretchBack(state)
  const { where, filtered } = state.condition
  const reached = { at: from, id: noId }
  const rows = rowsTo(state, reached)
  const start = performance.now()
  const asked = isFewByColumn(state) ? filtered : where
  const found = await collectBack(tx, asked, { before: state.position, from }, most, missingRows(state))
  state.stretchSpeed = rows / Math.max(performance.now() - start, 1)
  if (found === undefined) state.isCrowded = true
  else take(state, found, rows, reached)
}

/** The words' index answers for all rows, that of a column only for its own: where those are few, the words are read in them. */
function isFewByColumn({ condition, looked, candidates, passed }: State): boolean {
  if (condition.ordered === undefined || passed === 0) return false
  const share = looked / passed
  return share <= fewRows.share || candidates >= looked * share * fewRows.cost
}

async function scanBy(tx: Tx, state: State, scans: State['scans']): Promise<void> {
  if (state.scans !== scans) await useScans(tx, scans)
  state.scans = scans
}

function take(state: State, survey: Survey, seen: number, reached: Position): void {
  state.facets.push(...survey.facets)
  state.page.push(...survey.page)
  state.count += countOf(survey)
  state.seen += seen
  state.position = reached
}

function countOf({ facets }: Survey): number {
  return facets.reduce((sum, row) => sum + row.count, 0)
}

function walksOn(state: State): boolean {
  const { condition, looks, isCrowded, candidates, passed } = state
  return looks === 0 || !condition.indexed || isCrowded || density(state) >= frequent || candidates >= frequent * passed
}

function goesOn(state: State): boolean {
  if (missingRows(state) > 0) return timeLeft(state) > 0 || state.looks < state.goal.looks
  return timeLeft(state) > 0 && state.count < countGoal(state)
}

function timeLeft(state: State): number {
  const { since, pageMilliseconds, countMilliseconds } = state.goal
  return (missingRows(state) > 0 ? pageMilliseconds : countMilliseconds) - (performance.now() - since)
}

/** How many results to count: all, where that may come to an end. */
function countGoal(state: State): number {
  return state.count / shareOf(state) > 2 * state.goal.count ? Math.min(sample, state.goal.count) : state.goal.count
}

function isEverything({ range, position }: State): boolean {
  return !isBefore({ at: range.end, id: noId }, position)
}

function missingRows({ goal, page }: State): number {
  return Math.max(0, goal.rows - page.length)
}

/** Results among the rows seen. */
function density({ count, seen }: State): number {
  return count / Math.max(seen, 1)
}

/** Rows to look at next: as many as promise what is missing, and as there is time for. */
function lookLength(state: State): number {
  const { condition, speed, looks, looked, found } = state
  if (looks === 0) return condition.ordered === undefined ? firstLook.together : firstLook.apart
  const missing = missingRows(state)
  const promised = 1.3 * (missing > 0 ? missing : countGoal(state) - state.count) * (looked / Math.max(found, 0.1))
  return Math.ceil(Math.max(Math.min(promised, (speed * timeLeft(state)) / 2, longestLook), firstLook.apart))
}

/** Walking stays within two months, so that two partitions are opened, and their rows need no merging. */
function twoMonthsBack({ months, position, range }: State): Instant {
  const before = months.filter((month) => isBefore({ at: month.from, id: noId }, position))
  const from = (before[1] ?? before[0])?.from ?? range.end
  return Date.parse(from) < Date.parse(range.end) ? range.end : from
}

/** Back over as many rows as promise enough results, at most a few times those of the stretch before, and as there is time. */
function stretchBack(state: State): Instant {
  const { months, position, range, condition, stretch, stretchSpeed } = state
  const month = months.find((candidate) => isBefore({ at: candidate.from, id: noId }, position))?.rows ?? 0
  const timed = condition.isOneWord ? Infinity : stretchSpeed * Math.max(timeLeft(state), leastTime)
  const least = leastStretch(state, month)
  const grown = Math.max(Math.min(growth * stretch, timed), least)
  state.stretch = Math.min(grown, wanted / Math.max(density(state), 1e-9))
  return backBy(months, position, state.stretch, range.end)
}

/** One word is told by its index at once, and a column by its own; else there may be much to read of which nothing is asked for. */
function leastStretch({ condition, stretch, looked, candidates, passed }: State, month: number): number {
  if (condition.isOneWord) return month
  if (stretch > 0) return firstLook.together
  const [rows, among] =
    condition.ordered === undefined ? [firstStretch.ofWords, candidates] : [firstStretch.ofColumn, looked]
  return Math.min(month, Math.max(firstStretch.rows, (rows * passed) / Math.max(among, 1)))
}

function rowsTo({ months, position }: State, reached: Position): number {
  return rowsBetween(months, reached.at, position.at)
}

function shareOf(state: State): number {
  const { months, range, seen } = state
  return Math.min(1, Math.max(seen / Math.max(rowsBetween(months, range.end, range.start.at), 1), 1e-9))
}
