import { hash } from 'node:crypto'
import { splitLines } from './split-lines.ts'

/** Some entries of a package, in log order. */
export interface EntryLines {
  readonly lines: readonly Buffer[]
  /** Leaf hashes of the lines, 32 bytes each, where somebody hashed them already. */
  readonly leaves?: Buffer | undefined
}

/** Longer than any entry that a log holds. */
export const longestEntry = 65_536
const hashSize = 32
const newline = 0x0a

export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncIterable<EntryLines> {
  for await (const lines of splitLines(chunks, longestEntry)) yield { lines }
}

/** Lines and their leaf hashes as two pieces of memory that can be given to another thread. */
export interface PackedLines {
  /** A line feed before each line. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly leaves: Uint8Array<ArrayBuffer>
}

/** Hashes lines: SHA-256(0x00 ‖ line). */
export function packLines(lines: readonly Buffer[]): PackedLines {
  const bytes = Buffer.alloc(lines.reduce((sum, line) => sum + 1 + line.length, 0))
  const leaves = Buffer.alloc(hashSize * lines.length)
  let at = 0
  for (const [place, line] of lines.entries()) {
    line.copy(bytes, at + 1)
    // As text of one byte a character, the hash costs half of what a buffer of its own costs.
    leaves.write(hash('sha256', bytes.subarray(at, at + 1 + line.length), 'binary'), hashSize * place, 'latin1')
    // The leaf's prefix becomes what separates lines.
    bytes[at] = newline
    at += 1 + line.length
  }
  return { bytes, leaves }
}

export function unpackLines(packed: PackedLines): EntryLines {
  const bytes = Buffer.from(packed.bytes.buffer)
  const lines: Buffer[] = []
  for (let at = 1; at <= bytes.length;) {
    const end = bytes.indexOf(newline, at)
    lines.push(bytes.subarray(at, end === -1 ? bytes.length : end))
    at = end === -1 ? bytes.length + 1 : end + 1
  }
  return { lines, leaves: Buffer.from(packed.leaves.buffer) }
}
