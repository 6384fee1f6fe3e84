import assert from 'node:assert/strict'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { bucketAgrees } from '#server/archive/bucket-agrees.ts'
import { findNewestCheckpoint } from '#server/archive/check-bucket.ts'
import { checkpointKey } from '#server/archive/object-keys.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { utf8 } from '#shared/tlog/bytes.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

async function sealSome(archive: TestArchive) {
  await archive.append()
  archive.clock.advance(1_000)
  return sealOnce(archive, { force: true })
}

/** The bucket's folder as a copy holds it, put back in place under whoever has it open. */
async function putBack(archive: TestArchive, copy: string): Promise<void> {
  for (const name of ['checkpoint', 'entries', 'bodies']) {
    await rm(join(archive.objectDirectory, name), { recursive: true, force: true })
    await cp(join(copy, name), join(archive.objectDirectory, name), { recursive: true })
  }
}

test('a bucket that is restored from an older copy under a running gateway is not sealed upon, also after a restart, until what was lost is back (SEC-3)', async (t) => {
  const archive = await openArchive(t)
  const copy = (name: string) => join(archive.objectDirectory, '..', name)
  await sealSome(archive)
  await cp(archive.objectDirectory, copy('older'), { recursive: true })
  await sealSome(archive)
  await sealSome(archive)
  await verifyArchive(archive, { scope: 'recent' })
  await cp(archive.objectDirectory, copy('whole'), { recursive: true })

  await putBack(archive, copy('older'))
  for (const process of [archive, archive, archive.restart()]) {
    const { state, sealedSize, refusal } = await sealSome(process)
    assert.deepEqual([state, sealedSize, refusal?.kind], ['refused', 3, 'bucket_behind'])
    assert.match(refusal!.sentence, /checkpoint of 3 entries, which was sealed, is not in the object store/)
  }

  await putBack(archive, copy('whole'))
  const { state, sealedSize, treeSize } = await sealSome(archive)
  assert.deepEqual([state, sealedSize], ['sealed', treeSize])
  const incidents = await archive.db
    .selectFrom('archive.archive_record')
    .select('id')
    .where('type', '=', 'archive.incident')
    .execute()
  assert.equal(incidents.length, 2, 'one for each process')
})

test('bucket and database are compared once for all who ask, and again by the next where they did not agree', async (t) => {
  const archive = await openArchive(t)
  await sealSome(archive)
  let listed = 0
  let list: TestArchive['objectStore']['list'] = () => {
    throw new ObjectStoreError('away', { retryable: true })
  }
  const count = (prefix: string) => {
    listed += 1
    return list(prefix)
  }
  const objectStore = new Proxy(archive.objectStore, {
    get: (store, name) => (name === 'list' ? count : Reflect.get(store, name).bind(store)),
  })
  const ask = () => bucketAgrees({ db: archive.db, objectStore })
  assert.deepEqual(await Promise.all([ask(), ask()]), [false, false], 'not while the bucket is away')
  assert.equal(listed, 1)
  list = () => {
    throw new Error('a bug')
  }
  await assert.rejects(ask(), /a bug/)
  await objectStore.put(checkpointKey(9), utf8('x'), '2030-01-01T00:00:00.000Z')
  list = (prefix) => archive.objectStore.list(prefix)
  assert.equal(await ask(), false, 'the bucket is ahead')
  await rm(join(archive.objectDirectory, `${checkpointKey(9)}~`), { recursive: true })
  assert.equal(await ask(), true)
  const asked = listed
  assert.equal(await ask(), true)
  assert.equal(listed, asked, 'it is known for as long as the process lives')
})

test('the newest checkpoint is found across the folders of millions, and a delete marker is none', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const store = archive.objectStore
  const put = (size: number) => store.put(checkpointKey(size), utf8('x'), '2030-01-01T00:00:00.000Z')
  assert.equal(await findNewestCheckpoint(store, 0), 0)
  await put(1_000_010)
  assert.equal(await findNewestCheckpoint(store, 999_990), 1_000_010, 'the folder of what is known is empty')
  await put(999_990)
  for (const from of [0, 999_990, 1_000_000]) assert.equal(await findNewestCheckpoint(store, from), 1_000_010)
  await put(2_000_001)
  const folder = join(archive.objectDirectory, `${checkpointKey(2_000_001)}~`)
  assert.equal(await findNewestCheckpoint(store, 999_990), 2_000_001)
  await rm(folder, { recursive: true })
  await mkdir(folder)
  await writeFile(join(folder, `00000001-${crypto.randomUUID()}.deleted`), '')
  assert.equal(await findNewestCheckpoint(store, 999_990), 1_000_010)
})
