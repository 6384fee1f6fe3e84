import type { TestContext } from 'node:test'
import { rebuildArchive } from '#server/archive/rebuild-archive.ts'
import { openDatabase, openPool, type Db } from '#server/platform/database.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'
import type { TestArchive } from '#test/support/open-archive.ts'

const silent = { warn: () => {} }

/** An empty database that learns an archive from its bucket alone, as the service then sees it, and what it learnt. */
export async function rebuildElsewhere(
  t: TestContext,
  archive: Pick<TestArchive, 'objectStore' | 'checkpointSigner'>,
): Promise<{ readonly db: Db; readonly rebuilt: Awaited<ReturnType<typeof rebuildArchive>> }> {
  const fresh = await cloneDatabase(t)
  const owner = openDatabase(openPool(fresh.ownerUrl, silent, 1))
  const rebuilt = await rebuildArchive(owner, archive.objectStore, archive.checkpointSigner)
  await owner.destroy()
  const db = openDatabase(openPool(fresh.serviceUrl, silent, 2))
  t.after(() => db.destroy())
  return { db, rebuilt }
}
