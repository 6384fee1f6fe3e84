/** What a file is made of: bytes, or text that becomes UTF-8. */
export type Content = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** Large enough to compress well, small enough that some of them under way cost little. */
const blockSize = 512 * 1024
const encoder = new TextEncoder()

/**
 * Cuts content into blocks whose memory is used again. Whoever makes and drops a buffer a block waits with a hundred
 * megabytes for the collector, which counts only what JavaScript itself holds.
 */
export class Blocks {
  readonly #free: Buffer[] = []

  /** Blocks of one size, the last one shorter. Each is the taker's until it is given back. */
  async *cut(content: Content): AsyncIterable<Buffer> {
    let block = this.#take()
    let length = 0
    for await (const part of content) {
      for (let at = 0; at < part.length;) {
        const { read, written } = put(part, at, block, length)
        at += read
        length += written
        // A character of more bytes than are left goes into the next block.
        if (read > 0 && length < blockSize) continue
        yield block.subarray(0, length)
        block = this.#take()
        length = 0
      }
    }
    if (length > 0) yield block.subarray(0, length)
    else this.giveBack(block)
  }

  giveBack(block: Buffer): void {
    this.#free.push(Buffer.from(block.buffer))
  }

  #take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockSize)
  }
}

/** Puts as much of a part, from `at` on, as there is room for; answers how much of it, and in how many bytes. */
function put(part: Uint8Array | string, at: number, block: Buffer, length: number): { read: number; written: number } {
  if (typeof part === 'string') return encoder.encodeInto(at === 0 ? part : part.slice(at), block.subarray(length))
  const bytes = part.subarray(at, at + blockSize - length)
  block.set(bytes, length)
  return { read: bytes.length, written: bytes.length }
}
