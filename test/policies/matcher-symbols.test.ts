import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileLexicons, type Matcher } from '#server/policies/matcher/compile-lexicons.ts'
import type { LexiconRule } from '#server/policies/matcher/lexicon.ts'
import { matchText } from '#server/policies/matcher/match-text.ts'

function rule(id: string, any: string[]): LexiconRule {
  return { id, any, unless: [], match: 'word', fold: ['case', 'accents'], evasion: 'standard' }
}

const promise = rule('promise', ['guaranteed returns', 'risk free', 'guarantee* NEAR/3 profit*'])

function find(matcher: Matcher, text: string): string[] {
  return matchText(matcher, [{ field: 'text', text, kind: 'body' }], {})
    .filter((hit) => hit.rule === 0)
    .map(({ start, end, via }) => `${text.slice(start, end)} ${via}`)
}

const texts = (sign: string): string[] => [
  `our guaranteed${sign}returns today`,
  `our guar${sign}anteed returns today`,
  `our risk${sign}free profit, guarantee${sign}d`,
  `our ${sign}guaranteed returns${sign} today`,
  `our guaranteed ${sign} returns today`,
  `g${sign}u${sign}a${sign}r${sign}a${sign}n${sign}t${sign}e${sign}e${sign}d returns`,
]

for (const [sign, term] of [
  ['+', 'C++'],
  ['%', '100 %'],
  ['&', 'R&D'],
  ['=', 'a=b'],
] as const) {
  test(`A rule that spells ${sign} hides no words of another rule`, () => {
    const alone = compileLexicons([promise], {})
    const together = compileLexicons([promise, rule('spells', [term])], {})
    for (const text of texts(sign)) assert.deepEqual(find(together, text), find(alone, text), text)
    assert.deepEqual(find(together, `our guaranteed${sign}returns today`), [`guaranteed${sign}returns spaced`])
    assert.deepEqual(find(together, `our guaranteed ${sign} returns today`), [], 'a sign of its own parts words')
  })
}

test('A term that spells a sign is found as it is spelt', () => {
  const matcher = compileLexicons([rule('spells', ['C++', '100 %', 'R&D'])], {})
  assert.deepEqual(find(matcher, 'We write C++ and do R&D, 100 % of it'), ['C++ plain', 'R&D plain', '100 % plain'])
})
