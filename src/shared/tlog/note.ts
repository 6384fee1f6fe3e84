import { concatBytes, equalBytes, fromBase64, toBase64, toHex, utf8 } from './bytes.ts'
import { sha256 } from './sha256.ts'

/** A verifier key of a signed note: `<name>+<hex key id>+<base64 of algorithm byte and key>` (C2SP signed-note). */
export interface VerifierKey {
  readonly name: string
  readonly keyId: Uint8Array
  readonly publicKey: Uint8Array<ArrayBuffer>
}

export interface NoteSignature {
  readonly name: string
  readonly keyId: Uint8Array
  readonly signature: Uint8Array<ArrayBuffer>
}

export interface SignedNote {
  /** The signed text, its final newline included. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const ed25519 = 0x01

/** The key id of an Ed25519 key: the first four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ key). */
export function noteKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(ed25519), publicKey)).subarray(0, 4)
}

/** Writes a verifier key. */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  const key = toBase64(concatBytes(Uint8Array.of(ed25519), publicKey))
  return `${name}+${toHex(noteKeyId(name, publicKey))}+${key}`
}

/** Reads a verifier key; throws `RangeError` when it is malformed or its id does not fit its key. */
export function parseVerifierKey(text: string): VerifierKey {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text)
  if (match === null) throw new RangeError('The verifier key is malformed.')
  const [name, key] = [match[1]!, fromBase64(match[3]!)]
  if (key.length !== 33 || key[0] !== ed25519) throw new RangeError('The verifier key is not an Ed25519 key.')
  const publicKey = key.slice(1)
  const keyId = noteKeyId(name, publicKey)
  if (toHex(keyId) !== match[2]) throw new RangeError('The id of the verifier key does not fit the key.')
  return { name, keyId, publicKey }
}

/** The line of one signature: em dash, name, base64 of key id and signature. */
export function formatSignature(name: string, publicKey: Uint8Array, signature: Uint8Array): string {
  return `— ${name} ${toBase64(concatBytes(noteKeyId(name, publicKey), signature))}\n`
}

/** Takes a signed note apart, checking nothing but its form; throws `RangeError` when it is not a note. */
export function parseNote(note: string): SignedNote {
  const split = note.lastIndexOf('\n\n')
  if (split === -1 || !note.endsWith('\n') || hasControl(note)) throw new RangeError('The note is malformed.')
  const lines = note.slice(split + 2).split('\n')
  lines.pop()
  if (lines.length === 0) throw new RangeError('The note carries no signature.')
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) }
}

function hasControl(note: string): boolean {
  for (let at = 0; at < note.length; at++) {
    const code = note.charCodeAt(at)
    if (code < 0x20 && code !== 0x0a) return true
  }
  return false
}

function parseSignature(line: string): NoteSignature {
  const match = /^— ([^+\s]+) ([A-Za-z0-9+/=]+)$/.exec(line)
  if (match === null) throw new RangeError('A signature line of the note is malformed.')
  const bytes = fromBase64(match[2]!)
  if (bytes.length < 5) throw new RangeError('A signature of the note is too short.')
  return { name: match[1]!, keyId: bytes.subarray(0, 4), signature: bytes.slice(4) }
}

/**
 * The text of a note that the key signed; `undefined` when no signature of that key is there or it is not valid.
 * Signatures of unknown keys are passed over, as C2SP signed-note says. WebCrypto: the browser and Node alike.
 */
export async function openNote(note: string, key: VerifierKey): Promise<string | undefined> {
  const { text, signatures } = parseNote(note)
  const ours = signatures.filter((line) => line.name === key.name && equalBytes(line.keyId, key.keyId))
  if (ours.length === 0) return undefined
  const publicKey = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
  for (const { signature } of ours) {
    if (!(await crypto.subtle.verify('Ed25519', publicKey, signature, utf8(text)))) return undefined
  }
  return text
}
