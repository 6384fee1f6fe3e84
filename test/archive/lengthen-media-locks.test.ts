import assert from 'node:assert/strict'
import test from 'node:test'
import { appendRecord } from '#server/archive/append-record.ts'
import { disposeMedia } from '#server/archive/dispose-media.ts'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { keepArchive } from '#server/archive/keep-archive.ts'
import { lengthenMediaLocks } from '#server/archive/lengthen-media-locks.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { runSql } from '#test/support/test-cluster.ts'

interface Upload {
  readonly mediaId: string
  readonly sha256: string
}

async function upload(author: SignedIn, bytes: Buffer, altText: string): Promise<Upload> {
  const answer = await author.inject({ method: 'POST', url: '/api/media', ...imageForm(bytes, altText) })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<Upload>()
}

test('Media of a record that never ends is locked for good before its first lock ends; other media is let go (SEC-1)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { clock: createFakeClock('2008-12-01T09:00:00.000Z') })
  await runSql(gateway.database.ownerUrl, `select archive.make_partitions('2009-01-01', 1)`)
  gateway.clock.set('2009-01-05T09:00:00.000Z')
  const camille = await gateway.signIn('camille')
  const kept = await upload(camille, redDot, 'A dot')
  // The same picture with other bytes after its end.
  const passing = await upload(camille, Buffer.concat([redDot, Buffer.from('other')]), 'Another dot')
  const post = await submit(camille, profileId, 'Look at the dot', { mediaIds: [kept.mediaId] })
  await submit(camille, profileId, 'Look at the other', { mediaIds: [passing.mediaId] })
  await inTransaction(gateway.db, (tx) =>
    appendRecord(tx, systemActor, {
      type: 'post.commented',
      at: gateway.clock.now(),
      streams: { post: post.postId },
      body: { text: 'The firm keeps this one for good.' },
      retentionClass: 'permanent',
    }),
  )
  await sealOnce(gateway, { force: true })
  const lockOf = async ({ sha256 }: Upload) => (await gateway.objectStore.head(`media/${sha256}`))?.retainUntil
  const first = await lockOf(kept)
  assert.equal(first?.slice(0, 7), '2019-01')

  gateway.clock.set('2017-12-01T00:00:00.000Z')
  assert.equal(await lengthenMediaLocks(gateway), 0, 'its lock has more than a year left')
  gateway.clock.set('2018-03-01T00:00:00.000Z')
  const away = { ...gateway, objectStore: waveringStore(gateway.objectStore, () => true) }
  await keepArchive(away)
  assert.equal(await lockOf(kept), first, 'a bucket that is away: a later run does it')
  assert.equal(await lengthenMediaLocks(gateway), 1)
  assert.equal(await lengthenMediaLocks(gateway), 0)
  assert.deepEqual([await lockOf(kept), await lockOf(passing)], ['2105-12-31T00:00:00.000Z', first])

  gateway.clock.set('2020-01-01T00:00:00.000Z')
  await disposeRecords(gateway)
  assert.equal(await disposeMedia(gateway), 1)
  assert.equal(await lockOf(passing), undefined)
  const { versionId } = (await gateway.objectStore.head(`media/${kept.sha256}`))!
  await assert.rejects(gateway.objectStore.destroy(`media/${kept.sha256}`, versionId), /locked until 2105/)
})
