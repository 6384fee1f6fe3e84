import assert from 'node:assert/strict'
import test from 'node:test'
import { carryHolds } from '#server/archive/carry-holds.ts'
import { disposeMedia } from '#server/archive/dispose-media.ts'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'
import { runSql } from '#test/support/test-cluster.ts'

test('A media file goes when every record that speaks of it is gone, its lock has ended and no hold is on it (GDPR-2)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { clock: createFakeClock('2008-12-01T09:00:00.000Z') })
  await runSql(gateway.database.ownerUrl, `select archive.make_partitions('2009-01-01', 1)`)
  gateway.clock.set('2009-01-05T09:00:00.000Z')
  const camille = await gateway.signIn('camille')
  const upload = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(redDot, 'A dot') })
  const { mediaId, sha256 } = upload.json<{ mediaId: string; sha256: string }>()
  const post = await submit(camille, profileId, 'Look at the dot', { mediaIds: [mediaId] })
  await sealOnce(gateway, { force: true })
  const there = async () => (await gateway.objectStore.head(`media/${sha256}`)) !== undefined

  // The records' term has ended; the file's own lock has not.
  gateway.clock.set('2018-06-01T00:00:00.000Z')
  assert.equal(await disposeMedia(gateway), 0, 'bodies still speak of it')
  assert.deepEqual((await disposeRecords(gateway)).disposed, ['2016-02'])
  assert.equal(await disposeMedia(gateway), 0, 'its lock holds')

  gateway.clock.set('2020-01-01T00:00:00.000Z')
  const ruth = await gateway.signIn('ruth')
  const held = await ruth.post('/api/holds', { name: 'Matter', reason: 'x', scope: { post: post.postId } })
  assert.ok(held.statusCode < 300, held.body)
  assert.equal(await disposeMedia(gateway), 0, 'a hold that has not reached the bucket counts')
  await sealOnce(gateway, { force: true })
  await carryHolds(gateway)
  assert.equal(await disposeMedia(gateway), 0, 'a hold is on it')
  await runSql(
    gateway.database.ownerUrl,
    `update archive.hold set release_requested_by = gen_random_uuid(), release_requested_at = now(), released_by = gen_random_uuid(), released_at = now()`,
  )
  await carryHolds(gateway)
  assert.equal(await there(), true)
  assert.equal(await disposeMedia(gateway), 1)
  assert.equal(await there(), false)
  assert.equal(await disposeMedia(gateway), 0)
  await sealOnce(gateway, { force: true })
  assert.deepEqual((await verifyArchive(gateway, { scope: 'full' })).problems, [])
  const records = await ruth.get('/api/archive/records?type=record.disposed')
  assert.match(records.body, /every record that speaks of the file was disposed of/)
})
