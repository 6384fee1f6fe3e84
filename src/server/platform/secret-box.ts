import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Keeps network credentials unreadable at rest. Sealing is authenticated: a changed box does not open. */
export interface SecretBox {
  /** Encrypts; `context` (for example the profile id) must be given again to open. */
  seal(plain: string, context: string): Buffer
  /** Decrypts; throws when the box, the key or the context is not the one it was sealed with. */
  open(box: Buffer, context: string): string
}

// Said to Node, which else takes the first bytes of a tag for a whole one.
const authTagLength = 16

/** AES-256-GCM with a random 96-bit nonce: nonce ‖ tag ‖ ciphertext, the context as associated data. */
export function createSecretBox(key: Buffer): SecretBox {
  if (key.length !== 32) throw new RangeError('The secret box key must have 32 bytes.')
  return {
    seal(plain, context) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength }).setAAD(Buffer.from(context))
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text])
    },
    open(box, context) {
      const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12), { authTagLength }).setAAD(
        Buffer.from(context),
      )
      decipher.setAuthTag(box.subarray(12, 28))
      return Buffer.concat([decipher.update(box.subarray(28)), decipher.final()]).toString('utf8')
    },
  }
}
