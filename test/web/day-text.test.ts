import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDay, parseMoment, showDay, showMoment } from '#web/util/day-text.ts'

test('A day is read as people of both languages type it, and as a program writes it', () => {
  for (const text of ['22/11/2026', '22.11.2026', ' 22-11-2026 ', '22 11 2026', '2026-11-22'])
    assert.equal(parseDay(text), '2026-11-22', text)
  assert.equal(parseDay('1/2/2026'), '2026-02-01')
  assert.equal(parseDay('29/02/2028'), '2028-02-29')
})

test('What is no day of the calendar, or half typed, is none', () => {
  for (const text of [
    '',
    '22',
    '22/11',
    '22/11/',
    '22/11/20',
    '22/11/202',
    '31/02/2026',
    '29/02/2027',
    '0/1/2026',
    '11/22/2026',
    'soon',
  ])
    assert.equal(parseDay(text), undefined, text)
})

test('A day is shown with the day of the month first', () => {
  assert.equal(showDay('2026-11-22'), '22/11/2026')
  assert.equal(showDay(''), '')
})

test('A time of day is read behind its day, in both spellings, and never alone', () => {
  assert.equal(parseMoment('22/11/2026 14:30'), '2026-11-22T14:30')
  assert.equal(parseMoment('22/11/2026 9h05'), '2026-11-22T09:05')
  assert.equal(parseMoment('2026-11-22T14:30'), '2026-11-22T14:30')
  for (const text of ['22/11/2026', '14:30', '22/11/2026 24:00', '22/11/2026 14:60', '31/02/2026 10:00'])
    assert.equal(parseMoment(text), undefined, text)
  assert.equal(showMoment('2026-11-22T14:30'), '22/11/2026 14:30')
})
