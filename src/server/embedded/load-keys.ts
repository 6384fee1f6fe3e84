import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything secret of one evaluation set-up. */
export interface EmbeddedKeys {
  readonly signingKey: string
  readonly secretBoxKey: Buffer
  readonly sessionKey: Buffer
  readonly databaseOwner: string
  readonly databaseService: string
  readonly oidcClient: string
}

/** Reads the keys of `.gateway/keys`, or makes them once: files that only their owner reads. The folder must be locked. */
export async function loadKeys(directory: string): Promise<EmbeddedKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const load = (name: string, make: () => string) => loadOrMake(join(directory, name), make)
  const random = () => randomBytes(32).toString('base64url')
  const [signingKey, secretBox, session, databaseOwner, databaseService, oidcClient] = await Promise.all([
    load('signing.pem', makeSigningKey),
    load('secret-box.key', random),
    load('session.key', random),
    load('database-owner.password', random),
    load('database-service.password', random),
    load('oidc-client.secret', random),
  ])
  const secretBoxKey = Buffer.from(secretBox, 'base64url')
  return {
    signingKey,
    secretBoxKey,
    sessionKey: Buffer.from(session, 'base64url'),
    databaseOwner,
    databaseService,
    oidcClient,
  }
}

function makeSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

// Written aside, synced and renamed: a key exists whole or not at all.
async function loadOrMake(path: string, make: () => string): Promise<string> {
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (known !== undefined) return known
  const text = make()
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  return text
}
