import fc from 'fast-check'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '#server/platform/app-error.ts'
import type { RenderInput } from '#server/platform/network.ts'
import { markText } from '#server/publishing/bluesky-facets.ts'
import { blobCid, recordKey } from '#server/publishing/bluesky-record-key.ts'
import { parsePayload, renderPost, stampPost } from '#server/publishing/bluesky-record.ts'
import { renderInput } from './network-contract.ts'

const account = { handle: 'bank.test', remoteAccountId: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' }
const render = (text: string, more: Partial<RenderInput> = {}) =>
  parsePayload(renderPost(renderInput(text, more), account)).input

/** The marked parts of a text, as what they cover and what they mean. */
function marked(text: string, links: RenderInput['links'] = []): string[] {
  const bytes = Buffer.from(text)
  return markText(text, links).facets.map(({ index, features }) => {
    const { uri, tag } = features[0] as { uri?: string; tag?: string }
    return `${bytes.subarray(index.byteStart, index.byteEnd).toString()} → ${uri ?? `#${tag}`}`
  })
}

function refuses(make: () => unknown, sentence: RegExp): void {
  assert.throws(
    make,
    (error) => error instanceof AppError && error.code === 'unprocessable' && sentence.test(error.message),
  )
}

describe('a record key', () => {
  const alphabet = '234567abcdefghijklmnopqrstuvwxyz'
  const microseconds = (tid: string) =>
    Array.from(tid).reduce((bits, character) => bits * 32n + BigInt(alphabet.indexOf(character)), 0n) >> 10n

  it('is the same for the same publication, in every process', () => {
    assert.equal(
      recordKey('0198c0de-0000-7000-8000-000000000001:0198c0de-0000-7000-8000-000000000002'),
      '3lwq7ln22f7qk',
    )
    assert.equal(recordKey('a key without a time'), recordKey('a key without a time'))
  })

  it('carries the time of the UUIDv7 in the publication key', () => {
    const tid = recordKey('0198c0de-1234-7000-8000-000000000001:0198ffff-0000-7000-8000-000000000002')
    assert.equal(microseconds(tid) / 1000n, BigInt(0x0198c0de1234))
  })

  it('is a TID, and another one for another publication', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.string(), fc.uuid({ version: 7 })), { minLength: 2, maxLength: 50 }),
        (keys) => {
          const tids = keys.map(recordKey)
          for (const tid of tids) assert.match(tid, /^[2-7a-j][2-7a-z]{12}$/)
          assert.equal(new Set(tids).size, keys.length)
        },
      ),
    )
  })
})

describe('the CID of a blob', () => {
  it('is that of the published example: the raw block of no bytes', () => {
    assert.equal(
      blobCid('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
      'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    )
  })
})

describe('what Bluesky marks in a text', () => {
  const table: [string, string, string[], RenderInput['links']?][] = [
    ['nothing in plain words', 'Bonjour à tous', []],
    [
      'an address after emoji and accents',
      'Ü 👩‍👩‍👧 https://example.com/é?q=1 fin',
      ['https://example.com/é?q=1 → https://example.com/é?q=1'],
    ],
    [
      'no punctuation at the end',
      'See https://example.com/a, or (example.org).',
      ['https://example.com/a → https://example.com/a', 'example.org → https://example.org'],
    ],
    ['hashtags with accents', '👍 #Été2026 and #b2b!', ['#Été2026 → #Été2026', '#b2b → #b2b']],
    ['no mention: only a network could resolve it', 'Hello @alice.example.com', []],
    [
      'the words of an approved link',
      '👍 Read our report',
      ['our report → https://example.com/r'],
      [{ url: 'https://example.com/r', text: 'our report' }],
    ],
    [
      'an approved link over an address that the text shows',
      'At example.com now',
      ['example.com → https://example.com/campaign'],
      [{ url: 'https://example.com/campaign', text: 'example.com' }],
    ],
    [
      'each of two links with the same words',
      'here and here',
      ['here → https://a.example/', 'here → https://b.example/'],
      [
        { url: 'https://a.example/', text: 'here' },
        { url: 'https://b.example/', text: 'here' },
      ],
    ],
  ]
  for (const [title, text, expected, links] of table)
    it(`is ${title}`, () => assert.deepEqual(marked(text, links), expected))

  it('is a list of whole characters in order, never one over another, whatever the text', () => {
    const part = fc.constantFrom(
      '#tag',
      'https://example.com/x',
      '👨‍👩‍👧‍👦',
      'é',
      ' ',
      '\n',
      'a',
      '@a.bc',
      '$ABC',
      'example.com',
      '(',
      ')',
      '.',
      '\u200d',
      '﷽',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(part, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 }),
        fc.string({ maxLength: 3 }),
        (parts, words) => {
          const text = parts.join('')
          const bytes = Buffer.from(text)
          let end = 0
          for (const { index } of markText(text, [{ url: 'https://x.example/', text: words }]).facets) {
            assert.ok(index.byteStart >= end && index.byteEnd > index.byteStart && index.byteEnd <= bytes.length)
            end = index.byteEnd
            assert.ok(text.includes(bytes.subarray(index.byteStart, index.byteEnd).toString()), 'no character is split')
          }
        },
      ),
    )
  })
})

