import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MediaFiles } from '#server/exports/media-files.ts'
import { PostStories } from '#server/exports/post-stories.ts'
import { uuidOf } from './made-log.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Megabytes that are in use when what nobody needs is gone. */
function inUse(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

test('of the records that pass by, only the ids of posts and media stay in memory', () => {
  const stories = new PostStories(async () => new Map())
  const media = new MediaFiles({ get: async () => undefined })
  const before = inUse()
  for (let n = 0; n < 200; n += 1) {
    const filler = `${n}`.padStart(600, ' évidence')
    const digest = String(n).padStart(64, '0')
    const line = `{"n":${n},"header":{"streams":{"post":"${uuidOf(n)}"}},"body":{"mimeType":"image/png","sha256":"${digest}","text":"${filler}"}}`
    const batch = Array.from({ length: 1_000 }, () => line).join('\n')
    stories.note(batch.split('\n'))
    media.note(batch)
  }
  const grown = inUse() - before
  assert.equal(stories.seen, 200)
  assert.ok(grown < 10, `${grown.toFixed(1)} MB of 150 stayed`)
})
