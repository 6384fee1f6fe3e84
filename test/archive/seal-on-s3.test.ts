import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { openS3ObjectStore } from '#server/archive/s3-object-store.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { openArchive } from '#test/support/open-archive.ts'
import { requireS3Server } from '#test/support/s3-server.ts'

const server = await requireS3Server()

if (server === undefined) {
  test('the archive on S3', { skip: 'no S3 server with Object Lock on this machine: NOT tested' })
} else {
  const { endpoint, region, accessKeyId, secretAccessKey } = server
  const settings = { endpoint, region, accessKeyId, secretAccessKey, bucket: 'evidence' }
  const options = { endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } }
  const owner = new S3Client({ ...options, requestChecksumCalculation: 'WHEN_REQUIRED' })
  const Bucket = settings.bucket
  await owner.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
  after(async () => {
    owner.destroy()
    await server.stop()
  })

  test('a sealed archive on a real Object Lock server verifies, and the owner of the bucket cannot change that', async (t) => {
    const archive = await openArchive(t, { tampers: true })
    const objectStore = openS3ObjectStore(settings, archive.clock)
    t.after(() => objectStore.close())
    const deps = { ...archive, objectStore }
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 120; count += 1) await archive.append({ body: { note: `${round} ${count}` } })
      const seal = await sealOnce(deps, { force: true })
      assert.equal(seal.state, 'sealed', seal.refusal?.sentence ?? String(seal.cause))
    }
    assert.deepEqual((await verifyArchive(deps, { scope: 'full' })).problems, [])

    const versions = (await owner.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []
    assert.ok(versions.length >= 10)
    for (const { Key, VersionId } of versions)
      await assert.rejects(owner.send(new DeleteObjectCommand({ Bucket, Key, VersionId })), `${Key} could be deleted`)
    // What a lock does not forbid: another version on top, and a delete marker.
    for (const { Key } of versions) {
      await owner.send(new PutObjectCommand({ Bucket, Key, Body: 'forged' }))
      await owner.send(new DeleteObjectCommand({ Bucket, Key }))
    }
    const { problems, recordsChecked } = await verifyArchive(deps, { scope: 'full' })
    assert.ok(recordsChecked >= 360, 'every record is still verified from the first versions')
    assert.ok(problems.length > 0, 'versions and markers on top are reported')
    for (const { sentence } of problems) assert.match(sentence, /tried to delete|version|further/)
  })
}
