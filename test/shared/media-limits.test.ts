import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitMedia, type AttachedMedia, type MediaMisfit } from '#shared/media-limits.ts'

const image: AttachedMedia = { mimeType: 'image/png', size: 1000 }
const film: AttachedMedia = { mimeType: 'video/mp4', size: 30_000_000 }
const times = (count: number, media: AttachedMedia) => Array.from({ length: count }, () => media)

const cases: readonly [string, readonly AttachedMedia[], MediaMisfit | undefined][] = [
  ['bluesky', times(4, image), undefined],
  ['bluesky', times(5, image), { why: 'too_many', limit: 4 }],
  ['bluesky', [image, film], { why: 'film', at: 1 }],
  ['bluesky', [{ ...image, size: 2_000_001 }], { why: 'too_large', at: 0, limit: 2_000_000 }],
  ['mastodon', [film], undefined],
  ['mastodon', [image, film], { why: 'film_alone', at: 1 }],
  ['mastodon', [{ ...image, altText: '\u{1f600}'.repeat(1500) }], undefined],
  ['mastodon', [image, { ...image, altText: 'x'.repeat(1501) }], { why: 'alt_text', at: 1, limit: 1500 }],
  ['sandbox', [...times(19, image), film], undefined],
  ['a-private-adapter', times(20, film), undefined],
]

for (const [network, media, misfit] of cases) {
  test(`${network} and ${media.length} files: ${misfit?.why ?? 'it takes them'}`, () => {
    assert.deepEqual(fitMedia(network, media), misfit)
  })
}
