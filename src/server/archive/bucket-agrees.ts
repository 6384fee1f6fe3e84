import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import { checkBucket } from './check-bucket.ts'

const answers = new WeakMap<Db, Promise<boolean>>()

/**
 * Did bucket and database agree since this process began? Not while the bucket is away, nor while the database is older
 * than it: a restored database does not know what left after its backup. The sealer says so in words.
 */
export async function bucketAgrees(deps: Pick<Deps, 'db' | 'objectStore'>): Promise<boolean> {
  // One question for all who ask at once: it lists the newest checkpoints of the bucket.
  const asked = answers.get(deps.db) ?? askBucket(deps)
  answers.set(deps.db, asked)
  const agrees = await asked.catch((error: unknown) => {
    answers.delete(deps.db)
    throw error
  })
  if (!agrees) answers.delete(deps.db)
  return agrees
}

async function askBucket({ db, objectStore }: Pick<Deps, 'db' | 'objectStore'>): Promise<boolean> {
  try {
    return (await checkBucket(db, objectStore)) === undefined
  } catch (error) {
    if (error instanceof ObjectStoreError) return false
    throw error
  }
}
