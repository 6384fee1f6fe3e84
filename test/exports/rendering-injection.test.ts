import assert from 'node:assert/strict'
import { it } from 'node:test'
import { toCsv } from '#server/exports/csv-rendering.ts'
import { formatMessage } from '#server/exports/eml-rendering.ts'
import { pageWords } from '#server/exports/page-words.ts'
import { tellInHtml } from '#server/exports/page-rendering.ts'
import { tellPost, type PostRecord, type PostStory } from '#server/exports/tell-post.ts'

const formulas = ['=1+1', '+1', '-1', '@SUM(1)', "=cmd|' /C calc'!A0", '＝1', '＋1', '－1', '＠1']

it('has no cell that a spreadsheet runs, also where one takes a semicolon or a tab for the separator, as French ones do', () => {
  const hostile = formulas.flatMap((formula) => [
    formula,
    `\t${formula}`,
    `growth;${formula};end`,
    `growth; ${formula}`,
    `growth\t${formula}\tend`,
    `growth\n${formula}`,
    `growth\r\n${formula};x`,
    `growth\r${formula}`,
    `growth;"${formula}`,
    `a,"b";${formula}`,
    `\n${formula}`,
    `;${formula}`,
  ])
  const csv = toCsv([hostile, ['1', ...hostile]])
  for (const cell of csv.split(/[;\t\r\n]/))
    assert.doesNotMatch(cell.trim(), /^["\s]*[=+\-@＝＋－＠]/, JSON.stringify(cell))
  for (const cell of csv.split(',')) assert.doesNotMatch(cell.trim(), /^"?[=+\-@＝＋－＠]/, JSON.stringify(cell))
  assert.equal(toCsv([['growth of 3 - 4 %; a=b', 'x\n1. y']]), 'growth of 3 - 4 %; a=b,"x\n1. y"\r\n')
})

const at = '2026-03-02T09:00:00.000Z'
const hash = 'c'.repeat(64)

/** A post in which everything that a person or a network can write is `text`. */
function hostilePost(text: string): PostStory {
  const records: Omit<PostRecord, 'n'>[] = [
    {
      type: 'post.submitted',
      recordedAt: at,
      streams: {},
      actorName: text,
      content: {
        revision: {
          revisionId: 'r',
          number: 1,
          text,
          contentHash: hash,
          communicationClass: text,
          sources: [{ claim: text, url: text, note: text }],
          links: [{ url: text, title: text }],
          media: [
            { sha256: 'a'.repeat(64), mimeType: text, altText: text },
            { sha256: text, mimeType: 'image/png' },
          ],
        },
        evaluation: { verdict: text, policyVersion: text },
      },
    },
    {
      type: 'review.decided',
      recordedAt: at,
      streams: {},
      actorName: text,
      content: { outcome: 'approved', stage: text, contentHash: hash, reason: text, reviewer: { displayName: text } },
    },
    {
      type: 'publication.published',
      recordedAt: at,
      streams: { network: text, profile: text },
      actorName: text,
      content: { publicationId: text, revisionId: 'r', permalink: text },
    },
  ]
  return tellPost(
    '019a0000-0000-7000-8000-000000000001',
    records.map((record, n) => ({ n, ...record })),
  )
}

const reading = {
  language: 'en' as const,
  timeZone: 'UTC',
  until: at,
  names: { unit: (id: string | undefined) => id ?? '', profile: (id: string | undefined) => id ?? '' },
}

it('has no tag, attribute or address in posts.html that somebody typed', () => {
  for (const text of [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    '\u0000</article>',
  ])
    for (const language of ['en', 'fr'] as const) {
      const html = tellInHtml(hostilePost(text), pageWords[language], reading)
      const plain = tellInHtml(hostilePost('x'), pageWords[language], reading)
      const tags = (page: string) => page.match(/<[^>]*>/g)?.map((tag) => tag.replaceAll(/alt="[^"]*"/g, ''))
      assert.deepEqual(tags(html), tags(plain), text)
      assert.doesNotMatch(html, /javascript:|<script|onerror=alert\(1\)>/)
    }
})

it('has no header in a message that somebody typed, and no line that a mail program refuses', () => {
  const names = [
    'x\r\nBcc: all@firm.example',
    'x\nX: y',
    '\r',
    'x\u2028Bcc: y',
    '=?utf-8?B?AAAA?=',
    'Z'.repeat(2_000),
    '“é”, <a@b>;'.repeat(90),
  ]
  for (const text of names) {
    const [head, body] = formatMessage(hostilePost(text), 'gateway.test/tlog')!.split('\r\n\r\n')
    const plain = formatMessage(hostilePost('x'), 'gateway.test/tlog')!.split('\r\n\r\n')[0]!
    const fields = (part: string) =>
      part
        .replaceAll('\r\n ', ' ')
        .split('\r\n')
        .map((line) => line.split(':')[0])
    assert.deepEqual(fields(head!), fields(plain), text.slice(0, 40))
    for (const line of `${head}\r\n${body}`.split('\r\n')) {
      assert.ok(Buffer.byteLength(line) <= 998, `${line.length}: ${line.slice(0, 60)}`)
      assert.match(line, /^[\t\x20-\x7e]*$/)
    }
  }
  const many = hostilePost('x')
  const approvals = Array.from({ length: 60 }, (_, n) => ({ ...many.approvals[0]!, by: `Approver number ${n}` }))
  const message = formatMessage({ ...many, approvals }, 'gateway.test/tlog')!
  assert.ok(message.split('\r\n').every((line) => line.length <= 998))
})
