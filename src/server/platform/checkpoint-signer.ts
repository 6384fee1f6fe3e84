/** Signs checkpoints (C2SP signed-note, Ed25519). The private key never leaves the implementer. */
export interface CheckpointSigner {
  /** The key's name, which is the log's origin line. */
  readonly name: string
  /** The verifier key in signed-note form: `<name>+<hex key id>+<base64 of 0x01 and the 32-byte public key>`. */
  readonly verifierKey: string
  /** The 64-byte Ed25519 signature over the note text (RFC 8032). Throws when the key cannot be used. */
  sign(text: Uint8Array): Promise<Uint8Array>
}
