import { hash } from 'node:crypto'

/** Whole lines in one piece of memory. */
export interface LineBatch {
  /** Held by nobody else: a line feed, then lines that each end with one. A line is hashed with a prefix where it lies. */
  readonly bytes: Buffer<ArrayBuffer>
  /** What somebody found out already while the lines passed by. */
  readonly hashed?: HashedLines
}

export interface HashedLines {
  /** Leaf hashes of the lines, 32 bytes each. */
  readonly leaves: Buffer<ArrayBuffer>
  /** Where each line's line feed stands. */
  readonly ends: Uint32Array<ArrayBuffer>
}

const newline = 0x0a
const hashSize = 32

/** SHA-256(0x00 ‖ line) as a text of one byte a character, for the line `start` ≤ byte < `end` behind a line feed. */
export function hashLine(bytes: Buffer, start: number, end: number): string {
  bytes[start - 1] = 0
  // Such a text costs half of what a buffer costs that is made for a hash.
  const leaf = hash('sha256', bytes.subarray(start - 1, end), 'binary')
  bytes[start - 1] = newline
  return leaf
}

/** Hashes the lines of a batch. */
export function hashLines({ bytes }: LineBatch): HashedLines {
  const ends: number[] = []
  for (let at = bytes.indexOf(newline, 1); at !== -1; at = bytes.indexOf(newline, at + 1)) ends.push(at)
  const leaves = Buffer.allocUnsafeSlow(hashSize * ends.length)
  for (let line = 0, start = 1; line < ends.length; line += 1) {
    leaves.write(hashLine(bytes, start, ends[line]!), hashSize * line, 'latin1')
    start = ends[line]! + 1
  }
  return { leaves, ends: Uint32Array.from(ends) }
}

/** Cuts bytes behind line feeds. Throws `RangeError` for a line of more than `longest` bytes and for one that is cut off. */
export async function* cutLines(chunks: AsyncIterable<Buffer>, longest: number): AsyncIterable<LineBatch> {
  let rest: Buffer[] = []
  let restSize = 0
  for await (const chunk of chunks) {
    const cut = chunk.lastIndexOf(newline) + 1
    if (cut > 0) {
      yield join(rest, restSize, chunk.subarray(0, cut))
      ;[rest, restSize] = [[], 0]
    }
    if (cut === chunk.length) continue
    rest.push(chunk.subarray(cut))
    restSize += chunk.length - cut
    if (restSize > longest) throw new RangeError(`A line is longer than ${longest} bytes.`)
  }
  if (restSize > 0) throw new RangeError('The last line is cut off.')
}

function join(rest: readonly Buffer[], restSize: number, last: Buffer): LineBatch {
  const bytes = Buffer.allocUnsafeSlow(1 + restSize + last.length)
  bytes[0] = newline
  let at = 1
  for (const piece of [...rest, last]) at += piece.copy(bytes, at)
  return { bytes }
}
