import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import type { CheckpointSigner } from './checkpoint-signer.ts'

/**
 * A signer over an Ed25519 private key (PKCS8 PEM) that this process holds. `name` is the log's origin.
 * The verifier key is a C2SP signed-note vkey. Throws `TypeError` when the key is not an Ed25519 private key.
 */
export function createEd25519Signer(name: string, privateKeyPem: string): CheckpointSigner {
  const key = createPrivateKey(privateKeyPem)
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('The signing key must be an Ed25519 private key.')
  return {
    name,
    verifierKey: verifierKey(name, key),
    sign: async (text) => sign(null, text, key),
  }
}

// C2SP signed-note: key id = first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), 0x01 meaning Ed25519.
function verifierKey(name: string, privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const typed = Buffer.concat([Buffer.of(1), spki.subarray(-32)])
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest('hex').slice(0, 8)
  return `${name}+${id}+${typed.toString('base64')}`
}
