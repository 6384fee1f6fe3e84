import { sql } from 'kysely'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { Db } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readOnceActive } from '#server/policies/active-version.ts'
import type { PolicyFileSource } from '#server/policies/load-policy.ts'
import { runAside } from '#server/policies/run-aside.ts'
import { keyedRevisions, leastId, longestWrite, readNewestKeys, unreadRevisions } from '#server/posts/index-touch.ts'

/** Which past verdicts stand under a draft: those of some versions, but for revisions that a changed rule can touch. */
export interface KeptVerdicts {
  readonly versions: readonly string[]
  /** Revisions that a changed rule can touch: sorted ids of 16 bytes, in memory that all threads share. */
  readonly touched: SharedArrayBuffer
  /** The least id of those that may have come while the index was asked: they count as touched. */
  readonly unknownFrom: string
}

/** What was judged under older versions, or beyond so many characters of files, is judged anew. */
const versionsAtMost = 20
const charactersAtMost = 10_000_000
/** Each is looked up in the index. */
const keysAtMost = 30_000
/** Where more of the posts have a word of a changed rule, looking them up costs more than it spares. */
const mostTouched = 0.75
const sampleSize = 400
const idBytes = 16

/**
 * What a draft leaves as it is, told from the index of words alone; undefined where that is too little to be worth a look.
 * A verdict stands because the engine is pure: rules that judge as they did find again what they found.
 */
export async function findKeptVerdicts(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  draft: readonly PolicyFileSource[],
): Promise<KeptVerdicts | undefined> {
  const versions: string[] = []
  const keys = new Set<number>()
  const before = takeReadable(await readOnceActive(db, versionsAtMost))
  const plans = await runAside('planTouches', draft, ...before.map(({ files }) => files))
  for (const [at, { version }] of before.entries()) {
    const plan = plans[at]!
    if (plan.everything.length > 0 || plan.keys.length > keysAtMost) continue
    versions.push(version)
    for (const key of plan.keys) keys.add(key)
  }
  if (versions.length === 0 || keys.size > keysAtMost || (await estimateShare(db, keys)) > mostTouched) return undefined
  const unknownFrom = leastId(addMilliseconds(clock.now(), -longestWrite))
  return { versions, touched: await readTouchedIds(db, [...keys]), unknownFrom }
}

type Version = Awaited<ReturnType<typeof readOnceActive>>[number]

/** The newest of which all files together are read in seconds. */
function takeReadable(versions: readonly Version[]): Version[] {
  let characters = 0
  return versions.filter(({ files }) => {
    characters += files.reduce((sum, { text }) => sum + text.length, 0)
    return characters <= charactersAtMost
  })
}

/** The share of the newest indexed revisions that have one of the keys; 1 where nothing is indexed. */
async function estimateShare(db: Db, keys: ReadonlySet<number>): Promise<number> {
  const sample = await readNewestKeys(db, sampleSize)
  const touched = sample.filter((one) => one.some((key) => keys.has(key)))
  return sample.length === 0 ? 1 : touched.length / sample.length
}

/** Ids of all revisions that have one of the keys or are not in the index yet. */
async function readTouchedIds(db: Db, keys: readonly number[]): Promise<SharedArrayBuffer> {
  const { rows } = await sql<{ ids: Buffer | null }>`
    select string_agg(uuid_send(v.id), '' order by v.id) as ids from (
      select t.id from ${keyedRevisions(keys)} union select r.id from ${await unreadRevisions(db)}) v`.execute(db)
  const ids = rows[0]!.ids ?? Buffer.alloc(0)
  const shared = new SharedArrayBuffer(ids.length)
  new Uint8Array(shared).set(ids)
  return shared
}

/** Tells whether a changed rule can touch a revision. */
export function openTouched({ touched, unknownFrom }: KeptVerdicts): (revisionId: string) => boolean {
  const ids = new DataView(touched)
  const count = touched.byteLength / idBytes
  return (revisionId) => {
    if (revisionId >= unknownFrom) return true
    const words = wordsOf(revisionId)
    let [low, high] = [0, count]
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareAt(ids, middle * idBytes, words)
      if (order === 0) return true
      if (order < 0) low = middle + 1
      else high = middle
    }
    return false
  }
}

function wordsOf(id: string): readonly number[] {
  const digits = id.replaceAll('-', '')
  return [0, 8, 16, 24].map((at) => Number.parseInt(digits.slice(at, at + 8), 16))
}

function compareAt(ids: DataView, at: number, words: readonly number[]): number {
  for (let word = 0; word < words.length; word++) {
    const difference = ids.getUint32(at + 4 * word) - words[word]!
    if (difference !== 0) return difference
  }
  return 0
}
