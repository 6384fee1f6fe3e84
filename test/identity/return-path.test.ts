import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { returnPath } from '#server/identity/return-path.ts'

const publicUrl = 'https://gateway.example'

const ours: readonly [string, string][] = [
  ['/', '/'],
  ['/queue?status=open&sort=due', '/queue?status=open&sort=due'],
  ['/posts/1#comments', '/posts/1#comments'],
  ['/a/../b', '/b'],
  ['/?next=https://elsewhere.example', '/?next=https://elsewhere.example'],
]

const foreign = [
  undefined,
  '',
  'https://elsewhere.example/',
  '//elsewhere.example/',
  '///elsewhere.example/',
  '/\\elsewhere.example/',
  '\\\\elsewhere.example',
  '/\t/elsewhere.example',
  '/\n/elsewhere.example',
  '/.//elsewhere.example',
  '/x/..//elsewhere.example',
  'javascript:alert(1)',
  'elsewhere.example',
  '/auth/logout',
  '/auth/login?returnTo=/auth/login',
  ' /queue',
  `/queue?${'é'.repeat(400)}`,
]

test('a path of our own is where people return to', () => {
  for (const [asked, path] of ours) assert.equal(returnPath(asked, publicUrl), path)
})

test('anything else returns to the front page (open redirect)', () => {
  for (const asked of foreign) assert.equal(returnPath(asked, publicUrl), '/', String(asked))
})

test('no text leads a browser to another origin', () => {
  const parts = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '@',
    ':',
    '//',
    '\t',
    'https:',
    'evil.example',
    '%2f',
    '?',
    '#',
    'x',
  )
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 8 }), (pieces) => {
      const path = returnPath(`/${pieces.join('')}`, publicUrl)
      assert.equal(new URL(path, publicUrl).origin, publicUrl)
      assert.match(path, /^\/(?![/\\])/)
    }),
    { numRuns: 2000 },
  )
})
