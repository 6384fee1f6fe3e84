import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'

type NodeCrypto = typeof import('node:crypto')

// Node's one-shot hash is many times faster than any script; a browser has no synchronous one of its own.
const nodeCrypto: NodeCrypto | undefined = globalThis.process?.getBuiltinModule?.('node:crypto')

/** SHA-256 of bytes, synchronously, in Node and in the browser. */
export const sha256: (bytes: Uint8Array) => Uint8Array =
  nodeCrypto === undefined ? portableSha256 : (bytes) => nodeCrypto.hash('sha256', bytes, 'buffer')
