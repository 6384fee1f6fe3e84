import assert from 'node:assert/strict'
import test from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { rebuildArchive } from '#server/archive/rebuild-archive.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'
import { faultyStore } from '#test/support/faulty-store.ts'
import { openArchive } from '#test/support/open-archive.ts'

test('A rebuild leaves out a body that is not the sealed one, names what did not come back, and can be repeated (SEC-5)', async (t) => {
  const archive = await openArchive(t)
  for (let count = 0; count < 3; count += 1) {
    await archive.append({ type: 'post.submitted', streams: { network: 'sandbox' }, body: { text: `Number ${count}` } })
    await sealOnce(archive, { force: true })
  }
  const sound = faultyStore(archive.objectStore, { atCall: Infinity, moment: 'before' })
  const keys: string[] = []
  for await (const { key } of sound.list('bodies/')) keys.push(key)
  const damaged: ObjectStore = {
    ...sound,
    async get(key, version) {
      const bytes = await sound.get(key, version)
      if (key === keys[0]) return undefined
      return key === keys[2]
        ? zstdCompressSync(zstdDecompressSync(bytes!).toString().replace('Number 2', 'Number 3'))
        : bytes
    },
  }
  const fresh = await cloneDatabase(t)
  const owner = openDatabase(openPool(fresh.ownerUrl, { warn: () => {} }, 1))
  t.after(() => owner.destroy())

  const first = await rebuildArchive(owner, damaged, archive.checkpointSigner)
  assert.deepEqual([first.treeSize, first.imported, first.bodiless], [3, 3, { count: 2, first: [0, 2] }])
  const bodies = await sql<{ text: string }>`
    select convert_from(body, 'UTF8')::json -> 'content' ->> 'text' as text from archive.archive_body`.execute(owner)
  assert.deepEqual(bodies.rows, [{ text: 'Number 1' }])

  const second = await rebuildArchive(owner, archive.objectStore, archive.checkpointSigner)
  assert.deepEqual([second.imported, second.searchable, second.bodiless], [0, 3, { count: 0, first: [] }])
  const service = openDatabase(openPool(fresh.serviceUrl, { warn: () => {} }, 2))
  t.after(() => service.destroy())
  assert.deepEqual((await verifyArchive({ ...archive, db: service }, { scope: 'full' })).problems, [])
})
