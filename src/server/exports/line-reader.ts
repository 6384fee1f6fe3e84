import { splitLines } from './split-lines.ts'

/** Lines one by one with a look ahead. */
export class LineReader {
  readonly #batches: AsyncIterator<Buffer[]>
  #lines: Buffer[] = []
  #at = 0
  #ended = false

  constructor(chunks: AsyncIterable<Buffer>, longest: number) {
    this.#batches = splitLines(chunks, longest)[Symbol.asyncIterator]()
  }

  /** Must `fill` be called before `current` can be believed? */
  get isDry(): boolean {
    return this.#at >= this.#lines.length && !this.#ended
  }

  /** The next line; undefined behind the last. */
  get current(): Buffer | undefined {
    return this.#lines[this.#at]
  }

  async fill(): Promise<void> {
    const next = await this.#batches.next()
    this.#ended = next.done === true
    this.#lines = next.done === true ? [] : next.value
    this.#at = 0
  }

  take(): void {
    this.#at += 1
  }
}
