import { EntryLayout } from '#server/archive/entry-layout.ts'
import type { Header } from './manifest.ts'

/** An entry of the log, as a verifier reads it. */
export interface Entry {
  readonly at: string
  readonly n: number
  readonly h: Header
  readonly sq: Readonly<Record<string, number>>
  /** The header's bytes, verbatim; absent where they must be looked for. */
  readonly header?: Buffer | undefined
}

const layout = new EntryLayout()
const instantLength = 24
const hashLength = 64
const uuidLength = 36

/**
 * Reads an entry; undefined when the line is none. What our sealer writes is taken apart by its bytes, and made into texts
 * only where somebody asks: a verifier reads millions of entries. Everything else is parsed.
 */
export function parseEntry(line: Buffer): Entry | undefined {
  return layout.read(line, 0, line.length) ? new QuickEntry(line, layout) : parseSlowly(line)
}

class QuickEntry implements Entry {
  readonly at: string
  readonly n: number
  readonly h: Header
  readonly header: Buffer
  readonly #line: Buffer
  readonly #numbersAt: number

  constructor(line: Buffer, entry: EntryLayout) {
    this.#line = line
    this.at = textOf(line, entry.at, entry.at + instantLength)
    this.n = entry.index
    this.h = new QuickHeader(line, entry)
    this.header = line.subarray(entry.header.from, entry.header.to)
    this.#numbersAt = entry.numbers.from
  }

  get sq(): Readonly<Record<string, number>> {
    return JSON.parse(textOf(this.#line, this.#numbersAt, this.#line.length - 1)) as Record<string, number>
  }
}

class QuickHeader implements Header {
  readonly #line: Buffer
  readonly #bodyHashAt: number
  readonly #idAt: number
  readonly #recordedAtAt: number
  readonly #classEnd: number
  readonly #typeAt: number
  readonly #typeEnd: number
  readonly #verdictAt: number
  readonly #verdictEnd: number
  #streams: Header['streams'] | undefined

  constructor(line: Buffer, entry: EntryLayout) {
    this.#line = line
    this.#bodyHashAt = entry.bodyHash
    this.#idAt = entry.id
    this.#recordedAtAt = entry.recordedAt
    this.#classEnd = entry.retentionClass.to
    this.#typeAt = entry.type.from
    this.#typeEnd = entry.type.to
    this.#verdictAt = entry.verdict.from
    this.#verdictEnd = entry.verdict.to
  }

  get bodyHash(): string {
    return textOf(this.#line, this.#bodyHashAt, this.#bodyHashAt + hashLength)
  }

  get id(): string {
    return textOf(this.#line, this.#idAt, this.#idAt + uuidLength)
  }

  get recordedAt(): string {
    return textOf(this.#line, this.#recordedAtAt, this.#recordedAtAt + instantLength)
  }

  get retentionClass(): string {
    const from = this.#recordedAtAt + instantLength + '","retentionClass":"'.length
    return textOf(this.#line, from, this.#classEnd)
  }

  get type(): string {
    return textOf(this.#line, this.#typeAt, this.#typeEnd)
  }

  get verdict(): string | undefined {
    return this.#verdictEnd === this.#verdictAt ? undefined : textOf(this.#line, this.#verdictAt, this.#verdictEnd)
  }

  get streams(): Header['streams'] {
    this.#streams ??= readStreams(
      textOf(this.#line, this.#classEnd + '","streams":{'.length, this.#typeAt - '},"type":"'.length),
    )
    return this.#streams
  }
}

function textOf(line: Buffer, from: number, to: number): string {
  return line.toString('latin1', from, to)
}

/** `"author":"…","post":"…"`, whose texts hold neither quotes nor escapes. */
function readStreams(text: string): Header['streams'] {
  const streams: Record<string, string> = {}
  for (let at = 1; at < text.length;) {
    const kindEnd = text.indexOf('"', at)
    const end = text.indexOf('"', kindEnd + 3)
    streams[text.slice(at, kindEnd)] = text.slice(kindEnd + 3, end)
    at = end + 3
  }
  return streams
}

function parseSlowly(line: Buffer): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    const entry = value as Entry
    const sound =
      typeof entry.at === 'string' && Number.isSafeInteger(entry.n) && typeof entry.h.recordedAt === 'string'
    return sound &&
      typeof entry.h.bodyHash === 'string' &&
      typeof entry.h.streams === 'object' &&
      typeof entry.sq === 'object'
      ? { at: entry.at, n: entry.n, h: entry.h, sq: entry.sq }
      : undefined
  } catch {
    return undefined
  }
}
