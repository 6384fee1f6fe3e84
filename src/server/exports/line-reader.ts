import type { LineBatch } from './line-batch.ts'

const newline = 0x0a

/** Lines one by one with a look ahead. */
export class LineReader {
  readonly #batches: AsyncIterator<LineBatch>
  #batch: Buffer = Buffer.alloc(0)
  #line: Buffer | undefined
  #end = 0
  #ended = false

  constructor(batches: AsyncIterable<LineBatch>) {
    this.#batches = batches[Symbol.asyncIterator]()
  }

  /** Must `fill` be called before `current` can be believed? */
  get isDry(): boolean {
    return this.#line === undefined && !this.#ended
  }

  /** The next line; undefined behind the last. */
  get current(): Buffer | undefined {
    return this.#line
  }

  async fill(): Promise<void> {
    const next = await this.#batches.next()
    this.#ended = next.done === true
    this.#batch = next.done === true ? Buffer.alloc(0) : next.value.bytes
    this.#end = 0
    this.take()
  }

  take(): void {
    const start = this.#end + 1
    this.#end = start < this.#batch.length ? this.#batch.indexOf(newline, start) : -1
    this.#line = this.#end === -1 ? undefined : this.#batch.subarray(start, this.#end)
    if (this.#end === -1) this.#end = this.#batch.length
  }

  /** Whoever stops early lets go of what the lines come from. */
  async close(): Promise<void> {
    await this.#batches.return?.()
  }
}
