import type { Db } from '#server/platform/database.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { fromUtf8 } from '#shared/tlog/bytes.ts'
import { checkpointFolder, checkpointKey, checkpointSize } from './object-keys.ts'
import { readSealed, readUnfinishedSeal } from './seal-queries.ts'

/** Why nothing may be numbered or sealed until somebody looked, in words for an auditor. */
export interface Refusal {
  readonly kind: 'bucket_ahead' | 'bucket_behind' | 'bucket_differs'
  readonly sentence: string
}

/**
 * Compares the newest checkpoint in the bucket with what the database believes. The bucket is right: a database that was
 * restored from an old backup must not number records again. `undefined` when they agree.
 */
export async function checkBucket(db: Db, store: ObjectStore): Promise<Refusal | undefined> {
  const sealed = await readSealed(db)
  const planned = (await readUnfinishedSeal(db))?.treeSize ?? sealed.treeSize
  const newest = await findNewestCheckpoint(store, sealed.treeSize)
  if (newest > planned) {
    return {
      kind: 'bucket_ahead',
      sentence: `The object store holds a checkpoint of ${newest} entries, the database knows only ${planned}: it was restored from an older state. Run "archive rebuild" before anything is sealed.`,
    }
  }
  return compareLastSeal(db, store)
}

/**
 * Is the newest checkpoint that the database believes sealed still the bucket's? Asked before each seal too: a bucket that
 * was restored from an older copy under a running gateway must not be sealed upon, because from then on its newest
 * checkpoint would agree again. `undefined` when it is, or when nothing was sealed yet.
 */
export async function compareLastSeal(db: Db, store: ObjectStore): Promise<Refusal | undefined> {
  const sealed = await readSealed(db)
  if (sealed.note === undefined) return undefined
  const stored = await store.get(checkpointKey(sealed.treeSize))
  if (stored === undefined) {
    return {
      kind: 'bucket_behind',
      sentence: `The checkpoint of ${sealed.treeSize} entries, which was sealed, is not in the object store: objects were lost, or this is another bucket.`,
    }
  }
  if (fromUtf8(stored) === sealed.note) return undefined
  return {
    kind: 'bucket_differs',
    sentence: `The object store and the database hold two different checkpoints of ${sealed.treeSize} entries: the log was forked.`,
  }
}

/** The size of the newest checkpoint in the bucket, looking from a size that is known on; 0 when there is none. */
export async function findNewestCheckpoint(store: ObjectStore, from: number): Promise<number> {
  let newest = 0
  for (let million = Math.floor(from / 1e6); ; million++) {
    let found = false
    for await (const object of store.list(checkpointFolder(million))) {
      const size = object.deleteMarker ? undefined : checkpointSize(object.key)
      if (size === undefined) continue
      found = true
      newest = Math.max(newest, size)
    }
    // A seal spans far less than a million entries, so the first empty folder after the known size ends the search.
    if (!found && million > Math.floor(from / 1e6)) return newest
  }
}
