import assert from 'node:assert/strict'
import test from 'node:test'
import { isContradiction, parseSearch } from '#server/archive/parse-search.ts'

const questions: readonly [q: string, nothingMeetsIt: boolean][] = [
  ['return -return', true],
  ['-return fund return', true],
  ['"thank you" -"thank you"', true],
  ['fund OR bond -bond -fund', true],
  ['fund OR bond -bond', false],
  ['return -"return"', false],
  ['return -returns', false],
  ['ret* -return', false],
  ['-return -fund', false],
  ['return OR -return', false],
  ['', false],
]

for (const [q, nothingMeetsIt] of questions) {
  test(`“${q}” ${nothingMeetsIt ? 'asks for what it excludes' : 'can be met'}`, () => {
    assert.equal(isContradiction(parseSearch(q)), nothingMeetsIt)
  })
}
