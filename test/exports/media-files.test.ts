import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { hashBody } from '#server/archive/append-record.ts'
import { findMedia, MediaFiles } from '#server/exports/media-files.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { hashLeaf } from '#shared/tlog/merkle.ts'
import { key, pack, problemsOf } from './forge-package.ts'
import { nodesOf, type MadeLog } from './made-log.ts'

const picture = Buffer.from('a picture')
const sha256 = createHash('sha256').update(picture).digest('hex')
const at = '2026-03-01T08:00:00.000Z'
const media = [{ altText: null, mediaId: 'm', mimeType: 'image/png', sha256 }]

/** A log of one record that speaks of one picture. */
function makeMediaLog(): MadeLog {
  const salt = Buffer.alloc(32, 3)
  const body = canonicalJson({ actor: { displayName: 'Zoé' }, content: { revision: { media, text: 'Look' } } })
  const header = `{"actor":"u","bodyHash":"${hashBody(salt, Buffer.from(body))}","id":"r","recordedAt":"${at}","retentionClass":"mifid-7y","streams":{},"type":"post.submitted","v":1}`
  const entry = `{"at":"${at}","h":${header},"n":0,"sq":{}}`
  const root = hashLeaf(utf8(entry))
  const record = `{"n":0,"salt":"${salt.toString('base64')}","header":${header},"body":${body}}`
  return { entries: [entry], records: [record], readNode: nodesOf([root]), root }
}

const store = (bytes: Uint8Array | undefined) => ({ get: async () => bytes })

it('finds what a body says of media, and nothing that somebody only typed', () => {
  const typed = canonicalJson({ text: `"mimeType":"image/png","sha256":"${'a'.repeat(64)}"` })
  assert.deepEqual(findMedia(typed), [])
  const uploaded = canonicalJson({
    mimeType: 'video/mp4',
    objectKey: `media/${sha256}`,
    sha256,
    size: 9,
    versionId: 'v',
  })
  assert.deepEqual(findMedia(uploaded), [sha256])
  assert.deepEqual(findMedia(canonicalJson({ media: [...media, ...media] })), [sha256, sha256])
})

it('puts each file in once, and verifies', async () => {
  const path = await pack({ media: new MediaFiles(store(picture)) }, makeMediaLog())
  const report = await verifyPackage(path, key)
  assert.deepEqual(report.problems, [])
  assert.deepEqual(report.manifest?.media, { included: 1, missing: [] })
})

it('names a file that the gateway itself exchanged or left out', async () => {
  const exchanged = await problemsOf(
    await pack({ media: new MediaFiles(store(Buffer.from('another'))) }, makeMediaLog()),
  )
  assert.match(exchanged.map((problem) => problem.sentence).join('\n'), /not the one that its name says/)
  class Forgetful extends MediaFiles {
    override note(): void {}
  }
  const [missing] = await problemsOf(await pack({ media: new Forgetful(store(picture)) }, makeMediaLog()))
  assert.equal(missing?.logIndex, 0)
  assert.match(missing.sentence, /speaks of a media file that is missing/)
})

it('lists as missing what the bucket does not give, and lets other errors be bugs', async () => {
  const away = { get: () => Promise.reject(new ObjectStoreError('away', { retryable: true })) }
  for (const source of [store(undefined), away]) {
    const report = await verifyPackage(await pack({ media: new MediaFiles(source) }, makeMediaLog()), key)
    assert.deepEqual(report.problems, [])
    assert.deepEqual(report.manifest?.media, { included: 0, missing: [sha256] })
  }
  const broken = { get: () => Promise.reject(new TypeError('a bug')) }
  await assert.rejects(pack({ media: new MediaFiles(broken) }, makeMediaLog()), TypeError)
})
