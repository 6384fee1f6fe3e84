import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileCalendar, isInCalendar, zonedInstant } from '#server/policies/compile-calendars.ts'
import type { RawCalendar } from '#server/policies/raw-policy.ts'

function holds(raw: RawCalendar, instant: string): boolean {
  return isInCalendar(compileCalendar(raw), Date.parse(instant))
}

test('Local midnights are told in winter, in summer and on the days that the clocks change', () => {
  const midnight = (day: string): string => new Date(zonedInstant('Europe/Paris', day)).toISOString()
  assert.equal(midnight('2026-01-15'), '2026-01-14T23:00:00.000Z')
  assert.equal(midnight('2026-07-15'), '2026-07-14T22:00:00.000Z')
  assert.equal(midnight('2026-03-29'), '2026-03-28T23:00:00.000Z')
  assert.equal(midnight('2026-03-30'), '2026-03-29T22:00:00.000Z')
  assert.equal(midnight('2026-10-26'), '2026-10-25T23:00:00.000Z')
  assert.equal(new Date(zonedInstant('America/New_York', '2026-07-01T18:00')).toISOString(), '2026-07-01T22:00:00.000Z')
  assert.equal(new Date(zonedInstant('Asia/Kolkata', '2026-07-01')).toISOString(), '2026-06-30T18:30:00.000Z')
})

test('A period holds its last day whole, in its own zone', () => {
  const quiet: RawCalendar = { zone: 'Europe/Paris', periods: [{ from: '2026-12-15', to: '2027-02-10' }] }
  assert.equal(holds(quiet, '2026-12-14T22:59:59.999Z'), false)
  assert.equal(holds(quiet, '2026-12-14T23:00:00.000Z'), true)
  assert.equal(holds(quiet, '2027-02-10T22:59:59.999Z'), true)
  assert.equal(holds(quiet, '2027-02-10T23:00:00.000Z'), false)
})

test('A yearly span goes over New Year', () => {
  const holidays: RawCalendar = { zone: 'Europe/Paris', yearly: [{ from: '12-24', to: '01-02' }] }
  assert.equal(holds(holidays, '2026-12-23T22:00:00.000Z'), false)
  assert.equal(holds(holidays, '2026-12-23T23:30:00.000Z'), true)
  assert.equal(holds(holidays, '2030-01-02T12:00:00.000Z'), true)
  assert.equal(holds(holidays, '2030-01-03T12:00:00.000Z'), false)
})

test('Weekly hours follow the clock on the wall and go on after midnight', () => {
  const nights: RawCalendar = { zone: 'America/New_York', weekly: [{ days: ['fri'], from: '18:00', to: '08:00' }] }
  assert.equal(holds(nights, '2026-01-16T22:59:00.000Z'), false)
  assert.equal(holds(nights, '2026-01-16T23:00:00.000Z'), true)
  assert.equal(holds(nights, '2026-01-17T12:59:00.000Z'), true)
  assert.equal(holds(nights, '2026-01-17T13:00:00.000Z'), false)
  assert.equal(holds(nights, '2026-07-17T22:00:00.000Z'), true, 'an hour earlier in summer time')
  assert.equal(holds({ zone: 'UTC', weekly: [{ days: ['sat', 'sun'] }] }, '2026-01-18T23:59:59.999Z'), true)
})
