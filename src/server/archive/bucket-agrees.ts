import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { checkBucket } from './check-bucket.ts'

const agreed = new WeakSet<Db>()

/**
 * Did bucket and database agree since this process began? Not while the bucket is away, nor while the database is older
 * than it: a restored database does not know what left after its backup. The sealer says so in words.
 */
export async function bucketAgrees({ db, objectStore }: Pick<Deps, 'db' | 'objectStore'>): Promise<boolean> {
  if (agreed.has(db)) return true
  try {
    if ((await checkBucket(db, objectStore)) !== undefined) return false
  } catch (error) {
    if (error instanceof ObjectStoreError) return false
    throw error
  }
  agreed.add(db)
  return true
}