describe('a Bluesky record', () => {
  it('is the text as approved, its language and its marks, without a time', () => {
    assert.deepEqual(render('Voir #été', { language: 'fr', publicationKey: 'k' }), {
      collection: 'app.bsky.feed.post',
      record: {
        $type: 'app.bsky.feed.post',
        facets: [
          { features: [{ $type: 'app.bsky.richtext.facet#tag', tag: 'été' }], index: { byteEnd: 11, byteStart: 5 } },
        ],
        langs: ['fr'],
        text: 'Voir #été',
      },
      repo: account.remoteAccountId,
      rkey: recordKey('k'),
      swapRecord: null,
    })
  })

  it('gets its time at release and changes in nothing else', () => {
    const payload = renderPost(renderInput('A text'), account)
    const stamped = stampPost(payload, '2026-03-01T09:30:00.000Z')
    assert.equal(stamped.replace('"createdAt":"2026-03-01T09:30:00.000Z",', ''), payload)
  })

  it('shows a link that the text does not show as a card, once', () => {
    const link = { url: 'https://example.com/report', text: 'Our report' }
    assert.deepEqual(render('Out now', { links: [link] }).record['embed'], {
      $type: 'app.bsky.embed.external',
      external: { description: '', title: 'Our report', uri: link.url },
    })
    assert.equal(
      render('Out now: https://example.com/report', { links: [{ url: link.url }] }).record['embed'],
      undefined,
    )
    refuses(() => render('Out now', { links: [link, { url: 'https://example.org/' }] }), /one link card/)
  })

  it('takes 300 graphemes and 3000 bytes, and not one more', () => {
    render('é'.repeat(300))
    render('👩‍👩‍👧'.repeat(166))
    refuses(() => render('é'.repeat(301)), /300 characters, this post has 301/)
    refuses(() => render('👩‍👩‍👧'.repeat(167)), /3000 bytes, this post has 3006/)
  })

  it('takes four images of two megabytes, and nothing that is no image', () => {
    const image = { mediaId: 'm', sha256: 'ab'.repeat(32), mimeType: 'image/png', size: 2_000_000 }
    render('', { media: [image, image, image, image] })
    refuses(() => render('', { media: [image, image, image, image, image] }), /4 images/)
    refuses(() => render('', { media: [{ ...image, size: 2_000_001 }] }), /2 MB/)
    refuses(() => render('', { media: [{ ...image, mimeType: 'video/mp4' }] }), /not video/)
    refuses(() => render('', { media: [image], links: [{ url: 'https://example.com/' }] }), /beside images/)
  })

  it('passes the network’s own lexicon or is refused in its words', () => {
    refuses(() => render('A text', { language: 'not a language' }), /would refuse this post/)
  })
})
