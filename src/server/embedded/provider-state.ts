import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What must survive a restart, so that ID tokens and cookies from before stay valid. */
export interface ProviderState {
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  readonly cookieKeys: readonly string[]
}

/** Reads the provider's keys, or makes and keeps them (mode 0600, written whole and renamed). */
export function loadProviderState(file: string): ProviderState {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProviderState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const state = makeProviderState()
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
    return state
  }
}

/** Fresh keys: ES256 for tokens (quick to make) and one cookie key. */
export function makeProviderState(): ProviderState {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomBytes(8).toString('hex')
  return {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' }] },
    cookieKeys: [randomBytes(32).toString('base64url')],
  }
}
