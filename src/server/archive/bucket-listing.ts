import { sql } from 'kysely'
import type { Db } from '#server/platform/database.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { bodiesMonth, checkpointKey, checkpointSize, entriesKey, entriesRange } from './object-keys.ts'
import { problem, type Problem } from './problem.ts'

/** One seal as the bucket knows it: a checkpoint, and the entries since the checkpoint before it. */
export interface BucketSeal {
  readonly treeSize: number
  readonly firstIndex: number
  readonly checkpointKey: string
}

/** What a verification reads: seals in log order, and objects by their first version. */
export interface Source {
  readonly seals: readonly BucketSeal[]
  /** The sealed version of a key; `undefined` when the bucket does not hold it. */
  readonly read: (key: string) => Promise<Uint8Array | undefined>
  /** Files of bodies by the seal that wrote them. */
  readonly bodyKeys: ReadonlyMap<number, readonly string[]>
  readonly problems: readonly Problem[]
}

/**
 * Everything in the bucket, by its own listing: nothing is taken from the database. Sealing goes on meanwhile: checkpoints
 * are listed first, because what one promises was written before it.
 */
export async function listBucket(store: ObjectStore): Promise<Source> {
  const listings = [
    await listFirstVersions(store, 'checkpoint/'),
    ...(await Promise.all(['entries/', 'bodies/', 'tile/'].map((prefix) => listFirstVersions(store, prefix)))),
  ]
  const [checkpoints, entries, bodies] = listings.map((listing) => [...listing.versions.keys()])
  const seals = toSeals(checkpoints!)
  const versions = new Map(listings.flatMap((listing) => [...listing.versions]))
  return {
    seals,
    read: async (key) => (versions.has(key) ? store.get(key, versions.get(key)) : undefined),
    bodyKeys: groupBodies(bodies!),
    problems: [...listings.flatMap((listing) => listing.problems), ...findStrayEntries(entries!, seals)],
  }
}

/** What was sealed after a size, as the database pinned it: enough for a check after each seal. */
export async function listRecent(db: Db, store: ObjectStore, start: number): Promise<Source> {
  const { rows } = await sql<{ key: string; version: string }>`
    select key, version_id as version from archive.object o
      where tree_size >= ${start} and not exists (select from archive.destroyed_object x where x.key = o.key) order by key`.execute(
    db,
  )
  const versions = new Map(rows.map((row) => [row.key, row.version]))
  const keys = [...versions.keys()]
  return {
    seals: toSeals(keys).filter((seal) => seal.treeSize > start),
    read: async (key) => (versions.has(key) ? store.get(key, versions.get(key)) : undefined),
    bodyKeys: groupBodies(keys),
    problems: [],
  }
}

interface Listing {
  readonly versions: Map<string, string>
  readonly problems: Problem[]
}

/**
 * Keys are written once and locked: a second version or a delete marker is a foreign hand, is reported, and changes
 * nothing, because reads go to the first version.
 */
async function listFirstVersions(store: ObjectStore, prefix: string): Promise<Listing> {
  const listing: Listing = { versions: new Map(), problems: [] }
  const doubled = new Set<string>()
  for await (const { key, versionId, deleteMarker } of store.list(prefix)) {
    if (deleteMarker) {
      listing.problems.push(problem('delete_marker', `Somebody tried to delete "${key}".`))
    } else if (listing.versions.has(key)) {
      doubled.add(key)
    } else {
      listing.versions.set(key, versionId)
    }
  }
  for (const key of doubled) {
    listing.problems.push(
      problem(
        'second_version',
        `Somebody wrote over "${key}"; the first version is there and is the one that is read.`,
      ),
    )
    // Which version is the first is the store's word: its listing order differs between servers.
    listing.versions.set(key, (await store.head(key))?.versionId ?? listing.versions.get(key)!)
  }
  return listing
}

/** Checkpoints in log order; each begins where the one before it ends. */
function toSeals(keys: readonly string[]): BucketSeal[] {
  const sizes = keys.map(checkpointSize).filter((size) => size !== undefined)
  sizes.sort((one, other) => one - other)
  return sizes.map((treeSize, at) => ({
    treeSize,
    firstIndex: sizes[at - 1] ?? 0,
    checkpointKey: checkpointKey(treeSize),
  }))
}

function groupBodies(keys: readonly string[]): Map<number, string[]> {
  const groups = new Map<number, string[]>()
  for (const key of keys) {
    const named = bodiesMonth(key)
    if (named !== undefined) groups.set(named.treeSize, [...(groups.get(named.treeSize) ?? []), key])
  }
  return groups
}

/** Files of entries that no checkpoint promises; what begins at the newest checkpoint may be a seal in progress. */
function findStrayEntries(keys: readonly string[], seals: readonly BucketSeal[]): Problem[] {
  const promised = new Set(seals.map((seal) => entriesKey(seal.firstIndex, seal.treeSize)))
  const newest = seals.at(-1)?.treeSize ?? 0
  return keys.flatMap((key) => {
    const range = entriesRange(key)
    if (promised.has(key) || (range !== undefined && range.firstIndex >= newest)) return []
    return [problem('stray_object', `"${key}" belongs to no checkpoint.`, range?.firstIndex)]
  })
}
