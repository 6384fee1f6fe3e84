import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openObjectStore } from '#server/archive/open-object-store.ts'
import type { PackageSigner } from '#server/exports/write-package.ts'
import { AppError } from '#server/platform/app-error.ts'
import { systemClock } from '#server/platform/clock.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { readBucketSettings } from '#server/platform/read-bucket-settings.ts'
import type { Environment } from '#server/platform/setting-reader.ts'
import { parseVerifierKey } from '#shared/tlog/note.ts'

export interface OpenedBucket {
  readonly store: ObjectStore
  readonly signer: PackageSigner
  close(): Promise<void>
}

/**
 * The object store and the log's key, and nothing else of the installation: no database is looked for. With a verifier key
 * the private one is not needed; what is then made is not signed.
 */
export async function openBucket(environment: Environment, givenKey: string | undefined): Promise<OpenedBucket> {
  const given = givenKey === undefined ? undefined : parseGivenKey(givenKey)
  const settings = readBucketSettings(environment, given !== undefined)
  const parts =
    settings.objectStore === undefined
      ? await findEvaluation(settings.dataDirectory, given !== undefined)
      : { objectStore: settings.objectStore, signing: settings.signing }
  const own =
    parts.signing === undefined ? undefined : createEd25519Signer(parts.signing.origin, parts.signing.signingKey)
  if (own !== undefined && given !== undefined && own.verifierKey !== given.verifierKey)
    throw new AppError(
      'invalid_request',
      `--key is not the public part of GATEWAY_SIGNING_KEY, which is ${own.verifierKey}.`,
    )
  const opened = await openObjectStore(parts.objectStore, systemClock, 'read')
  return { store: opened.store, signer: own ?? given!, close: () => opened.close() }
}

function parseGivenKey(verifierKey: string): PackageSigner {
  try {
    return { name: parseVerifierKey(verifierKey).name, verifierKey }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AppError('invalid_request', `--key: ${error.message}`)
  }
}

/** The folder of the evaluation set-up, whose Postgres need not run. */
async function findEvaluation(dataDirectory: string | undefined, keyGiven: boolean) {
  const { embeddedDirectory, embeddedOrigin } = await import('#server/embedded/start-embedded.ts')
  const directory = embeddedDirectory({ dataDirectory })
  const objects = join(directory, 'objects')
  const key = join(directory, 'keys', 'signing.pem')
  const missing = [objects, ...(keyGiven ? [] : [key])].find((path) => !existsSync(path))
  if (missing !== undefined)
    throw new AppError(
      'not_found',
      `${missing} is not there. Set GATEWAY_S3_BUCKET and its neighbours for a bucket, or GATEWAY_DATA_DIRECTORY for a folder.`,
    )
  return {
    objectStore: { kind: 'directory' as const, directory: objects },
    signing: existsSync(key) ? { origin: embeddedOrigin, signingKey: await readFile(key, 'utf8') } : undefined,
  }
}
