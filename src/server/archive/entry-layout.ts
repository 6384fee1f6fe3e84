import { listedStreams } from './stream-directory.ts'

/** Kinds of streams whose values the database keeps in columns of their own. */
export const columnKinds = ['unit', 'author', 'post', 'profile'] as const

/** A stretch of bytes inside an entry's buffer; empty when there is none. */
export interface Span {
  from: number
  to: number
}

/** One stream of an entry: where its kind and its id stand, and the entry's number in it. */
export interface StreamSpan {
  kindFrom: number
  kindTo: number
  /** Which of `listedStreams` and of `columnKinds` it is; -1 for none of them. */
  listed: number
  column: number
  from: number
  to: number
  number: number
}

/** Whether a character may stand in a text that is read without decoding: printable ASCII but `"` and `\`. */
const plain = new Uint8Array(256)
for (let byte = 0x20; byte < 0x7f; byte++) plain[byte] = byte === 0x22 || byte === 0x5c ? 0 : 1
const uuidByte = new Uint8Array(256)
for (const byte of Buffer.from('0123456789abcdefABCDEF-')) uuidByte[byte] = 1

const beforeAt = Buffer.from('{"at":"')
const beforeActor = Buffer.from('","h":{"actor":"')
const beforeBodyHash = Buffer.from('","bodyHash":"')
const beforeId = Buffer.from('","id":"')
const beforeRecordedAt = Buffer.from('","recordedAt":"')
const beforeClass = Buffer.from('","retentionClass":"')
const beforeStreams = Buffer.from('","streams":{')
const beforeType = Buffer.from('},"type":"')
const beforeVersion = Buffer.from('","v":1')
const beforeVerdict = Buffer.from(',"verdict":"')
const beforeIndex = Buffer.from('},"n":')
const beforeNumbers = Buffer.from(',"sq":{')

const listedKinds = listedStreams.map((kind) => Buffer.from(kind))
const databaseKinds = columnKinds.map((kind) => Buffer.from(kind))

const uuidLength = 36
const instantLength = 24
const hashLength = 64
// Everything up to the retention class has one length.
const actorAt = beforeAt.length + instantLength + beforeActor.length
const bodyHashAt = actorAt + uuidLength + beforeBodyHash.length
const idAt = bodyHashAt + hashLength + beforeId.length
const recordedAtAt = idAt + uuidLength + beforeRecordedAt.length
const classAt = recordedAtAt + instantLength + beforeClass.length
const headerAt = beforeAt.length + instantLength + '","h":'.length
const mostStreams = 16
const quote = 0x22
const comma = 0x2c
const closing = 0x7d

/**
 * Where the parts of an entry stand in its bytes, in the one form in which `append_record` and the sealer write it. Another
 * form is no fault, but must be read by somebody who parses JSON. One instance is used for line after line.
 */
export class EntryLayout {
  /** Positions of the parts that have one length. */
  at = 0
  bodyHash = 0
  id = 0
  recordedAt = 0
  readonly header: Span = { from: 0, to: 0 }
  readonly retentionClass: Span = { from: 0, to: 0 }
  readonly type: Span = { from: 0, to: 0 }
  readonly verdict: Span = { from: 0, to: 0 }
  /** The streams' numbers as they stand, braces included. */
  readonly numbers: Span = { from: 0, to: 0 }
  index = 0
  streamCount = 0
  readonly streams: StreamSpan[] = Array.from({ length: mostStreams }, () => ({
    kindFrom: 0,
    kindTo: 0,
    listed: -1,
    column: -1,
    from: 0,
    to: 0,
    number: 0,
  }))
  /** Where the number that was read last ends. */
  #numberEnd = 0

