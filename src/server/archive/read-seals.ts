import type { BucketSeal, Source } from './bucket-listing.ts'
import { entriesKey } from './object-keys.ts'
import type { SealBytes, SealSummary } from './summarise-seal.ts'
import type { Summariser } from './summarise-seals.ts'

/** One seal as the bucket holds it, recomputed. */
export interface ReadSeal {
  readonly seal: BucketSeal
  /** The checkpoint's bytes; `undefined` when the bucket does not hold it. */
  readonly note: Uint8Array | undefined
  /** `undefined`: something about the seal is unusual, and the slow way must say what. */
  readonly summary: SealSummary | undefined
}

/** Entries that are read and recomputed in one go, unless one seal is larger: bounds the memory of a verification. */
const goLength = 10_000
/** Seals of one go: a bucket and a process have only so many connections and open files. */
const goSeals = 32

/** Reads and recomputes seals in log order, some goes ahead of whoever takes them. */
export async function* readSeals(
  source: Source,
  summariser: Summariser,
): AsyncGenerator<readonly ReadSeal[], void, undefined> {
  const goes = cutGoes(source.seals)
  const ahead: Promise<readonly ReadSeal[]>[] = []
  for (;;) {
    while (ahead.length <= summariser.lanes) {
      const next = goes.next()
      if (next.done === true) break
      const reading = readGo(source, summariser, next.value)
      reading.catch(() => {}) // met where it is awaited
      ahead.push(reading)
    }
    const first = ahead.shift()
    if (first === undefined) return
    yield await first
  }
}

function* cutGoes(seals: readonly BucketSeal[]): Generator<readonly BucketSeal[], void, undefined> {
  let go: BucketSeal[] = []
  for (const seal of seals) {
    if (go.length === goSeals || (go.length > 0 && seal.treeSize - go[0]!.firstIndex > goLength)) {
      yield go
      go = []
    }
    go.push(seal)
  }
  if (go.length > 0) yield go
}

async function readGo(source: Source, summariser: Summariser, go: readonly BucketSeal[]): Promise<ReadSeal[]> {
  const read = await Promise.all(
    go.map(async (seal) => ({
      seal,
      note: await source.read(seal.checkpointKey),
      bytes: await readBytes(source, seal),
    })),
  )
  const whole = read.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]))
  const summaries = await summariser.summarise(whole)
  const bySize = new Map(whole.map((bytes, at) => [bytes.treeSize, summaries[at]]))
  return read.map(({ seal, note }) => ({ seal, note, summary: bySize.get(seal.treeSize) }))
}

/** A seal's files; `undefined` when one is not there. */
async function readBytes(source: Source, seal: BucketSeal): Promise<SealBytes | undefined> {
  const keys = source.bodyKeys.get(seal.treeSize) ?? []
  const [entries, ...bodies] = await Promise.all(
    [entriesKey(seal.firstIndex, seal.treeSize), ...keys].map((key) => source.read(key)),
  )
  if (entries === undefined || bodies.includes(undefined)) return undefined
  return { firstIndex: seal.firstIndex, treeSize: seal.treeSize, entries, bodies: bodies as Uint8Array[] }
}
