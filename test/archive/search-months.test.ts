import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { backBy, isBefore, noId, rangeOf, rowsBetween, type Month } from '#server/archive/search-months.ts'
import { toInstant } from '#server/platform/clock.ts'

const month = (name: string, next: string, rows: number, filledTo = next): Month => ({
  from: `${name}-01T00:00:00.000Z`,
  to: `${next}-01T00:00:00.000Z`,
  filledTo: filledTo.length > 7 ? filledTo : `${filledTo}-01T00:00:00.000Z`,
  rows,
})
// June is half over; nothing was archived in April.
const months = [
  month('2026-06', '2026-07', 1_500, '2026-06-16T00:00:00.000Z'),
  month('2026-05', '2026-06', 3_100),
  month('2026-03', '2026-04', 310),
]

test('A range begins before the newest partition’s end, a limit or a position, and ends at the oldest record that may count', () => {
  assert.deepEqual(rangeOf(months, {}), { start: { at: '2026-07-01T00:00:00.000Z', id: noId }, end: months[2]!.from })
  const filter = { from: '2026-05-10T00:00:00.000Z', to: '2026-06-02T00:00:00.000Z' }
  assert.deepEqual(rangeOf(months, filter), { start: { at: filter.to, id: noId }, end: filter.from })
  const after = { at: '2026-06-01T00:00:00.000Z', id: '019a0000-0000-7000-8000-000000000001' }
  assert.deepEqual(rangeOf(months, filter, after)?.start, after)
  assert.equal(rangeOf(months, { from: '2026-08-01T00:00:00.000Z' }), undefined)
  assert.equal(rangeOf(months, { to: months[2]!.from }), undefined)
  assert.equal(rangeOf([], {}), undefined)
})

test('Rows between two instants are counted as if months were even, and the present month only up to now', () => {
  assert.equal(rowsBetween(months, '2026-05-01T00:00:00.000Z', '2026-05-11T00:00:00.000Z'), 1_000)
  assert.equal(rowsBetween(months, '2026-06-06T00:00:00.000Z', '2026-07-01T00:00:00.000Z'), 1_000)
  assert.equal(rowsBetween(months, '2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'), 0)
  assert.equal(rowsBetween(months, '2020-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z'), 4_910)
})

test('A stretch takes a month whole unless that holds over twice as many rows, and never leaves the range', () => {
  const start = { at: '2026-07-01T00:00:00.000Z', id: noId }
  const end = '2026-03-01T00:00:00.000Z'
  assert.equal(backBy(months, start, 800, end), '2026-06-01T00:00:00.000Z')
  assert.equal(backBy(months, start, 100, end), '2026-06-15T00:00:00.000Z')
  assert.equal(backBy(months, start, 4_000, end), '2026-05-01T00:00:00.000Z')
  assert.equal(backBy(months, start, 1e9, end), end)
  assert.equal(backBy(months, start, 1e9, '2026-05-20T00:00:00.000Z'), '2026-05-20T00:00:00.000Z')
})

test('Every stretch goes back: stretch by stretch, a search comes to the end of its range', () => {
  const [low, high] = [Date.parse('2026-03-01T00:00:00.000Z'), Date.parse('2026-07-01T00:00:00.000Z')]
  fc.assert(
    fc.property(fc.integer({ min: low + 1, max: high }), fc.double({ min: 0, max: 1e7, noNaN: true }), fc.boolean(), (at, rows, isRow) => {
      const position = { at: toInstant(at), id: isRow ? '019a0000-0000-7000-8000-000000000001' : noId }
      const back = backBy(months, position, rows, toInstant(low))
      assert.ok(isBefore({ at: back, id: noId }, position) && Date.parse(back) >= low)
    }),
  )
}) // prettier-ignore
