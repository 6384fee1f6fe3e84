import assert from 'node:assert/strict'
import test from 'node:test'
import { isSealed } from '#server/archive/is-sealed.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { openArchive } from '#test/support/open-archive.ts'

test('A record that a release waits for is sealed at once, with everything before it', async (t) => {
  const archive = await openArchive(t)
  const first = await archive.append()
  const second = await archive.append({ type: 'publication.released' })
  assert.equal(await isSealed(archive.db, second), false)
  const result = await sealOnce(archive)
  assert.deepEqual(result, { state: 'sealed', integrated: 2, treeSize: 2, sealedSize: 2 })
  assert.equal(await isSealed(archive.db, first), true)
  assert.equal(await isSealed(archive.db, second), true)
})

test('Records that nobody waits for are numbered at once and sealed after a minute or 256 entries', async (t) => {
  const archive = await openArchive(t)
  await archive.append()
  assert.deepEqual(await sealOnce(archive), { state: 'waiting', integrated: 1, treeSize: 1, sealedSize: 0 })
  archive.clock.advance(59_999)
  assert.equal((await sealOnce(archive)).sealedSize, 0)
  archive.clock.advance(1)
  assert.equal((await sealOnce(archive)).sealedSize, 1)
  for (let count = 0; count < 256; count++) await archive.append()
  assert.equal((await sealOnce(archive)).sealedSize, 257)
  assert.deepEqual(await sealOnce(archive), { state: 'idle', integrated: 0, treeSize: 257, sealedSize: 257 })
})
