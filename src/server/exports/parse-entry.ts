import type { Header } from './manifest.ts'

/** An entry of the log, as a verifier reads it. */
export interface Entry {
  readonly at: string
  readonly n: number
  readonly h: Header
  readonly sq: Readonly<Record<string, number>>
}

/** Characters that stand in JSON strings as themselves, in one byte. */
const plain = String.raw`[ !#-\[\]-~]*`
const shape = new RegExp(
  String.raw`^\{"at":"(${plain})","h":\{"actor":"${plain}","bodyHash":"(${plain})","id":"(${plain})","recordedAt":"(${plain})",` +
    String.raw`"retentionClass":"(${plain})","streams":(\{(?:"${plain}":"${plain}"(?:,(?="))?)*\}),"type":"(${plain})","v":1` +
    String.raw`(?:,"verdict":"(${plain})")?\},"n":(0|[1-9]\d{0,15}),"sq":(\{(?:"${plain}":(?:0|[1-9]\d{0,15})(?:,(?="))?)*\})\}$`,
)

/**
 * Reads an entry; undefined when the line is none. What our sealer writes is taken apart without parsing JSON, and streams
 * and numbers only when they are asked for: a verifier reads millions of entries. Everything else is parsed.
 */
export function parseEntry(line: Buffer): Entry | undefined {
  const match = shape.exec(line.toString('latin1'))
  return match === null ? parseSlowly(line) : new QuickEntry(match)
}

class QuickEntry implements Entry {
  readonly at: string
  readonly n: number
  readonly h: Header
  readonly #numbers: string

  constructor(match: RegExpExecArray) {
    this.at = match[1]!
    this.h = new QuickHeader(match)
    this.n = Number(match[9])
    this.#numbers = match[10]!
  }

  get sq(): Readonly<Record<string, number>> {
    return JSON.parse(this.#numbers) as Record<string, number>
  }
}

class QuickHeader implements Header {
  readonly bodyHash: string
  readonly id: string
  readonly recordedAt: string
  readonly retentionClass: string
  readonly type: string
  readonly verdict: string | undefined
  readonly #text: string
  #streams: Header['streams'] | undefined

  constructor(match: RegExpExecArray) {
    this.bodyHash = match[2]!
    this.id = match[3]!
    this.recordedAt = match[4]!
    this.retentionClass = match[5]!
    this.#text = match[6]!
    this.type = match[7]!
    this.verdict = match[8]
  }

  get streams(): Header['streams'] {
    this.#streams ??= JSON.parse(this.#text) as Header['streams']
    return this.#streams
  }
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
      ? entry
      : undefined
  } catch {
    return undefined
  }
}
