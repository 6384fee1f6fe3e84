import { EntryLayout } from '#server/archive/entry-layout.ts'
import type { Header } from './manifest.ts'
import { headerOfEntry } from './record-line.ts'

/** An entry of the log, as a verifier reads it. */
export interface Entry {
  readonly at: string
  readonly n: number
  readonly h: Header
  readonly sq: Readonly<Record<string, number>>
  /** The header's bytes, verbatim. */
  readonly header: Buffer
}

const instantLength = 24
const hashLength = 64
const uuidLength = 36
const streamKinds = ['author', 'post', 'unit', 'profile', 'user', 'network', 'export', 'policy']

/** Reads entry after entry; one of them at a time. */
export class EntryReader {
  readonly #layout = new EntryLayout()
  readonly #quick = new QuickEntry(this.#layout)

  /**
   * The entry of the line `start` ≤ byte < `end`, good until the next one is read; undefined when the line is none. What
   * our sealer writes is taken apart by its bytes, and made into texts only where somebody asks: a verifier reads millions
   * of entries. Everything else is parsed.
   */
  read(bytes: Buffer, start: number, end: number): Entry | undefined {
    if (!this.#layout.read(bytes, start, end)) return parseSlowly(bytes.subarray(start, end))
    this.#quick.bytes = bytes
    return this.#quick
  }
}

/** Where the layout stands, as an entry and its header. */
class QuickEntry implements Entry, Header {
  bytes: Buffer = Buffer.alloc(0)
  readonly streams: Header['streams']
  readonly #layout: EntryLayout
  /** The last `at` that was asked for: entries that were numbered together have the same. */
  #at = ''
  readonly #atBytes = Buffer.alloc(instantLength)

  constructor(layout: EntryLayout) {
    this.#layout = layout
    this.streams = Object.defineProperties(
      {},
      Object.fromEntries(streamKinds.map((kind) => [kind, { get: () => this.#streamOf(kind) }])),
    )
  }

  get at(): string {
    const { bytes } = this
    const { at } = this.#layout
    for (let place = instantLength - 1; place >= 0; place--)
      if (bytes[at + place] !== this.#atBytes[place]) return this.#readAt()
    return this.#at
  }

  get n(): number {
    return this.#layout.index
  }

  get h(): Header {
    return this
  }

  get sq(): Readonly<Record<string, number>> {
    const { from, to } = this.#layout.numbers
    return JSON.parse(this.#text(from, to)) as Record<string, number>
  }

  get header(): Buffer {
    const { from, to } = this.#layout.header
    return this.bytes.subarray(from, to)
  }

  get actor(): string {
    return this.#text(this.#layout.actor, this.#layout.actor + uuidLength)
  }

  get bodyHash(): string {
    return this.#text(this.#layout.bodyHash, this.#layout.bodyHash + hashLength)
  }

  get id(): string {
    return this.#text(this.#layout.id, this.#layout.id + uuidLength)
  }

  get recordedAt(): string {
    return this.#text(this.#layout.recordedAt, this.#layout.recordedAt + instantLength)
  }

  get retentionClass(): string {
    return this.#text(this.#layout.retentionClass.from, this.#layout.retentionClass.to)
  }

  get type(): string {
    return this.#text(this.#layout.type.from, this.#layout.type.to)
  }

  get verdict(): string | undefined {
    const { from, to } = this.#layout.verdict
    return from === to ? undefined : this.#text(from, to)
  }

  #readAt(): string {
    const { at } = this.#layout
    this.bytes.copy(this.#atBytes, 0, at, at + instantLength)
    this.#at = this.#text(at, at + instantLength)
    return this.#at
  }

  #streamOf(kind: string): string | undefined {
    const { streams, streamCount } = this.#layout
    for (let place = 0; place < streamCount; place++) {
      const { kindFrom, kindTo, from, to } = streams[place]!
      if (this.#says(kind, kindFrom, kindTo)) return this.#text(from, to)
    }
    return undefined
  }

  #says(word: string, from: number, to: number): boolean {
    if (word.length !== to - from) return false
    for (let place = 0; place < word.length; place++)
      if (this.bytes[from + place] !== word.charCodeAt(place)) return false
    return true
  }

  #text(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to)
  }
}

function parseSlowly(line: Buffer): Entry | undefined {
  try {
    const entry: Entry = JSON.parse(line.toString('utf8'))
    const { at, n, h, sq } = entry
    const header = headerOfEntry(line, n)
    const sound = typeof at === 'string' && Number.isSafeInteger(n) && typeof h.recordedAt === 'string'
    return sound &&
      header !== undefined &&
      typeof h.bodyHash === 'string' &&
      typeof h.streams === 'object' &&
      typeof sq === 'object'
      ? { at, n, h, sq, header }
      : undefined
  } catch {
    return undefined
  }
}
