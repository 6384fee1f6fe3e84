/*
 * One line of `records.jsonl`. Header and body stand in it verbatim, as they were hashed; nobody parses and writes them
 * again:
 *   {"n":<log index>,"salt":"<base64>","header":<header>,"body":<body>}
 *   {"n":<log index>,"header":<header>,"disposed":{"month":…,"because":…,"certificate":<record id>}}
 */
const bodyMark = Buffer.from(',"body":')
const disposedMark = Buffer.from(',"disposed":')

/** A line taken apart. `body` and `header` are the hashed bytes. */
export interface RecordLine {
  readonly n: number
  readonly header: Buffer
  readonly salt: Buffer | undefined
  readonly body: Buffer | undefined
  /** What is said of a body that is gone. */
  readonly disposed: Buffer | undefined
}

/** Where a line's header and body must be, given the header that the log has; `undefined` when the line is not so. */
export function readRecordLine(line: Buffer, header: Buffer): RecordLine | undefined {
  const n = readIndex(line)
  if (n === undefined || line.at(-1) !== 0x7d) return undefined
  const saltAt = `{"n":${n},"salt":"`.length
  const hasSalt = line.toString('latin1', 0, saltAt) === `{"n":${n},"salt":"`
  const headerAt = hasSalt ? saltAt + 44 + '","header":'.length : `{"n":${n},"header":`.length
  const front = hasSalt
    ? `{"n":${n},"salt":"${line.toString('latin1', saltAt, saltAt + 44)}","header":`
    : `{"n":${n},"header":`
  if (line.toString('latin1', 0, headerAt) !== front) return undefined
  const markAt = headerAt + header.length
  if (!line.subarray(headerAt, markAt).equals(header)) return undefined
  const mark = hasSalt ? bodyMark : disposedMark
  if (!line.subarray(markAt, markAt + mark.length).equals(mark)) return undefined
  const rest = line.subarray(markAt + mark.length, -1)
  if (!hasSalt) return { n, header, salt: undefined, body: undefined, disposed: rest }
  const salt = Buffer.from(line.toString('latin1', saltAt, saltAt + 44), 'base64')
  const sameSalt = salt.toString('base64') === line.toString('latin1', saltAt, saltAt + 44)
  return sameSalt ? { n, header, salt, body: rest, disposed: undefined } : undefined
}

/** The log index that a line begins with. */
export function readIndex(line: Buffer): number | undefined {
  const match = /^\{"n":(0|[1-9]\d{0,15}),/.exec(line.toString('latin1', 0, 32))
  return match === null ? undefined : Number(match[1])
}

const entryMark = Buffer.from('","h":')

/** The header bytes inside an entry `{"at":…,"h":<header>,"n":…,"sq":…}`, verbatim. */
export function headerOfEntry(entry: Buffer, n: number): Buffer | undefined {
  const from = entry.indexOf(entryMark)
  const to = entry.lastIndexOf(`,"n":${n},"sq":`)
  return from === -1 || to <= from ? undefined : entry.subarray(from + entryMark.length, to)
}
