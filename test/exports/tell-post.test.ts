import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { parseRanges } from '#server/exports/byte-range.ts'
import { toCsv } from '#server/exports/csv-rendering.ts'
import { formatMessage } from '#server/exports/eml-rendering.ts'
import { escapeHtml, tellInHtml } from '#server/exports/page-rendering.ts'
import { pageWords } from '#server/exports/page-words.ts'
import { approvalsOf, mainRevision, tellPost, useDates, type PostRecord } from '#server/exports/tell-post.ts'

let n = 0
function record(
  type: string,
  day: number,
  content: Record<string, unknown> | null,
  more: Partial<PostRecord> = {},
): PostRecord {
  const recordedAt = `2026-03-${String(day).padStart(2, '0')}T09:00:00.000Z`
  return { n: (n += 1), type, recordedAt, streams: { unit: 'u1' }, actorName: 'Camille Roy', content, ...more }
}

const revision = (number: number, text: string) => ({
  revision: {
    revisionId: `r${number}`,
    number,
    text,
    contentHash: `hash${number}`,
    communicationClass: 'retail',
    static: true,
    language: 'en',
    sources: [{ claim: '3 %', url: 'https://example.org', note: null }],
    links: [],
  },
  evaluation: { verdict: 'review', policyVersion: 'v1' },
})
const network = { streams: { unit: 'u1', profile: 'p1', network: 'sandbox' } }
const published = (id: string, day: number) =>
  record('publication.published', day, { publicationId: id, revisionId: 'r2', permalink: `https://x/${id}` }, network)

const life = [
  record('post.drafted', 1, revision(1, 'First words')),
  record('post.revised', 2, revision(2, 'Better words')),
  record('review.decided', 3, {
    outcome: 'rejected',
    stage: 'compliance',
    contentHash: 'hash1',
    reviewer: { displayName: 'Tom Hale' },
  }),
  record('review.decided', 3, {
    outcome: 'approved',
    stage: 'compliance',
    contentHash: 'hash2',
    reviewer: { displayName: 'Ines Laurent' },
  }),
  published('a', 4),
  published('b', 5),
  record('publication.captured', 5, { publicationId: 'a', found: true }, network),
]

test('the FIN-3 fields of a post follow from its records alone (FIN-3, MIF-4)', () => {
  const story = tellPost('post-1', life)
  const main = mainRevision(story)
  assert.equal(main?.text, 'Better words')
  assert.deepEqual(main.sources, ['3 % · https://example.org'])
  assert.equal(main.preparedBy, 'Camille Roy')
  assert.deepEqual(
    approvalsOf(story, main).map((approval) => [approval.by, approval.at.slice(0, 10)]),
    [['Ines Laurent', '2026-03-03']],
  )
  assert.deepEqual(useDates(story), { firstUse: '2026-03-04T09:00:00.000Z', lastUse: null, stillUp: true })
  assert.equal(story.stages.length, life.length)
})

test('the last use is set when the post is gone from every profile, by retraction or because it is not found', () => {
  const half = [...life, record('publication.retracted', 8, { publicationId: 'a' }, network)]
  assert.equal(useDates(tellPost('post-1', half)).stillUp, true)
  const gone = [
    ...half,
    record('publication.captured', 9, { publicationId: 'b', found: false }, network),
    record('publication.captured', 10, { publicationId: 'b', found: false }, network),
  ]
  assert.deepEqual(useDates(tellPost('post-1', gone)), {
    firstUse: '2026-03-04T09:00:00.000Z',
    lastUse: '2026-03-09T09:00:00.000Z',
    stillUp: false,
  })
})

test('a post that was never published and one whose bodies are disposed are told too', () => {
  const draft = tellPost('post-1', life.slice(0, 2))
  assert.deepEqual(useDates(draft), { firstUse: null, lastUse: null, stillUp: false })
  assert.equal(mainRevision(draft)?.number, 2)
  const disposed = tellPost('post-1', [record('post.submitted', 1, null, { actorName: null })])
  assert.equal(disposed.stages[0]?.note, 'disposed')
  assert.equal(formatMessage(disposed, 'gateway.test/tlog'), undefined)
})

const names = { unit: () => 'Paris', profile: () => 'sandbox @m' }

