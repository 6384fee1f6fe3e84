import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretLength = 32
const checksumLength = 6
const pattern = /^gwt_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/

/**
 * `gwt_`, 32 characters of chance (190 bits), 6 of checksum: a secret scanner recognises one by its prefix and tells a
 * real one from a look-alike without asking us.
 */
export function makeApiToken(): string {
  let secret = ''
  while (secret.length < secretLength) {
    // Bytes from 248 on would favour the alphabet's beginning.
    for (const byte of randomBytes(secretLength))
      if (byte < 248 && secret.length < secretLength) secret += alphabet[byte % 62]
  }
  return `gwt_${secret}${checksum(secret)}`
}

/** Is the text a token of ours, by form and checksum? Says nothing about whether it was ever issued. */
export function isApiToken(text: string): boolean {
  const match = pattern.exec(text)
  return match !== null && match[2] === checksum(match[1] ?? '')
}

/** What is stored. The token has enough chance in it that a plain hash cannot be searched. */
export function hashApiToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** What a list shows, so that people know their tokens apart. */
export function prefixOf(token: string): string {
  return token.slice(0, 10)
}

function checksum(secret: string): string {
  let left = crc32(secret)
  let text = ''
  while (text.length < checksumLength) {
    text = alphabet[left % 62] + text
    left = Math.floor(left / 62)
  }
  return text
}
