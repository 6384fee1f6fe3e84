import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TimelineEntry } from '#shared/api/posts.ts'
import { placesOf } from '#web/util/publication-places.ts'

const names = (network: string) => ({ bluesky: 'Bluesky', mastodon: 'Mastodon' })[network] ?? network
let recordIds = 0

function line(type: string, summary: Record<string, unknown>): TimelineEntry {
  const recordedAt = '2026-11-22T08:00:00.000Z'
  return { recordId: String(++recordIds), type, recordedAt, actor: null, logIndex: null, sealed: false, summary }
}

const submitted = line('post.submitted', {
  revision: {
    targets: [
      { network: 'bluesky', payloadSha256: 'aa' },
      { network: 'mastodon', payloadSha256: 'bb' },
    ],
  },
})
const released = line('publication.released', { publicationId: 'one', payloadSha256: 'aa' })
const published = line('publication.published', { publicationId: 'two', payloadSha256: 'bb' })

test('Each line of a post on two networks names its network, from the records alone (MIF-4)', () => {
  const placeOf = placesOf([submitted, released, published], [], names)
  assert.deepEqual([submitted, released, published].map(placeOf), [undefined, 'Bluesky', 'Mastodon'])
})

test('Where the profiles are known, a line names its profile too', () => {
  const publication = {
    publicationId: 'two',
    profileId: 'p',
    network: 'mastodon',
    handle: 'meridian',
    status: 'published',
    remoteId: null,
    permalink: null,
    publishedAt: null,
    attempts: 1,
    nextAttemptAt: null,
    lastError: null,
  } as const
  const placeOf = placesOf([submitted, released, published], [publication], names)
  assert.deepEqual([released, published].map(placeOf), ['Bluesky', 'Mastodon · @meridian'])
})

test('What names no publication has no place, and a destroyed content leaves it out', () => {
  const placeOf = placesOf([], [], names)
  assert.equal(placeOf(line('review.decided', { publicationId: 'two' })), undefined)
  assert.equal(placeOf(line('publication.published', { disposed: true })), undefined)
})
