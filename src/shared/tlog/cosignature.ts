import { concatBytes, equalBytes, fromBase64, toBase64, toHex, utf8 } from './bytes.ts'
import { parseNote, type VerifierKey } from './note.ts'
import { sha256 } from './sha256.ts'

const ed25519Cosignature = 0x04

/** Reads a witness's verifier key (type 0x04, C2SP tlog-cosignature); throws `RangeError` when it is none. */
export function parseWitnessKey(text: string): VerifierKey {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text)
  if (match === null) throw new RangeError('The witness key is malformed.')
  const [name, key] = [match[1]!, fromBase64(match[3]!)]
  if (key.length !== 33 || key[0] !== ed25519Cosignature)
    throw new RangeError('The witness key is not an Ed25519 cosignature key (type 0x04).')
  const keyId = sha256(concatBytes(utf8(`${name}\n`), key)).subarray(0, 4)
  if (toHex(keyId) !== match[2]) throw new RangeError('The id of the witness key does not fit the key.')
  return { name, keyId, publicKey: key.slice(1) }
}

/** A statement of a witness: of all checkpoints of this log that it saw until then, none was larger or contradicted this. */
export interface Cosignature {
  /** Seconds since 1970. */
  readonly timestamp: number
  /** The signature's line, with its newline. */
  readonly line: string
}

/**
 * The cosignature of a witness on a note; `undefined` when it has none or none that holds. Signatures of other keys are
 * passed over, as C2SP signed-note says.
 */
export async function openCosignature(note: string, key: VerifierKey): Promise<Cosignature | undefined> {
  const { text, signatures } = parseNote(note)
  const ours = signatures.filter((line) => line.name === key.name && equalBytes(line.keyId, key.keyId))
  const publicKey = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
  for (const { name, keyId, signature } of ours) {
    const timestamp =
      signature.length === 72 ? new DataView(signature.buffer, signature.byteOffset).getBigUint64(0) : -1n
    if (timestamp < 0n || timestamp > BigInt(Number.MAX_SAFE_INTEGER)) continue
    const message = utf8(`cosignature/v1\ntime ${timestamp}\n${text}`)
    if (!(await crypto.subtle.verify('Ed25519', publicKey, signature.subarray(8), message))) continue
    return { timestamp: Number(timestamp), line: `— ${name} ${toBase64(concatBytes(keyId, signature))}\n` }
  }
  return undefined
}
