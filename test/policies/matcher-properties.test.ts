import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileLexicons } from '#server/policies/matcher/compile-lexicons.ts'
import type { LexiconRule } from '#server/policies/matcher/lexicon.ts'
import { matchText } from '#server/policies/matcher/match-text.ts'
import { W } from '#server/policies/matcher/workspace.ts'
import { compileEvasionPolicy, findHits } from '#test/support/evasion-policy.ts'

const standard = compileEvasionPolicy('standard')
const strict = compileEvasionPolicy('strict')
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

const WORDS = [
  'guaranteed',
  'returns',
  'rendement',
  'garanti',
  'sans',
  'risque',
  'risk',
  'free',
  'double your money',
  'Nordvia',
  'AI',
  '$NVPH',
  'con',
]
const NOISE = Array.from(
  ' \n\r\t.,;:!?-_*/|\'’"()#@$€%&0134579aeiouyEIlL\u00a0\u00ad\u200b\u200c\u200d\u200e\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2800\u3164\ufe0f\u0301\u0334\u20e3\u0600éœßаеоАΟν𝐠🅶🇬🇧🔥👩‍💻Ⓐ日本\ud800\udc00',
)
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 6, arbitrary: fc.constantFrom(...NOISE) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
)
const hostile = fc.array(pieces, { maxLength: 60 }).map((list) => list.join(''))

function splitsPair(text: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at))
}

describe('whatever the text', () => {
  test('spans lie inside it, are not empty, and never split a surrogate pair', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('fr', 'en', undefined), (text, lang) => {
        for (const { start, end } of findHits(strict, text, lang)) {
          assert.ok(start >= 0 && start < end && end <= text.length)
          assert.ok(!splitsPair(text, start) && !splitsPair(text, end))
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('spans begin and end on grapheme boundaries', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const hits = findHits(standard, text)
        if (hits.length === 0) return
        const edges = new Set([text.length, ...Array.from(segmenter.segment(text), ({ index }) => index)])
        for (const { start, end } of hits) assert.ok(edges.has(start) && edges.has(end), JSON.stringify([start, end]))
      }),
      { numRuns: 3_000 },
    )
  })

  test('hits of one rule are in order and do not overlap', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const ends = new Map<string, number>()
        for (const { rule, start, end } of findHits(standard, text)) {
          assert.ok(start >= (ends.get(rule) ?? 0))
          ends.set(rule, end)
        }
      }),
    )
  })

  test('a scan leaves nothing behind for the next one', () => {
    fc.assert(
      fc.property(hostile, hostile, (first, second) => {
        const before = findHits(standard, second)
        findHits(standard, first)
        assert.deepEqual(findHits(standard, second), before)
      }),
    )
  })

  test('fields do not see each other', () => {
    fc.assert(
      fc.property(hostile, hostile, (first, second) => {
        const fields = [first, second].map((text, k) => ({ field: String(k), text, kind: 'body' as const }))
        const apart = fields.flatMap((field) => matchText(standard, [field], {}))
        assert.deepEqual(matchText(standard, fields, {}), apart)
      }),
    )
  })
})

describe('a planted term is found where it stands', () => {
  const between = fc.constantFrom('\u200b', '\u2060', '\u00ad', '\u0334', '\ufe0f', '\u200e', '\ufeff', '')
  const planted = fc.tuple(
    fc.constantFrom('guaranteed returns', 'sans risque', 'double your money', 'Nordvia Pharma'),
    fc.array(between, { minLength: 24, maxLength: 24 }),
  )

  test('with invisible characters anywhere inside its words', () => {
    fc.assert(
      fc.property(planted, fc.constantFrom('', 'Voilà, ', '🔥 ', '(', 'l’'), ([term, marks], before) => {
        const inside = Array.from(term, (char, k) =>
          /[a-z]/i.test(char) && /[a-z]/i.test(term.charAt(k + 1)) ? char + marks[k] : char,
        ).join('')
        const [hit] = findHits(standard, `${before}${inside} today`)
        assert.equal(hit?.matched, inside)
      }),
    )
  })

  test('with any of its letters as digits, as long as enough of them stay', () => {
    const digits: Record<string, string> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' }
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (chosen) => {
        const word = Array.from('guaranteed', (char, k) => (chosen[k] ? (digits[char] ?? char) : char)).join('')
        assert.equal(findHits(standard, `Our ${word} returns`, 'en')[0]?.matched, `${word} returns`)
      }),
    )
  })

  test('among thousands of terms, each by its own rule', () => {
    const word = fc.string({
      unit: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz')),
      minLength: 4,
      maxLength: 9,
    })
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 3, maxLength: 60 }), fc.nat(), (words, seed) => {
        const rules = words.map((any, k): LexiconRule => ({
          id: `r${k}`,
          any: [any],
          unless: [],
          match: 'word',
          fold: ['case'],
          evasion: 'off',
        }))
        const wanted = seed % words.length
        const text = `— ${words[wanted]}!`
        const hits = matchText(compileLexicons(rules, {}), [{ field: 'text', text, kind: 'body' }], {})
        assert.deepEqual(
          hits.map(({ rule, start, end }) => [rule, start, end]),
          [[wanted, 2, text.length - 1]],
        )
      }),
    )
  })
})

describe('the work grows with the length of hostile text, not faster', () => {
  const hostilePieces = [
    'guaranteed ',
    'g u a r a n t e e d ',
    'g.u.a.r.a.n.t.e.e.d.',
    'gu4r4nt33d',
    'guarante',
    'a',
    'aa ',
    'a.',
    'a-',
    'a b ',
    'returns guaranteed ',
    'not guaranteed returns ',
    '(',
    '(((a',
    '$',
    '$a',
    'return$ ',
    'return$',
    '1',
    '1a',
    'i1l|!',
    '#GuaranteedReturns',
    '#guaranteedreturns',
    'GuaranteedReturns',
    'SansRisque',
    'RiskFree',
    'DoubleYourMoney ',
    'sans\u200brisque',
    'risk.free.',
    'sansrisque',
    'e\u0301\u0302\u0303',
    '\u0334',
    '\u202e',
    '\u202ea',
    '\u202eguaranteed\u202c',
    '\u202da\u202e',
    '\u200b',
    'g\u200b',
    'гuаrа',
    'sʇᴉɟoɹd ',
    'ɐ\u0301',
    '#SansRisque2026',
    '#WhatsAppMe ',
    '1O',
    'g-u-a-r-',
    '!!',
    'a!!',
    '🇬',
    '🇬🇧',
    '🔥a',
    '👩‍💻',
    'com.',
    'a.com ',
    'www.',
    'https://',
    '@',
    'a@b.',
    '....',
    '\n\n',
    '-\n',
    'a-\n',
    'risk ',
    'risk-',
    'risk free ',
    'sans-',
    "l'",
    "'",
    '100 % ',
    '% ',
    'AI ',
    'con-de-',
    '日本',
    '\ud800',
    'Orange action ',
    'whatsapp me ',
  ]
  /** Elementary steps of one scan. */
  const steps = (piece: string, length: number): number => {
    const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
    W.steps = 0
    findHits(strict, text, 'en')
    return W.steps
  }
  for (const piece of hostilePieces) {
    test(JSON.stringify(piece), () => {
      const once = steps(piece, 12_000)
      const twice = steps(piece, 24_000)
      assert.ok(twice <= once * 2.2 + 1_000, `${once} steps at 12,000 characters, ${twice} at 24,000`)
      assert.ok(twice <= 24_000 * 400, `${twice} steps at 24,000 characters`)
    })
  }
})
