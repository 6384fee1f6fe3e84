import assert from 'node:assert/strict'
import { it } from 'node:test'
import { headerMatcher, mayBeDisposed, type Header, type HeaderFilter } from '#server/exports/manifest.ts'
import { everything } from './made-log.ts'

const header: Header = {
  id: 'record',
  type: 'post.submitted',
  recordedAt: '2026-03-02T09:00:00.000Z',
  actor: 'camille',
  bodyHash: '00',
  retentionClass: 'mifid-7y',
  streams: { author: 'camille', post: 'post', unit: 'paris', profile: 'profile', network: 'bluesky' },
  verdict: 'review',
}

const filters: readonly [asked: Partial<HeaderFilter>, otherwise: Partial<HeaderFilter>][] = [
  [{ from: '2026-03-02T09:00:00.000Z' }, { from: '2026-03-02T09:00:00.001Z' }],
  [{ to: '2026-03-02T09:00:00.001Z' }, { to: '2026-03-02T09:00:00.000Z' }],
  [{ author: 'camille' }, { author: 'ines' }],
  [{ actor: 'camille' }, { actor: 'ines' }],
  [{ profile: 'profile' }, { profile: 'another' }],
  [{ post: 'post' }, { post: 'another' }],
  [{ network: 'bluesky' }, { network: 'mastodon' }],
  [{ verdict: 'review' }, { verdict: 'block' }],
  [{ types: ['post.drafted', 'post.submitted'] }, { types: ['post.drafted'] }],
  [{ types: null }, { types: [] }],
  [{ units: ['lyon', 'paris'] }, { units: ['lyon'] }],
  [{ units: null }, { units: [] }],
]

it('matches a record by each thing that is asked for, and by all of them', () => {
  const matches = (filter: Partial<HeaderFilter>) => headerMatcher({ ...everything, ...filter })(header)
  assert.ok(matches({}))
  for (const [asked, otherwise] of filters) {
    assert.ok(matches(asked), JSON.stringify(asked))
    assert.ok(!matches(otherwise), JSON.stringify(otherwise))
  }
  const all = Object.assign({}, ...filters.slice(0, 9).map(([asked]) => asked), { units: ['paris'] })
  assert.ok(matches(all))
  for (const [, otherwise] of filters) assert.ok(!matches({ ...all, ...otherwise }), JSON.stringify(otherwise))
})

it('calls nothing disposed of before the month is over in which the years of its class end (GDPR-2)', () => {
  const may = (startedAt: string, years: number | null | undefined, more: object = {}) =>
    mayBeDisposed(header, {
      startedAt,
      retention: years === undefined ? {} : { 'mifid-7y': years },
      ...more,
    })
  assert.ok(!may('2033-03-31T23:59:59.999Z', 7))
  assert.ok(may('2033-04-01T00:00:00.000Z', 7))
  assert.ok(!may('2033-04-01T00:00:00.000Z', 8))
  assert.ok(!may('2099-01-01T00:00:00.000Z', null), 'kept for ever')
  assert.ok(!may('2099-01-01T00:00:00.000Z', undefined), 'a class that nobody knows')
  assert.ok(
    may('2033-03-31T00:00:00.000Z', 7, { endedAt: '2033-04-01T00:00:00.000Z' }),
    'when the package was finished',
  )
  const earlier = (years: number, until: string, retentionClass = 'mifid-7y') => ({
    earlierTerms: [{ retentionClass, years, until }],
  })
  assert.ok(may('2034-01-01T00:00:00.000Z', 10, earlier(7, '2033-04-01T00:00:00.000Z')))
  assert.ok(
    !may('2034-01-01T00:00:00.000Z', 10, earlier(7, '2033-03-31T00:00:00.000Z')),
    'not over when it was lengthened',
  )
  assert.ok(!may('2034-01-01T00:00:00.000Z', 10, earlier(7, '2035-01-01T00:00:00.000Z')), 'a term of later')
  assert.ok(!may('2034-01-01T00:00:00.000Z', 10, earlier(7, '2033-04-01T00:00:00.000Z', 'sec-3y')), 'another class')
})
