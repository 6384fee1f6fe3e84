import { createHash } from 'node:crypto'

const tidAlphabet = '234567abcdefghijklmnopqrstuvwxyz'
const uuid7 = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i

/** Span of made-up times for keys without a time of their own: 2023-01-01 and three years from there, in milliseconds. */
const madeUpFrom = Date.UTC(2023, 0, 1)
const madeUpSpan = 3 * 365 * 86_400_000

/**
 * The record key of a publication: a TID (atproto's 13 sortable characters: 53 bits of microseconds, 10 bits of clock id).
 * It depends on the publication key alone, so every attempt, in any process, writes the same record. The time is that
 * of the UUIDv7 in the key; the rest comes from the key's SHA-256.
 */
export function recordKey(publicationKey: string): string {
  const hash = createHash('sha256').update(publicationKey).digest()
  const milliseconds = timeOf(publicationKey) ?? madeUpFrom + Number(hash.readBigUInt64BE(8) % BigInt(madeUpSpan))
  const microseconds = BigInt(milliseconds) * 1000n + BigInt(hash.readUInt32BE(0) % 1000)
  return writeTid((microseconds << 10n) | BigInt(hash.readUInt16BE(4) & 1023))
}

function timeOf(key: string): number | undefined {
  const found = uuid7.exec(key)?.[0].replaceAll('-', '').slice(0, 12)
  const milliseconds = Number.parseInt(found ?? '', 16)
  // 53 bits of microseconds end in the year 2255.
  return milliseconds < 2 ** 53 / 1000 - 1 ? milliseconds : undefined
}

function writeTid(bits: bigint): string {
  let text = ''
  for (let shift = 60n; shift >= 0n; shift -= 5n) text += tidAlphabet[Number((bits >> shift) & 31n)]
  return text
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** The CID under which every PDS files bytes of this SHA-256 (CIDv1, raw, base32): known before the upload. */
export function blobCid(sha256: string): string {
  const bytes = Buffer.concat([Buffer.from([0x01, 0x55, 0x12, 0x20]), Buffer.from(sha256, 'hex')])
  let text = 'b'
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += base32[(buffer >>> (bits - 5)) & 31]
    buffer &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + base32[(buffer << (5 - bits)) & 31]
}