  /** Finds the parts of the line `start` ≤ byte < `end`; false when it has another form. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < classAt || !this.#readFront(bytes, start)) return false
    let at = readPlain(bytes, start + classAt, end, this.retentionClass)
    if (!holds(bytes, at, beforeStreams)) return false
    at = this.#readStreams(bytes, at + beforeStreams.length, end)
    if (at < 0 || !holds(bytes, at, beforeType)) return false
    at = readPlain(bytes, at + beforeType.length, end, this.type)
    if (!holds(bytes, at, beforeVersion)) return false
    at += beforeVersion.length
    this.verdict.from = this.verdict.to = at
    if (bytes[at] === comma) {
      if (!holds(bytes, at, beforeVerdict)) return false
      at = readPlain(bytes, at + beforeVerdict.length, end, this.verdict)
      if (bytes[at++] !== quote) return false
    }
    if (!holds(bytes, at, beforeIndex)) return false
    this.header.to = at + 1
    this.index = this.#readNumber(bytes, at + beforeIndex.length)
    at = this.#numberEnd
    return this.index >= 0 && holds(bytes, at, beforeNumbers) && this.#readNumbers(bytes, at + 6, end)
  }

  #readFront(bytes: Uint8Array, start: number): boolean {
    this.at = start + beforeAt.length
    this.bodyHash = start + bodyHashAt
    this.id = start + idAt
    this.recordedAt = start + recordedAtAt
    this.header.from = start + headerAt
    return (
      holds(bytes, start, beforeAt) &&
      holds(bytes, this.at + instantLength, beforeActor) &&
      isUuid(bytes, start + actorAt) &&
      holds(bytes, this.bodyHash - beforeBodyHash.length, beforeBodyHash) &&
      holds(bytes, this.bodyHash + hashLength, beforeId) &&
      isUuid(bytes, this.id) &&
      holds(bytes, this.id + uuidLength, beforeRecordedAt) &&
      holds(bytes, this.recordedAt + instantLength, beforeClass)
    )
  }

  /** `"author":"…","post":"…"`, kinds ascending; answers where it ends, -1 when it is another form. */
  #readStreams(bytes: Uint8Array, start: number, end: number): number {
    this.streamCount = 0
    if (bytes[start] === closing) return start
    for (let at = start; this.streamCount < mostStreams;) {
      const stream = this.streams[this.streamCount]!
      if (bytes[at] !== quote) return -1
      stream.kindFrom = ++at
      while (bytes[at]! >= 0x61 && bytes[at]! <= 0x7a) at++
      stream.kindTo = at
      if (bytes[at] !== quote || bytes[at + 1] !== 0x3a || bytes[at + 2] !== quote) return -1
      stream.from = at + 3
      for (at += 3; at < end && plain[bytes[at]!] === 1;) at++
      stream.to = at
      if (bytes[at] !== quote || !this.#ascends(bytes)) return -1
      stream.listed = findKind(bytes, stream, listedKinds)
      stream.column = findKind(bytes, stream, databaseKinds)
      this.streamCount++
      if (bytes[++at] === closing) return at
      if (bytes[at++] !== comma) return -1
    }
    return -1
  }

  /** Canonical JSON sorts names, so none stands twice. */
  #ascends(bytes: Uint8Array): boolean {
    if (this.streamCount === 0) return true
    const [before, after] = [this.streams[this.streamCount - 1]!, this.streams[this.streamCount]!]
    for (let at = 0; at < after.kindTo - after.kindFrom; at++) {
      if (at === before.kindTo - before.kindFrom) return true
      const difference = bytes[after.kindFrom + at]! - bytes[before.kindFrom + at]!
      if (difference !== 0) return difference > 0
    }
    return false
  }

  /** `{"author":1,"post":0}}` up to the line's end: the same kinds in the same order. */
  #readNumbers(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start + 1
    for (let place = 0; place < this.streamCount; place++) {
      const stream = this.streams[place]!
      if (place > 0 && bytes[at++] !== comma) return false
      if (bytes[at++] !== quote) return false
      for (let from = stream.kindFrom; from < stream.kindTo; from++) if (bytes[at++] !== bytes[from]) return false
      if (bytes[at] !== quote || bytes[at + 1] !== 0x3a) return false
      stream.number = this.#readNumber(bytes, at + 2)
      if (stream.number < 0) return false
      at = this.#numberEnd
    }
    this.numbers.from = start
    this.numbers.to = at + 1
    return bytes[at] === closing && bytes[at + 1] === closing && at + 2 === end
  }

  /** A whole number without leading zeros; -1 when there is none. */
  #readNumber(bytes: Uint8Array, start: number): number {
    let value = 0
    let at = start
    for (let digit = bytes[at]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[++at]! - 0x30)
      value = 10 * value + digit
    this.#numberEnd = at
    const sound = at > start && at - start <= 15 && (bytes[start] !== 0x30 || at === start + 1)
    return sound ? value : -1
  }
}

/** The plain text that begins here; answers where it ends. */
function readPlain(bytes: Uint8Array, start: number, end: number, span: Span): number {
  let at = start
  while (at < end && plain[bytes[at]!] === 1) at++
  span.from = start
  span.to = at
  return at
}

function holds(bytes: Uint8Array, at: number, mark: Uint8Array): boolean {
  for (let place = 0; place < mark.length; place++) if (bytes[at + place] !== mark[place]) return false
  return true
}

function findKind(bytes: Uint8Array, { kindFrom, kindTo }: StreamSpan, kinds: readonly Uint8Array[]): number {
  for (let at = 0; at < kinds.length; at++)
    if (kinds[at]!.length === kindTo - kindFrom && holds(bytes, kindFrom, kinds[at]!)) return at
  return -1
}

function isUuid(bytes: Uint8Array, at: number): boolean {
  for (let place = at; place < at + uuidLength; place++) if (uuidByte[bytes[place]!] !== 1) return false
  return true
}
