/** One line of a file of bodies: the body's bytes verbatim inside JSON that any reader can query. */
export interface SealedBody {
  readonly index: number
  readonly id: string
  readonly salt: Uint8Array
  /** The canonical body, verbatim. */
  readonly body: string
}

/** `{"n":…,"id":"…","salt":"<base64>","body":<verbatim>}` without a line end. */
export function formatBodyLine(line: SealedBody): string {
  const salt = Buffer.from(line.salt).toString('base64')
  return `{"n":${line.index},"id":"${line.id}","salt":"${salt}","body":${line.body}}`
}

const shape = /^\{"n":(\d{1,16}),"id":"([0-9a-f-]{36})","salt":"([A-Za-z0-9+/]{43}=)","body":(.*)\}$/s

/** Takes a line apart; the body is cut out, never rewritten. Throws `RangeError` when it is not such a line. */
export function parseBodyLine(text: string): SealedBody {
  const match = shape.exec(text)
  if (match === null) throw new RangeError('This is not a line of bodies.')
  return { index: Number(match[1]), id: match[2]!, salt: Buffer.from(match[3]!, 'base64'), body: match[4]! }
}
