import { listedStreams } from './stream-directory.ts'

const quote = 0x22
const comma = 0x2c
const closing = 0x7d

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
  /** The kind's bytes. */
  kind: Uint8Array
  /** Which of `listedStreams` and of `columnKinds` it is; -1 for none of them. */
  listed: number
  column: number
  from: number
  to: number
  number: number
}

/** Whether two characters may stand in a text that is read without decoding: printable ASCII but `"` and `\`. */
const plain = pairsOf((byte) => byte >= 0x20 && byte < 0x7f && byte !== quote && byte !== 0x5c)
const uuidBytes = pairsOf((byte) => '0123456789abcdefABCDEF-'.includes(String.fromCharCode(byte)))

const beforeAt = markOf('{"at":"')
const beforeActor = markOf('","h":{"actor":"')
const beforeBodyHash = markOf('","bodyHash":"')
const beforeId = markOf('","id":"')
const beforeRecordedAt = markOf('","recordedAt":"')
const beforeClass = markOf('","retentionClass":"')
const beforeStreams = markOf('","streams":{')
const beforeType = markOf('},"type":"')
const beforeVersion = markOf('","v":1')
const beforeVerdict = markOf(',"verdict":"')
const beforeIndex = markOf('},"n":')
const beforeNumbers = markOf(',"sq":{')

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

/**
 * Where the parts of an entry stand in its bytes, in the one form in which `append_record` and the sealer write it. Another
 * form is no fault, but must be read by somebody who parses JSON. One instance is used for line after line.
 */
export class EntryLayout {
  /** Positions of the parts that have one length. */
  at = 0
  actor = 0
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
    kind: new Uint8Array(0),
    listed: -1,
    column: -1,
    from: 0,
    to: 0,
    number: 0,
  }))
  /** Where the number that was read last ends. */
  #numberEnd = 0

  /** The bytes that were read last. */
  #bytes: Uint8Array = new Uint8Array(0)
  #view = viewOf(this.#bytes)

  /** Finds the parts of the line `start` ≤ byte < `end`; false when it has another form. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = viewOf(bytes)
    }
    const view = this.#view
    if (end - start < classAt || !this.#readFront(view, start, end)) return false
    let at = readPlain(view, start + classAt, end, this.retentionClass)
    if (!holds(view, at, end, beforeStreams)) return false
    at = this.#readStreams(bytes, at + beforeStreams.length, end)
    if (at < 0 || !holds(view, at, end, beforeType)) return false
    at = readPlain(view, at + beforeType.length, end, this.type)
    if (!holds(view, at, end, beforeVersion)) return false
    at += beforeVersion.length
    this.verdict.from = this.verdict.to = at
    if (bytes[at] === comma) {
      if (!holds(view, at, end, beforeVerdict)) return false
      at = readPlain(view, at + beforeVerdict.length, end, this.verdict)
      if (bytes[at++] !== quote) return false
    }
    if (!holds(view, at, end, beforeIndex)) return false
    this.header.to = at + 1
    this.index = this.#readNumber(bytes, at + beforeIndex.length)
    at = this.#numberEnd
    return this.index >= 0 && holds(view, at, end, beforeNumbers) && this.#readNumbers(bytes, at + 6, end)
  }

  #readFront(view: DataView, start: number, end: number): boolean {
    this.at = start + beforeAt.length
    this.actor = start + actorAt
    this.bodyHash = start + bodyHashAt
    this.id = start + idAt
    this.recordedAt = start + recordedAtAt
    this.header.from = start + headerAt
    return (
      holds(view, start, end, beforeAt) &&
      holds(view, this.at + instantLength, end, beforeActor) &&
      isUuid(view, this.actor) &&
      holds(view, this.bodyHash - beforeBodyHash.length, end, beforeBodyHash) &&
      holds(view, this.bodyHash + hashLength, end, beforeId) &&
      isUuid(view, this.id) &&
      holds(view, this.id + uuidLength, end, beforeRecordedAt) &&
      holds(view, this.recordedAt + instantLength, end, beforeClass)
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
      at = readPlain(this.#view, at + 3, end, stream)
      if (bytes[at] !== quote || !this.#ascends(bytes)) return -1
      recogniseKind(bytes, stream)
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

/** The plain text that begins here; answers where it ends. Two characters at a time: that halves the time. */
function readPlain(view: DataView, start: number, end: number, span: { from: number; to: number }): number {
  let at = start
  while (at + 1 < end && plain[view.getUint16(at, true)] === 1) at += 2
  if (at < end && plain[0x2000 | view.getUint8(at)] === 1) at++
  span.from = start
  span.to = at
  return at
}

/** Bytes that must stand somewhere, as words of four; the last two may overlap. */
interface Mark {
  readonly length: number
  readonly words: Int32Array
  readonly places: Int32Array
}

function markOf(text: string): Mark {
  const view = viewOf(Buffer.from(text))
  const places = Int32Array.from({ length: Math.ceil(text.length / 4) }, (_, at) => Math.min(4 * at, text.length - 4))
  return { length: text.length, words: places.map((place) => view.getInt32(place, true)), places }
}

function holds(view: DataView, at: number, end: number, { length, words, places }: Mark): boolean {
  if (at + length > end) return false
  for (let word = 0; word < words.length; word++)
    if (view.getInt32(at + places[word]!, true) !== words[word]) return false
  return true
}

/** Mostly it is the kind that stood in this place the last time. */
function recogniseKind(bytes: Uint8Array, stream: StreamSpan): void {
  if (says(bytes, stream, stream.kind)) return
  stream.kind = Uint8Array.prototype.slice.call(bytes, stream.kindFrom, stream.kindTo)
  stream.listed = listedKinds.findIndex((kind) => says(bytes, stream, kind))
  stream.column = databaseKinds.findIndex((kind) => says(bytes, stream, kind))
}

function says(bytes: Uint8Array, { kindFrom, kindTo }: StreamSpan, kind: Uint8Array): boolean {
  if (kind.length !== kindTo - kindFrom) return false
  for (let place = 0; place < kind.length; place++) if (bytes[kindFrom + place] !== kind[place]) return false
  return true
}

function isUuid(view: DataView, at: number): boolean {
  for (let place = at; place < at + uuidLength; place += 2)
    if (uuidBytes[view.getUint16(place, true)] !== 1) return false
  return true
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** 1 for each two bytes that both may stand. */
function pairsOf(may: (byte: number) => boolean): Uint8Array {
  const allowed = Uint8Array.from({ length: 256 }, (_, byte) => Number(may(byte)))
  const pairs = new Uint8Array(65_536)
  for (let second = 0; second < 256; second++) if (allowed[second] === 1) pairs.set(allowed, second << 8)
  return pairs
}
