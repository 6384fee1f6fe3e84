import type { Instant } from '#server/platform/clock.ts'
import type { RecordType } from '#shared/record-event.ts'

/** Dense number of the record within each of its streams, from 0: a gap in one stream is visible by itself. */
export type StreamSequence = Readonly<Record<string, number>>

/** What the log's leaf is made of: the header as it was committed, and where and when it came into the log. */
export interface Entry {
  readonly sealedAt: Instant
  /** The canonical header, verbatim. */
  readonly header: string
  readonly index: number
  readonly sequence: StreamSequence
}

/** The header of a record (format version 1). */
export interface RecordHeader {
  readonly v: 1
  readonly id: string
  readonly type: RecordType
  readonly recordedAt: Instant
  readonly actor: string
  readonly streams: Readonly<Record<string, string>>
  readonly verdict?: string
  readonly bodyHash: string
  readonly retentionClass: string
}

/** The bytes that are hashed, as text: canonical JSON put together from the canonical pieces that the database keeps. */
export function joinEntry(sealedAt: Instant, header: string, index: number, sequence: string): string {
  return `{"at":"${sealedAt}","h":${header},"n":${index},"sq":${sequence}}`
}

const shape =
  /^\{"at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","h":(\{.*\}),"n":(0|[1-9]\d{0,15}),"sq":(\{[^{}]*\})\}$/s

/** Takes an entry apart without rewriting anything; throws `RangeError` when it is not one. */
export function parseEntry(text: string): Entry {
  const match = shape.exec(text)
  if (match === null) throw new RangeError('This is not an entry of the archive.')
  return {
    sealedAt: match[1]!,
    header: match[2]!,
    index: Number(match[3]),
    sequence: JSON.parse(match[4]!) as StreamSequence,
  }
}

/** Reads a header; its bytes were checked when the record was appended. */
export function parseHeader(header: string): RecordHeader {
  return JSON.parse(header) as RecordHeader
}
