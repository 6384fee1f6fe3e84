import assert from 'node:assert/strict'
import { test } from 'node:test'
import { i18n } from '@lingui/core'
import { formatMonth, formatRelative } from '#web/util/format.ts'

i18n.loadAndActivate({ locale: 'fr', messages: {} })

test('A time is told in the unit that a person would take: never “60 minutes” or “24 hours”', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const told = (seconds: number) => formatRelative(new Date(now + seconds * 1000).toISOString(), now)
  assert.equal(told(40), 'dans 40 secondes')
  assert.equal(told(-59.8), 'il y a 1 minute')
  assert.equal(told(3_540), 'dans 59 minutes')
  assert.equal(told(3_590), 'dans 1 heure')
  assert.equal(told(23 * 3_600), 'dans 23 heures')
  assert.equal(told(86_000), 'demain')
  assert.equal(told(-3 * 86_400), 'il y a 3 jours')
})

test('A month of the calendar is told in words', () => {
  assert.equal(formatMonth('2020-03'), 'mars 2020')
})
