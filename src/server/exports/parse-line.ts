import type { RecordHeader } from '#server/archive/entry.ts'
import type { RecordBody } from '#server/archive/record-body.ts'

/** A line of `records.jsonl`, parsed for a rendering. */
export interface ParsedLine {
  readonly n: number
  readonly header: RecordHeader
  readonly body?: RecordBody
}

export function parseLine(line: string): ParsedLine {
  const parsed: ParsedLine = JSON.parse(line)
  return parsed
}
