import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countGraphemes, countUtf8Bytes } from '#shared/count-graphemes.ts'
import { findUrls } from '#shared/find-urls.ts'
import { countHashtags, countStatus, countWeighted, fitNetwork } from '#shared/network-limits.ts'

const longUrl = `https://example.com/${'a'.repeat(200)}`
const england = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'

/** Text, UTF-16 units, X weighted, Mastodon, Bluesky graphemes: measured at the networks' own libraries. */
const counts: readonly [string, number, number, number, number][] = [
  [longUrl, 220, 23, 23, 220],
  ['example.com/foo', 15, 23, 15, 15],
  ['日本語テスト', 6, 12, 6, 6],
  ['👨‍👩‍👧', 8, 2, 1, 1],
  [england, 14, 2, 1, 1],
  ['ﷺ', 1, 2, 1, 1],
  ['@bob@mastodon.social hi', 23, 23, 7, 23],
  ['e\u0301te\u0301', 5, 3, 3, 3],
  ['#️⃣ © 12', 8, 7, 6, 6],
  ['', 0, 0, 0, 0],
]

for (const [text, utf16, weighted, status, graphemes] of counts) {
  test(`"${text.slice(0, 24)}" counts as each network counts it`, () => {
    assert.deepEqual(
      [text.length, countWeighted(text), countStatus(text), countGraphemes(text)],
      [utf16, weighted, status, graphemes],
    )
  })
}

test('Graphemes and bytes equal those of the platform for any text', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
  const tricky = fc.string({
    unit: fc.constantFrom(
      'a',
      '\r',
      '\n',
      '\u0301',
      '\u200d',
      '👨',
      'é',
      '\u00ad',
      '\u0600',
      'ก',
      'ำ',
      '“',
      '₹',
      '한',
      'ж',
      '\u0483',
      '\u200b',
      '\u200f',
      '\u2028',
      '\u202e',
      '\u2060',
      '\u2064',
      'が',
      'か',
      '\u3099',
      'ｶ',
      '\uff9e',
      '日',
      '\u302a',
      '。',
      'Ａ',
      '…',
      '™',
      '\ufe0f',
      '1',
      '\u20e3',
      'ᄀ',
      'ᅡ',
    ),
  })
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), tricky, (a, b, c) => {
      const text = a + b + c
      assert.equal(countGraphemes(text), [...segmenter.segment(text)].length)
      assert.equal(countUtf8Bytes(text), Buffer.byteLength(text))
    }),
    { numRuns: 2000 },
  )
})

test('X weighs plain letters and typographic marks the same beside a character that has every one looked at', () => {
  // A letter after a full stop may make an address: “a.ba” is one.
  const plain = fc
    .string({ unit: fc.constantFrom(...Array.from('abc é œ ’“”–—.,1 ')), maxLength: 40 })
    .filter((text) => !/\.\p{L}/u.test(text))
  fc.assert(
    fc.property(plain, (text) => {
      assert.equal(countWeighted(text), text.length)
      assert.equal(countWeighted(`${text} 日`), text.length + 3)
      assert.equal(countWeighted(`${text} https://example.com/a`), text.length + 1 + 23)
    }),
  )
})

test('Bare names count as addresses only with a real top-level domain', () => {
  const urls = (text: string): string[] => findUrls(text).map((url) => text.slice(url.start, url.end))
  assert.deepEqual(urls('see example.com. ok'), ['example.com'])
  assert.deepEqual(urls('bob@example.com and a.b.c and v1.2 and file.txt'), [])
  assert.deepEqual(urls('(https://example.com/a_(b)) http://exämple.com/ä?x=1#y!'), [
    'https://example.com/a_(b)',
    'http://exämple.com/ä?x=1#y',
  ])
  assert.deepEqual(urls('#example.com @example.com x-example.com'), ['x-example.com'])
  assert.deepEqual(urls('https://localhost/x http://127.0.0.1/'), [])
})

test('Every address lies inside its text, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '.', 'com', '/', ':', '//', 'http', '@', '-', '(', ')', 'é', ' ') }),
      (text) => {
        let last = 0
        for (const { start, end } of findUrls(text)) {
          assert.ok(last <= start && start < end && end <= text.length)
          last = end
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('A text over the limit of a network does not fit', () => {
  assert.deepEqual(fitNetwork('x', 'a'.repeat(280)), { length: 280, limit: 280, fits: true })
  assert.equal(fitNetwork('x', 'a'.repeat(281)).fits, false)
  assert.equal(fitNetwork('x', '日'.repeat(141)).fits, false)
  assert.equal(fitNetwork('bluesky', '👨‍👩‍👧'.repeat(160)).fits, true)
  assert.equal(fitNetwork('bluesky', '👨‍👩‍👧‍👦'.repeat(121)).fits, false, 'more than 3000 bytes in 121 graphemes')
  assert.equal(fitNetwork('linkedin', '('.repeat(1501)).fits, false, 'escaped it is longer than 3000')
  assert.equal(fitNetwork('instagram', '#a '.repeat(31)).fits, false)
  assert.equal(countHashtags('#a ＃b c#d # e'), 3)
})

test("A server's own limits replace the usual ones", () => {
  assert.equal(fitNetwork('mastodon', 'a'.repeat(600), { limit: 5000 }).fits, true)
  assert.equal(fitNetwork('mastodon', longUrl, { urlLength: 25 }).length, 25)
})

test('The point of truncation comes by characters or by lines, never inside a character (FCA-2)', () => {
  assert.equal(fitNetwork('linkedin', 'a'.repeat(140)).truncatesAt, undefined)
  assert.equal(fitNetwork('linkedin', 'a'.repeat(141)).truncatesAt, 140)
  assert.equal(fitNetwork('linkedin', 'one\ntwo\nthree\nfour').truncatesAt, 13)
  assert.equal(fitNetwork('linkedin', `${'a'.repeat(139)}😀`).truncatesAt, 139)
  assert.equal(fitNetwork('bluesky', 'a'.repeat(200)).truncatesAt, undefined)
})
