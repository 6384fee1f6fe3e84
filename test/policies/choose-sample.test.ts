import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '#server/platform/new-id.ts'
import { chooseSample } from '#server/policies/choose-sample.ts'

test('A sample is drawn by the revision alone, is near its share, and grows with it', () => {
  const ids = Array.from({ length: 20_000 }, () => newId('2026-01-01T00:00:00.000Z'))
  const drawn = ids.filter((id) => chooseSample(id, 0.05)!.selected)
  assert.ok(drawn.length > 850 && drawn.length < 1150, `${drawn.length} of 20,000 at 5 %`)
  for (const id of drawn) {
    assert.deepEqual(chooseSample(id, 0.05), { perMillion: 50_000, selected: true })
    assert.equal(chooseSample(id, 0.06)!.selected, true)
  }
  assert.ok(ids.every((id) => chooseSample(id, 1)!.selected && !chooseSample(id, 0)!.selected))
  assert.equal(chooseSample(ids[0]!, undefined), null)
})
