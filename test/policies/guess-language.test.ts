import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isClearlyNot } from '#server/policies/matcher/guess-language.ts'

const words = fc.constantFrom(
  ...'the our of and teed Trading quickly fixed le la nos Nous très été où œuvre ŒUVRE DÈS İstanbul aujourd’hui l’épargne — don’t e\u0301te\u0301 ﬁxed 12 % € ™ x'.split(
    ' ',
  ),
)
const texts = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: words }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) }),
  )
  .map((list) => list.join(' '))

test('a text is clearly French or English by its small words, accents and endings, and a mixed one is neither', () => {
  assert.equal(isClearlyNot('en', 'nos clients et leur épargne'), true)
  assert.equal(isClearlyNot('fr', 'nos clients et leur épargne'), false)
  assert.equal(isClearlyNot('fr', 'our clients and their savings'), true)
  assert.equal(isClearlyNot('fr', 'our clients et leur épargne'), false)
  assert.equal(isClearlyNot('en', ''), false)
})

test('the quick way for Latin letters tells what the thorough way tells', () => {
  // A word of another script says nothing of either language, and has every letter looked at.
  fc.assert(
    fc.property(texts, fc.constantFrom('fr', 'en'), (text, lang) => {
      assert.equal(isClearlyNot(lang, text), isClearlyNot(lang, `${text} 日`))
    }),
    { numRuns: 5_000 },
  )
})
