import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { openS3ObjectStore, type S3Settings } from '#server/archive/s3-object-store.ts'
import { addMilliseconds, systemClock } from '#server/platform/clock.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { requireS3Server } from '#test/support/s3-server.ts'
import { describeObjectStore } from './object-store-contract.ts'

const server = await requireS3Server()

if (server === undefined)
  it('S3 with Object Lock', { skip: 'no S3 server with Object Lock on this machine: NOT tested' })
else {
  const { stop, ...access } = server
  const settings: S3Settings = { ...access, bucket: `evidence-${process.pid}`, partSize: 5 * 1024 * 1024 }
  const { accessKeyId, secretAccessKey } = settings
  const raw = new S3Client({
    endpoint: access.endpoint,
    region: access.region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  await raw.send(new CreateBucketCommand({ Bucket: settings.bucket, ObjectLockEnabledForBucket: true }))
  const store = openS3ObjectStore(settings, systemClock)
  const inAnHour = () => addMilliseconds(systemClock.now(), 3_600_000)
  const at = { Bucket: settings.bucket }
  after(async () => {
    store.close()
    raw.destroy()
    await stop()
  })

  describeObjectStore('S3 object store on a real Object Lock server', async () => ({
    store,
    pass: async (milliseconds) => delay(milliseconds),
    foreign: {
      overwrite: async (Key, Body) => void (await raw.send(new PutObjectCommand({ ...at, Key, Body }))),
      markDeleted: async (Key) => void (await raw.send(new DeleteObjectCommand({ ...at, Key }))),
    },
  }))

  it('locks so that the owner of the bucket cannot delete, shorten or downgrade (SEC-1)', async () => {
    const stored = await store.put('locked/owner', Buffer.from('x'), inAnHour())
    const version = { ...at, Key: stored.key, VersionId: stored.versionId }
    const head = await raw.send(new HeadObjectCommand(version))
    assert.equal(head.ObjectLockMode, 'COMPLIANCE')
    await assert.rejects(raw.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })))
    const sooner = new Date(Date.parse(stored.retainUntil) - 60_000)
    for (const Mode of ['COMPLIANCE', 'GOVERNANCE'] as const) {
      const Retention = { Mode, RetainUntilDate: sooner }
      await assert.rejects(
        raw.send(new PutObjectRetentionCommand({ ...version, BypassGovernanceRetention: true, Retention })),
      )
    }
    assert.deepEqual(await store.get(stored.key), Buffer.from('x'))
  })

  it('locks an object that went up in parts', async () => {
    const bytes = Buffer.alloc(11 * 1024 * 1024, 'part ')
    const stored = await store.put('locked/parts', bytes, inAnHour())
    const head = await raw.send(new HeadObjectCommand({ ...at, Key: stored.key, VersionId: stored.versionId }))
    assert.equal(head.ObjectLockMode, 'COMPLIANCE')
    assert.match(head.ETag ?? '', /-3"$/)
    const back = await store.get(stored.key)
    assert.ok(back !== undefined && Buffer.compare(back, bytes) === 0)
  })

  it('shows a legal hold to everybody who asks the bucket', async () => {
    const stored = await store.put('locked/hold', Buffer.from('x'), inAnHour())
    await store.setLegalHold(stored.key, stored.versionId, true)
    const version = { ...at, Key: stored.key, VersionId: stored.versionId }
    assert.equal((await raw.send(new GetObjectLegalHoldCommand(version))).LegalHold?.Status, 'ON')
  })

  it('lists more versions than one answer of the bucket holds', async () => {
    const count = 1_030
    for (let from = 0; from < count; from += 50)
      await Promise.all(
        Array.from({ length: Math.min(50, count - from) }, (_, index) =>
          raw.send(new PutObjectCommand({ ...at, Key: `many/${String(from + index).padStart(5, '0')}`, Body: 'x' })),
        ),
      )
    const keys = await Array.fromAsync(store.list('many/'), (version) => version.key)
    assert.equal(keys.length, count)
    assert.deepEqual(keys, keys.toSorted())
  })

  it('reports an object that somebody stored without a lock instead of trusting it', async () => {
    await raw.send(new PutObjectCommand({ ...at, Key: 'unlocked', Body: 'x' }))
    const failure = (error: unknown) =>
      error instanceof ObjectStoreError && !error.retryable && /no compliance lock/.test(error.message)
    await assert.rejects(store.head('unlocked'), failure)
    await assert.rejects(store.put('unlocked', Buffer.from('y'), inAnHour()), failure)
  })

  it('locks its own bytes when a crash left them without a lock', async () => {
    await raw.send(new PutObjectCommand({ ...at, Key: 'half', Body: 'x' }))
    await store.put('half', Buffer.from('x'), inAnHour())
    assert.equal((await raw.send(new HeadObjectCommand({ ...at, Key: 'half' }))).ObjectLockMode, 'COMPLIANCE')
  })

  it('refuses to work with a bucket that has no Object Lock, a wrong key or no bucket', async () => {
    await raw.send(new CreateBucketCommand({ Bucket: `plain-${process.pid}` }))
    for (const wrong of [
      { bucket: `plain-${process.pid}` },
      { secretAccessKey: 'wrong' },
      { bucket: 'absent-bucket' },
    ]) {
      const other = openS3ObjectStore({ ...settings, ...wrong }, systemClock)
      await assert.rejects(other.check(), (error) => error instanceof ObjectStoreError && !error.retryable)
      other.close()
    }
  })
}