test('posts.html says every FIN-3 field in both languages and escapes whatever was typed', () => {
  for (const language of ['en', 'fr'] as const) {
    const reading = { language, timeZone: 'Europe/Paris', until: '2026-03-20T09:00:00.000Z', names }
    const html = tellInHtml(tellPost('post-1', life), pageWords[language], reading)
    const { firstUse, lastUse, principal, preparedBy, sources, exception } = pageWords[language]
    for (const word of [firstUse, lastUse, principal, preparedBy, sources, exception])
      assert.ok(html.includes(escapeHtml(word)), word)
    for (const value of [
      'Better words',
      '2026-03-04 10:00:00 Europe/Paris',
      'Ines Laurent, 2026-03-03 10:00:00 Europe/Paris',
      '3 % · https://example.org',
    ])
      assert.ok(html.includes(value), value)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const html = tellInHtml(
        tellPost('p', [record('post.drafted', 1, revision(1, `<script>${typed}</script>`))]),
        pageWords.en,
        { language: 'en', timeZone: 'UTC', until: '2026-03-20T09:00:00.000Z', names },
      )
      assert.doesNotMatch(html, /<script/)
      assert.equal(html.match(/<td/g)?.length, html.match(/<\/td>/g)?.length)
    }),
  )
})

test('no cell of the CSV is a formula, and every row keeps its number of cells', () => {
  for (const typed of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")']) {
    const cell = toCsv([[typed]]).replace(/^"/, '')
    assert.equal(cell[0], "'", typed)
  }
  assert.equal(toCsv([['a,b', 'c"d', 'e\nf']]), '"a,b","c""d","e\nf"\r\n')
})

test('a message of a post is read back whole by a mail library', async () => {
  const typed = 'Größer, “plus grand”: été 🎉\nSecond line'
  const story = tellPost('0190163d-8694-739b-aea5-966c26f8ad91', [
    record('post.drafted', 1, revision(2, typed), { actorName: 'Zoé <x>, "y"\r\nBcc: z@example.org' }),
    published('a', 4),
  ])
  const mail = await PostalMime.parse(formatMessage(story, 'gateway.test/tlog')!)
  assert.equal(mail.text?.trimEnd().replaceAll('\r\n', '\n'), typed)
  assert.equal(mail.subject, 'Größer, “plus grand”: été 🎉')
  assert.equal(mail.messageId, '<0190163d-8694-739b-aea5-966c26f8ad91@gateway.test>')
  assert.equal(mail.bcc, undefined)
  assert.equal(mail.headers.find((header) => header.key === 'x-gateway-first-use')?.value, '2026-03-04T09:00:00.000Z')
  assert.equal(new Date(mail.date!).toISOString(), '2026-03-04T09:00:00.000Z')
})

test('ranges are read as RFC 9110 says, and never make more bytes than the file has', () => {
  assert.deepEqual(parseRanges('bytes=0-0', 10), [{ start: 0, end: 0 }])
  assert.deepEqual(parseRanges('bytes=5-', 10), [{ start: 5, end: 9 }])
  assert.deepEqual(parseRanges('bytes=-3', 10), [{ start: 7, end: 9 }])
  assert.deepEqual(parseRanges('bytes=-30', 10), [{ start: 0, end: 9 }])
  assert.deepEqual(parseRanges('bytes=0-1, 4-5', 10), [
    { start: 0, end: 1 },
    { start: 4, end: 5 },
  ])
  assert.deepEqual(parseRanges('bytes=10-', 10), [])
  assert.deepEqual(parseRanges('bytes=-0', 10), [])
  for (const whole of [
    undefined,
    '',
    'bytes=',
    'items=0-1',
    'bytes=b-c',
    'bytes=5-2',
    'bytes=-',
    'bytes=0-5,3-8',
    `bytes=${Array.from({ length: 20 }, (_, at) => `${2 * at}-${2 * at}`).join()}`,
  ])
    assert.equal(parseRanges(whole, 100), undefined, String(whole))
  fc.assert(
    fc.property(fc.string(), fc.nat(1_000), (header, size) => {
      const ranges = parseRanges(`bytes=${header}`, size) ?? []
      assert.ok(ranges.reduce((sum, range) => sum + range.end - range.start + 1, 0) <= size)
      for (const range of ranges) assert.ok(range.start >= 0 && range.end < size && range.start <= range.end)
    }),
  )
})
