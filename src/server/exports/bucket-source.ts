import { firstIndexAt, type BucketLog, type WalkedSeal } from '#server/archive/bucket-log.ts'
import { readEntryTexts, readSealRecords, type BucketRecord } from '#server/archive/bucket-records.ts'
import { parseBody } from '#server/archive/record-body.ts'
import { RetentionHistory } from '#server/archive/retention-terms.ts'
import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { nodesFromTiles } from '#shared/tlog/tiles.ts'
import { longestWaitMilliseconds } from './manifest.ts'
import { readAhead } from './read-ahead.ts'
import type { LogRange } from './tree-range.ts'
import type { EntryBatch, PackageSource, RecordBatch } from './write-package.ts'

/** A record that could not be delivered, and why. */
export interface LostRecord {
  readonly index: number
  readonly sentence: string
}

export interface BucketSource extends PackageSource {
  /** What the log says of retention. */
  readonly history: RetentionHistory
  /** Records that were asked for and are not in the package, because their bodies are gone or altered. */
  readonly lost: readonly LostRecord[]
}

/** Seals read at once: a far bucket answers slowly, and each is held in memory. */
export const sealsAtOnce = 8

/** A package's content from the object store alone. Every body is held against its header before it is handed on. */
export async function openBucketSource(log: BucketLog, now: Instant): Promise<BucketSource> {
  const history = new RetentionHistory()
  const lost: LostRecord[] = []
  history.miss(log.retentionUnreadUntil < now ? log.retentionUnreadUntil : now)
  for (const { header, body } of await readRecords(log, log.retentionRecords))
    if (body === undefined) history.miss(header.recordedAt)
    else history.take(header, parseBody(body.text).content)
  return {
    history,
    lost,
    readNode: nodesFromTiles(log.readTile, log.size),
    entries: (first, end) => readAhead(readEntries(log, first, end)),
    records: async (indexes) => formatBatch(await readRecords(log, indexes), history, lost),
  }
}

/** The stretch of the log that holds everything recorded from `from` on and before `to`, as the database's export cuts it. */
export async function readBucketRange(log: BucketLog, from: Instant | null, to: Instant | null): Promise<LogRange> {
  const { size } = log
  const first = from === null ? 0 : Math.max(0, (await firstIndexAt(log, from)) - 1)
  const until = to === null ? size : (await firstIndexAt(log, addMilliseconds(to, longestWaitMilliseconds))) + 1
  return { first, end: Math.max(first, Math.min(size, until)), size }
}

/** Entries `first` ≤ n < `end`, verbatim, some seals at a time. */
async function* readEntries(log: BucketLog, first: number, end: number): AsyncIterable<EntryBatch> {
  const seals = log.seals.filter((seal) => seal.treeSize > first && seal.firstIndex < end)
  for (let at = 0; at < seals.length; at += sealsAtOnce) {
    const some = seals.slice(at, at + sealsAtOnce)
    const texts = (await Promise.all(some.map((seal) => readEntryTexts(log.source, seal)))).flat()
    const start = some[0]!.firstIndex
    const from = Math.max(first, start)
    const lines = texts.slice(from - start, Math.max(0, end - start))
    if (lines.length > 0) yield { first: from, count: lines.length, text: lines.join('\n') }
  }
}

/** Records by ascending log indexes, some seals at a time. */
export async function readRecords(log: BucketLog, indexes: readonly number[]): Promise<BucketRecord[]> {
  const groups = groupBySeal(log.seals, indexes)
  const records: BucketRecord[] = []
  for (let at = 0; at < groups.length; at += sealsAtOnce) {
    const some = groups.slice(at, at + sealsAtOnce)
    records.push(...(await Promise.all(some.map(([seal, of]) => readSealRecords(log.source, seal, of)))).flat())
  }
  return records
}

function groupBySeal(seals: readonly WalkedSeal[], indexes: readonly number[]): [WalkedSeal, number[]][] {
  const groups: [WalkedSeal, number[]][] = []
  for (const index of indexes) {
    const last = groups.at(-1)
    if (last !== undefined && index < last[0].treeSize) last[1].push(index)
    else groups.push([findSeal(seals, index), [index]])
  }
  return groups
}

function findSeal(seals: readonly WalkedSeal[], index: number): WalkedSeal {
  let [low, high] = [0, seals.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (seals[middle]!.treeSize <= index) low = middle + 1
    else high = middle
  }
  return seals[low]!
}

/**
 * Why a body that no certificate names is not delivered; undefined where it is. One that lies there is held back all the
 * same where the certificate of its destruction may be among what cannot be read (GDPR-2).
 */
export function whyWithheld({ body, fault }: BucketRecord, history: RetentionHistory): string | undefined {
  if (body === undefined)
    return fault ?? 'is missing from the object store, and no certificate says that it was disposed of'
  if (!history.mayBeGone(body.month)) return undefined
  return `is held back: it may have been disposed of since ${body.month}, and the entries that would say so cannot be read`
}

/** Lines of `records.jsonl`, byte for byte those that the database's export writes. */
function formatBatch(records: readonly BucketRecord[], history: RetentionHistory, lost: LostRecord[]): RecordBatch {
  const lines: string[] = []
  let disposed = 0
  for (const record of records) {
    const { index, header, headerText, body } = record
    // A file may outlive its certificate by its lock: what was destroyed is not delivered again.
    const certificate = history.findCertificate(header, body?.month)
    const withheld = whyWithheld(record, history)
    if (certificate !== undefined) {
      const [month, because, id] = [certificate.month, certificate.reason, certificate.certificateId].map((part) =>
        JSON.stringify(part),
      )
      const gone = `{"month" : ${month}, "because" : ${because}, "certificate" : ${id}}`
      lines.push(`{"n":${index},"header":${headerText},"disposed":${gone}}`)
      disposed += 1
    } else if (body !== undefined && withheld === undefined) {
      const salt = Buffer.from(body.salt).toString('base64')
      lines.push(`{"n":${index},"salt":"${salt}","header":${headerText},"body":${body.text}}`)
    } else {
      lost.push({ index, sentence: `The body of the record at log index ${index} (${header.type}) ${withheld}.` })
    }
  }
  return { count: lines.length, disposed, text: lines.join('\n') }
}
