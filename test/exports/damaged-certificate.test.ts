import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { BucketDamaged, exportFromBucket, type BucketExport } from '#server/exports/make-bucket-package.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { alteredStore, flipped } from '#test/support/altered-store.ts'
import { openArchive, testSigner, type TestArchive } from '#test/support/open-archive.ts'
import { runSql } from '#test/support/test-cluster.ts'
import { everything } from './made-log.ts'
import { contentOf } from './make-export.ts'

const folder = await mkdtemp(join(tmpdir(), 'damaged-certificate-'))
after(() => rm(folder, { recursive: true, force: true }))
let made = 0

async function make(
  archive: TestArchive,
  objectStore: ObjectStore,
  despiteDamage = false,
): Promise<BucketExport & { readonly path: string }> {
  const path = join(folder, `${(made += 1)}.zip`)
  const about = { requestedBy: 'Ruth', reason: 'x', recipient: null, timeZone: 'UTC', language: 'en' as const }
  const filter = { ...everything, to: '2024-01-01T00:00:00.000Z' }
  const wish = { ...about, formats: ['jsonl', 'html', 'csv'], query: {}, filter, despiteDamage }
  const deps = { objectStore, clock: archive.clock, checkpointSigner: testSigner() }
  return { path, ...(await exportFromBucket(deps, wish, path, `${path}.partial`)) }
}

async function seal(archive: TestArchive): Promise<void> {
  assert.equal((await sealOnce(archive, { force: true })).state, 'sealed')
}

const body = { note: 'To be forgotten one day' }
const post = '0190163d-8694-739b-aea5-966c26f8ad91'

/**
 * Three years of October 2023 that are over and ten of pharma that are not, in 256 entries, and one of 2024; then what happens later, in a
 * seal of its own, and what bridges it and follows. The bucket keeps the bodies' file, as it does until a lock ends.
 */
async function furnish(t: TestContext, later: (archive: TestArchive) => Promise<unknown>): Promise<TestArchive> {
  const archive = await openArchive(t, { tampers: true })
  await runSql(archive.database.ownerUrl, `select archive.make_partitions('2023-10-01', 1)`)
  archive.clock.set('2023-10-15T09:00:00.000Z')
  await archive.append({ retentionClass: 'us-bd-3y', streams: { post }, body })
  for (let n = 1; n < 256; n += 1) await archive.append({ retentionClass: 'pharma' })
  await seal(archive)
  archive.clock.set('2024-02-01T09:00:00.000Z')
  await archive.append()
  await seal(archive)
  archive.clock.set('2026-11-02T09:00:00.000Z')
  await later(archive)
  await seal(archive)
  for (const count of [256, 1]) {
    archive.clock.advance(1_000)
    for (let n = 0; n < count; n += 1) await archive.append()
    await seal(archive)
  }
  return archive
}

async function dispose(archive: TestArchive): Promise<void> {
  const keeping = { ...alteredStore(archive.objectStore, (_, bytes) => bytes), destroy: async () => {} }
  assert.deepEqual((await disposeRecords({ ...archive, objectStore: keeping })).disposed, ['2026-11'])
}

const withCertificate = (key: string) => key.startsWith('entries/000000000257-')
const gone = () => undefined
const relabelled = (bytes: Buffer) =>
  zstdCompressSync(zstdDecompressSync(bytes).toString().replace('session.started', 'record.disposed'))

test('where the certificate of a destruction cannot be read, the bodies that still lie in the bucket are held back and named (GDPR-2)', async (t) => {
  const archive = await furnish(t, dispose)
  const whole = await make(archive, archive.objectStore)
  assert.deepEqual([whole.findings, whole.manifest.counts.disposed], [[], 1])

  for (const how of [flipped, gone]) {
    const damaged = alteredStore(archive.objectStore, (key, bytes) => (withCertificate(key) ? how(bytes) : bytes))
    const refused = await make(archive, damaged).then(
      () => assert.fail('bodies were delivered'),
      (error: unknown) => error,
    )
    assert.ok(refused instanceof BucketDamaged)
    assert.match(refused.findings.join('\n'), /log index 0 .*held back: it may have been disposed of since 2026-11/)

    const { path, manifest, findings } = await make(archive, damaged, true)
    assert.deepEqual([manifest.counts.delivered, manifest.counts.disposed], [255, 0])
    assert.match(JSON.stringify(manifest.coverageGaps), /log index 0 .*held back/)
    assert.match(findings.join('\n'), /log index 0 .*held back/)
    for (const name of ['records.jsonl', 'posts.html', 'records.csv'])
      assert.doesNotMatch(await contentOf(path, name), /forgotten/)
    const { problems } = await verifyPackage(path, testSigner().verifierKey)
    assert.equal(problems[0]?.logIndex, 0)
  }
})

test('the body of a certificate that cannot be read, and a certificate whose neighbour’s body vanishes while the bucket is read', async (t) => {
  const archive = await furnish(t, async (made) => {
    await made.append()
    await dispose(made)
  })
  const isOfCertificate = (key: string) => key.startsWith('bodies/permanent/')
  const blind = alteredStore(archive.objectStore, (key, bytes) => (isOfCertificate(key) ? flipped(bytes) : bytes))
  assert.equal((await make(archive, blind, true)).manifest.counts.delivered, 255)

  // As when the gateway itself destroys a file that the listing still had.
  const listing = alteredStore(archive.objectStore, (_, bytes) => bytes)
  const vanishing: ObjectStore = {
    ...listing,
    get: async (key, version) =>
      key.startsWith('bodies/mifid-7y/') && key.includes('000000000259') ? undefined : listing.get(key, version),
  }
  const { manifest } = await make(archive, vanishing, true)
  assert.deepEqual([manifest.counts.delivered, manifest.counts.disposed], [256, 1])
})

test('a certificate that somebody wrote into a damaged bundle hides no record', async (t) => {
  const content = { month: '2033-11', reason: 'forged', retentionClasses: ['pharma'] }
  const archive = await furnish(t, (made) => made.append({ retentionClass: 'permanent', body: content }))
  const forged = alteredStore(archive.objectStore, (key, bytes) => (withCertificate(key) ? relabelled(bytes) : bytes))
  const { manifest } = await make(archive, forged, true)
  assert.deepEqual([manifest.counts.delivered, manifest.counts.disposed], [255, 0])
})

test('damage before a month ended holds nothing of that month back, and is gone round also where it can be read', async (t) => {
  const archive = await furnish(t, async (made) => {
    made.clock.set('2026-10-31T09:00:00.000Z')
    await made.append()
  })
  for (const how of [flipped, relabelled, gone]) {
    const damaged = alteredStore(archive.objectStore, (key, bytes) => (withCertificate(key) ? how(bytes) : bytes))
    const { manifest } = await make(archive, damaged)
    assert.equal(manifest.counts.delivered, 256)
  }
})
