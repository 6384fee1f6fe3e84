import type { ObjectStoreSettings } from './config.ts'
import { parseSigningKey, parseWebAddress } from './parse-setting.ts'
import { ConfigError, defaultOrigin, readObjectStore } from './read-config.ts'
import { SettingReader, type Environment } from './setting-reader.ts'

/** What reading the archive without the database needs; undefined parts belong to the evaluation set-up's folder. */
export interface BucketSettings {
  readonly objectStore: ObjectStoreSettings | undefined
  /** Whose log it is, and the key that signs for it, where the environment holds it. */
  readonly signing: { readonly origin: string; readonly signingKey: string } | undefined
  readonly dataDirectory: string | undefined
}

const needed = /^GATEWAY_(S3_|SIGNING_KEY|ORIGIN|PUBLIC_URL|DATA_DIRECTORY)/

/**
 * Reads from the environment what a command needs that works with the bucket alone, and looks at nothing else: where the
 * database is gone, its settings may be too. `keyGiven`: the public key came another way. Throws `ConfigError`.
 */
export function readBucketSettings(environment: Environment, keyGiven: boolean): BucketSettings {
  const reader = new SettingReader(
    Object.fromEntries(Object.entries(environment).filter(([name]) => needed.test(name))),
  )
  const dataDirectory = reader.optional('GATEWAY_DATA_DIRECTORY')
  const isReal = Object.keys(environment).some((name) => /^GATEWAY_(S3_|SIGNING_KEY)/.test(name))
  const objectStore = isReal ? readObjectStore(reader) : undefined
  const signingKey = reader.parsed('GATEWAY_SIGNING_KEY', undefined, parseSigningKey)
  const publicUrl = reader.parsed('GATEWAY_PUBLIC_URL', undefined, parseWebAddress)
  const origin = reader.optional('GATEWAY_ORIGIN') ?? defaultOrigin(publicUrl)
  if (isReal && signingKey === undefined && !keyGiven)
    reader.refuse('GATEWAY_SIGNING_KEY', 'is missing: the log’s key. With --key its public part is enough')
  if (signingKey !== undefined && origin === '')
    reader.refuse('GATEWAY_ORIGIN', 'is missing: the log’s name, as the first line of each checkpoint says it')
  const mistakes = reader.mistakes()
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return { objectStore, dataDirectory, signing: signingKey === undefined ? undefined : { origin, signingKey } }
}
