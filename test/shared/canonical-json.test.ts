import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonValue } from '#shared/json.ts'

const vectors = JSON.parse(readFileSync(new URL('../vectors/canonical-json.json', import.meta.url), 'utf8')) as {
  origin: string
  cases: { name: string; input: string; output: string }[]
}

for (const { name, input, output } of vectors.cases) {
  test(`RFC 8785 test data "${name}" is written as published`, () => {
    assert.equal(canonicalJson(JSON.parse(input) as JsonValue), output)
  })
}

const refused: [name: string, value: unknown, sentence: RegExp][] = [
  ['a fraction', { a: [1, 0.5] }, /^\$\.a\[1\] is not an integer/],
  ['an integer beyond 2^53 - 1', 2 ** 53, /^\$ is not an integer/],
  ['not a number', Number.NaN, /integer/],
  ['infinity', Infinity, /integer/],
  ['a lone surrogate', { a: '\ud800' }, /^\$\.a holds a lone surrogate/],
  ['a lone surrogate in a key', { '\udc00': 1 }, /lone surrogate/],
  ['a date', { at: new Date(0) }, /^\$\.at is not a plain object/],
  ['a buffer', Buffer.of(1), /plain object/],
  ['a map', new Map(), /plain object/],
  ['a hole in an array', [1, undefined, 2], /^\$\[1\] is not JSON: undefined/],
  ['a bigint', 1n, /is not JSON: bigint/],
  ['a function', { f: () => 1 }, /is not JSON: function/],
]

for (const [name, value, sentence] of refused) {
  test(`${name[0]!.toUpperCase()}${name.slice(1)} is refused, and the sentence says where`, () => {
    assert.throws(() => canonicalJson(value as JsonValue), { name: 'TypeError', message: sentence })
  })
}

test('An absent property and an undefined one are the same; minus zero is zero', () => {
  assert.equal(canonicalJson({ b: undefined, a: -0 }), '{"a":0}')
})

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value')),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value')),
  ),
})).value as fc.Arbitrary<JsonValue>

test('What is written reads back as the same value, and writing it again gives the same bytes', () => {
  fc.assert(
    fc.property(plain, (value) => {
      const text = canonicalJson(value)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      assert.equal(canonicalJson(JSON.parse(text) as JsonValue), text)
    }),
  )
})
