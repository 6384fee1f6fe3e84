import { hashBody } from './append-record.ts'
import type { BucketSeal, Source } from './bucket-listing.ts'
import { parseEntry, parseHeader, type RecordHeader } from './entry.ts'
import { bodiesMonth, entriesKey } from './object-keys.ts'
import { parseBodyLine } from './sealed-body.ts'
import { readLines } from './verify-seal.ts'

/** One record as the bucket holds it. */
export interface BucketRecord {
  readonly index: number
  /** The header's bytes, verbatim. */
  readonly headerText: string
  readonly header: RecordHeader
  /** The body that its header commits to, and the month in which it may be destroyed; undefined where there is none. */
  readonly body: { readonly salt: Uint8Array; readonly text: string; readonly month: string } | undefined
  /** Why a body that lies there is not the record's. */
  readonly fault: string | undefined
}

/** Thrown where a seal's entries are not there or not readable: nothing can be said of its records. */
export class EntriesUnreadable extends Error {
  override readonly name = 'EntriesUnreadable'
  readonly firstIndex: number

  constructor(seal: BucketSeal) {
    const key = entriesKey(seal.firstIndex, seal.treeSize)
    super(
      `"${key}" is missing from the object store or cannot be read: entries ${seal.firstIndex} to ${seal.treeSize - 1}.`,
    )
    this.firstIndex = seal.firstIndex
  }
}

/** The entries of a seal as texts, verbatim. */
export async function readEntryTexts({ read }: Pick<Source, 'read'>, seal: BucketSeal): Promise<string[]> {
  const lines = await readLines(read, entriesKey(seal.firstIndex, seal.treeSize))
  if (lines?.length !== seal.treeSize - seal.firstIndex) throw new EntriesUnreadable(seal)
  return lines.map((line) => line.toString('utf8'))
}

/** Records of one seal by their log indexes, in that order; only the files of bodies that may hold theirs are read. */
export async function readSealRecords(
  source: Source,
  seal: BucketSeal,
  indexes: readonly number[],
): Promise<BucketRecord[]> {
  const texts = await readEntryTexts(source, seal)
  const entries = indexes.map((index) => {
    const text = texts[index - seal.firstIndex]
    if (text === undefined) throw new RangeError(`Entry ${index} is not of the seal of ${seal.treeSize} entries.`)
    const headerText = parseEntry(text).header
    return { index, headerText, header: parseHeader(headerText) }
  })
  const classes = new Set(entries.map(({ header }) => header.retentionClass))
  const wanted = new Map(entries.map((entry) => [entry.index, entry.header]))
  const found = new Map<number, Pick<BucketRecord, 'body' | 'fault'>>()
  for (const key of source.bodyKeys.get(seal.treeSize) ?? []) {
    const { retentionClass, month } = bodiesMonth(key)!
    if (!classes.has(retentionClass)) continue
    for (const line of (await readLines(source.read, key)) ?? []) takeBody(line, month, wanted, found)
  }
  return entries.map((entry) => ({ ...entry, ...(found.get(entry.index) ?? { body: undefined, fault: undefined }) }))
}

function takeBody(
  line: Buffer,
  month: string,
  wanted: ReadonlyMap<number, RecordHeader>,
  found: Map<number, Pick<BucketRecord, 'body' | 'fault'>>,
): void {
  const parsed = parseIf(line)
  const header = parsed === undefined ? undefined : wanted.get(parsed.index)
  if (parsed === undefined || header === undefined || found.get(parsed.index)?.body !== undefined) return
  const { index, id, salt, body } = parsed
  if (id === header.id && hashBody(salt, body) === header.bodyHash) {
    found.set(index, { body: { salt, text: body.toString('utf8'), month }, fault: undefined })
  } else {
    found.set(index, { body: undefined, fault: 'is not the one that was sealed' })
  }
}

// A line that is no body belongs to a record that is then found missing, by its own index.
function parseIf(line: Buffer) {
  try {
    return parseBodyLine(line)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
