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

const shape = /^\{"n":(\d{1,16}),"id":"([0-9a-f-]{36})","salt":"([A-Za-z0-9+/]{43}=)","body":/

/** Longest beginning of a line, up to its body. */
const headLength = 150

/** Takes a line apart; the body's bytes are cut out, never rewritten. Throws `RangeError` when it is not such a line. */
export function parseBodyLine(line: Buffer): Omit<SealedBody, 'body'> & { readonly body: Buffer } {
  // Only the beginning becomes a string: verification reads millions of bodies, and hashes bytes.
  const match = shape.exec(line.toString('latin1', 0, headLength))
  if (match === null || line.at(-1) !== closingBrace) throw new RangeError('This is not a line of bodies.')
  const body = line.subarray(match[0].length, -1)
  return { index: Number(match[1]), id: match[2]!, salt: Buffer.from(match[3]!, 'base64'), body }
}

const closingBrace = 0x7d
