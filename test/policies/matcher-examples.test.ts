import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Language } from '#server/policies/matcher/lexicon.ts'
import { compileEvasionPolicy, findHits, readVectors } from '#test/support/evasion-policy.ts'

interface Example {
  id: string
  lang?: Language
  expect?: 'hit' | 'no-hit'
  rule: string | null
  start: number
  end: number
  text: string
}

const standard = compileEvasionPolicy('standard')

function readExamples(name: string): Example[] {
  const lines = readVectors(name).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Example)
}

function checkExample({ lang, rule, start, end, expect, text }: Example): void {
  const wanted = expect === 'no-hit' ? [] : [{ rule, start, end }]
  const found = findHits(standard, text, lang).map((hit) => ({ rule: hit.rule, start: hit.start, end: hit.end }))
  assert.deepEqual(found, wanted, text)
}

describe('the examples that came with the policy have the hit and the span they name', () => {
  for (const example of readExamples('evasion-examples.jsonl')) {
    // Personal numbers are for the detectors, not for the lexicon.
    if (!example.id.startsWith('pii-')) test(example.id, () => checkExample(example))
  }
})

describe('our own examples of every way round a rule are hit, once, with their true span', () => {
  for (const example of readExamples('matcher-hits.jsonl')) test(example.id, () => checkExample(example))
})

for (const lang of ['fr', 'en'] as const) {
  test(`clean passages in ${lang} are not hit`, () => {
    const passages = readVectors(`clean-${lang}.txt`)
      .split('\n')
      .filter((line) => line !== '')
    assert.ok(passages.length > 100)
    for (const passage of passages) {
      const text = passage.replaceAll('\\n', '\n')
      assert.deepEqual(findHits(standard, text, lang), [], text)
    }
  })
}

test('clean passages stay quiet when letters are capitals, or the passage is one of several', () => {
  const passages = readVectors('clean-en.txt')
    .split('\n')
    .filter((line) => line !== '' && !/\bai[mdr]/i.test(line))
  for (const passage of passages) {
    const text = passage.replaceAll('\\n', '\n')
    const shouted = findHits(standard, text.toUpperCase(), 'en').filter(
      ({ rule }) => rule !== 'ai-topic' && rule !== 'restricted',
    )
    if (!/https?:|www\.|\.com|\.org/.test(text)) assert.deepEqual(shouted, [], text)
    assert.deepEqual(findHits(standard, `${text}\n\n${text}`, 'en'), [], text)
  }
})

test('with evasion off only the plain way of writing is a hit', () => {
  const off = compileEvasionPolicy('off')
  for (const { text, lang } of readExamples('matcher-hits.jsonl')) {
    for (const { via, matched } of findHits(off, text, lang)) assert.equal(via, 'plain', matched)
  }
  assert.equal(findHits(off, 'gu4ranteed returns', 'en').length, 0)
  assert.equal(findHits(off, 'RISK-FREE', 'en').length, 1)
})

test('words are joined across a space only with evasion strict', () => {
  const strict = compileEvasionPolicy('strict')
  assert.deepEqual(findHits(standard, 'guaran teed ret urns', 'en'), [])
  assert.deepEqual(
    findHits(strict, 'guaran teed ret urns', 'en').map(({ rule, via, matched }) => [rule, via, matched]),
    [['promissory-en', 'spaced', 'guaran teed ret urns']],
  )
  for (const passage of readVectors('clean-fr.txt').split('\n')) {
    assert.deepEqual(findHits(strict, passage.replaceAll('\\n', '\n'), 'fr'), [], passage)
  }
})

test('each way of writing is named', () => {
  const vias: [string, string][] = [
    ['guaranteed returns', 'plain'],
    ['GUARANTEED RÉTURNS', 'plain'],
    ['ｇｕａｒａｎｔｅｅｄ returns', 'folded'],
    ['guar\u200banteed returns', 'folded'],
    ['#GuaranteedReturns', 'hashtag'],
    ['GuaranteedReturns', 'joined'],
    ['guaraaaanteed returns', 'repeated'],
    ['gua🔥ranteed returns', 'emoji'],
    ['g.u.a.r.a.n.t.e.e.d returns', 'spaced'],
    ['gu4ranteed returns', 'leet'],
    ['guаranteed returns', 'confusable'],
    ['\u202esnruter deetnaraug\u202c', 'bidi'],
  ]
  for (const [text, via] of vias)
    assert.deepEqual(
      findHits(standard, text, 'en').map((hit) => hit.via),
      [via],
      text,
    )
})
