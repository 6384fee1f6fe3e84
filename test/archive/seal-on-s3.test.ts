import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { pino } from 'pino'
import { anchorCheckpoints } from '#server/archive/anchor-checkpoint.ts'
import { carryHolds } from '#server/archive/carry-holds.ts'
import { lengthenLocks } from '#server/archive/lengthen-locks.ts'
import { placeHold } from '#server/archive/place-hold.ts'
import { releaseHold } from '#server/archive/release-hold.ts'
import { extendRetention } from '#server/archive/retention.ts'
import { openS3ObjectStore } from '#server/archive/s3-object-store.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import type { Actor } from '#server/platform/actor.ts'
import { openArchive } from '#test/support/open-archive.ts'
import { requireS3Server } from '#test/support/s3-server.ts'

const server = await requireS3Server()
const log = pino({ level: 'silent' })
const firm = '019a0000-0000-7000-8000-0000000000f1'

function officer(userId: string): Actor {
  const grants = [{ role: 'records_officer' as const, unitId: firm }]
  return { kind: 'user', userId, displayName: 'Records', unitId: firm, unitPath: [firm], grants }
}
const ruth = officer('019a0000-0000-7000-8000-0000000000a8')
const tom = officer('019a0000-0000-7000-8000-0000000000a9')

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

  test('a second bucket, legal holds and longer terms reach a real Object Lock server', async (t) => {
    const archive = await openArchive(t, { tampers: true })
    const [first, second] = ['held', 'copied'].map((bucket) =>
      openS3ObjectStore({ ...settings, bucket }, archive.clock),
    )
    for (const name of ['held', 'copied'])
      await owner.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: true }))
    t.after(() => [first!, second!].forEach((store) => store.close()))
    const deps = { ...archive, objectStore: first!, log, anchors: { store: second!, witnesses: [] } }
    await sql`insert into unit (id, parent_id, name, slug, path, created_at)
      values (${firm}, null, 'Firm', 'firm', array[${firm}]::uuid[], now())`.execute(archive.db)
    for (let count = 0; count < 300; count += 1) await archive.append({ body: { note: String(count) } })
    assert.equal((await sealOnce(deps, { force: true })).state, 'sealed')
    await anchorCheckpoints(deps)
    assert.deepEqual((await verifyArchive(deps, { scope: 'full' })).problems, [])
    const copied = await Array.fromAsync(second!.list(''), (version) => version.key)
    assert.ok(copied.includes('tile/0/000') && copied.every((key) => !key.startsWith('bodies/')))

    const [bodies] = await Array.fromAsync(first!.list('bodies/'))
    const at = { Bucket: 'held', Key: bodies!.key, VersionId: bodies!.versionId }
    const holdStatus = async () => (await owner.send(new GetObjectLegalHoldCommand(at))).LegalHold?.Status
    const hold = await placeHold(deps, ruth, { name: 'Matter', reason: 'x', scope: {} })
    await carryHolds(deps)
    assert.equal(await holdStatus(), 'ON')
    for (const officer of [ruth, tom]) await releaseHold(deps, officer, hold.holdId, 'Settled')
    await carryHolds(deps)
    assert.equal(await holdStatus(), 'OFF')

    const before = (await first!.head(bodies!.key))!.retainUntil
    await extendRetention(deps, ruth, 'mifid-7y', 9, 'The authority asked')
    assert.ok((await lengthenLocks(deps)) > 0)
    const { retainUntil } = (await first!.head(bodies!.key))!
    assert.equal(Number(retainUntil.slice(0, 4)), Number(before.slice(0, 4)) + 2)
    await assert.rejects(owner.send(new DeleteObjectCommand(at)))
    await sealOnce(deps, { force: true })
    await lengthenLocks(deps)
    assert.deepEqual((await verifyArchive(deps, { scope: 'full' })).problems, [])
  })
}
