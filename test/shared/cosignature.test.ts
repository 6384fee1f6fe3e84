import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openCosignature, parseWitnessKey } from '#shared/tlog/cosignature.ts'
import { openNote, parseVerifierKey } from '#shared/tlog/note.ts'

const vector = JSON.parse(readFileSync(new URL('../vectors/cosignature.json', import.meta.url), 'utf8')) as {
  checkpoint: string
  logKey: string
  witnessKeys: string[]
  timestamp: number
}

test('Cosignatures of public witnesses on a checkpoint of a public log hold, and the note is still signed by its log', async () => {
  assert.ok(await openNote(vector.checkpoint, parseVerifierKey(vector.logKey)))
  for (const text of vector.witnessKeys) {
    const found = await openCosignature(vector.checkpoint, parseWitnessKey(text))
    assert.ok(found !== undefined, text)
    assert.equal(found.timestamp, vector.timestamp)
    assert.ok(vector.checkpoint.includes(found.line))
  }
})

test('A cosignature holds for no other size, root or time, and not under another key', async () => {
  const [first, second] = vector.witnessKeys.map(parseWitnessKey)
  for (const [from, to] of [
    ['1432088532', '1432088533'],
    ['U7WM79', 'V7WM79'],
    ['arche2025h1.staging.ct.transparency.dev\n1', 'arche2025h2.staging.ct.transparency.dev\n1'],
    ['2AQqhwAAAABqEiEg', '2AQqhwAAAABqEiEh'],
  ] as const) {
    const forged = vector.checkpoint.replace(from, to)
    assert.notEqual(forged, vector.checkpoint)
    assert.equal(await openCosignature(forged, first!), undefined, to)
  }
  assert.equal(await openCosignature(vector.checkpoint, { ...first!, publicKey: second!.publicKey }), undefined)
})

test('Keys that are not keys of a witness are refused', () => {
  const good = vector.witnessKeys[2]!
  for (const wrong of [vector.logKey, good.replace('da77ade7', 'da77ade8'), good.slice(0, -4), 'name', ''])
    assert.throws(() => parseWitnessKey(wrong), RangeError, wrong)
})
