import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
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
