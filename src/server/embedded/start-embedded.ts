import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { Closing } from '#server/platform/closing.ts'
import type { Config, ObjectStoreSettings, Secrets } from '#server/platform/config.ts'
import type { CommonSettings } from '#server/platform/read-config.ts'
import { adoptIssuer } from './adopt-issuer.ts'
import { buildConsole } from './build-console.ts'
import { demoGroupRoles } from './demo-people.ts'
import { holdPort } from './free-port.ts'
import { loadKeys, type EmbeddedKeys } from './load-keys.ts'
import { lockFolder } from './lock-folder.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { startDatabase, type EmbeddedDatabase } from './start-database.ts'
import { startProvider } from './start-provider.ts'

/** Project folder: the one with package.json. */
const project = fileURLToPath(new URL('../../../', import.meta.url))
/** Login of the service: a member of gateway_service that owns nothing. */
export const serviceLogin = 'gateway'
const clientId = 'containment-gateway'
// A fixed origin: the port may differ between starts, the log's name must not.
export const embeddedOrigin = 'gateway.localhost/tlog'

export interface EmbeddedParts {
  readonly config: Config
  readonly objectStore: ObjectStoreSettings
  readonly secrets: Secrets
}

export interface StartedParts extends EmbeddedParts {
  /** The address was promised to the provider before anybody listens there: call this, then listen. */
  readonly releasePort: () => Promise<void>
}

/** Ports of the last start, which the next one takes again when they are free. */
export interface Ports {
  readonly gateway: number
  readonly provider: number
  readonly postgres: number
}

/** The folder of the embedded set-up: `GATEWAY_DATA_DIRECTORY`, else `.gateway/` in the project. */
export function embeddedDirectory(common: Pick<CommonSettings, 'dataDirectory'>): string {
  return resolve(common.dataDirectory ?? join(project, '.gateway'))
}

/**
 * Starts everything that a firm would bring, on loopback, with its data in one folder: Postgres, an OpenID provider and
 * the console's build, side by side. `onSpawn` is called when Postgres works in a process of its own. Throws `FolderTakenError` when another gateway keeps the folder.
 */
export async function startEmbedded(
  common: CommonSettings,
  log: Logger,
  closing: Closing,
  onSpawn: () => void,
): Promise<StartedParts> {
  postgresBinaries() // refuses at once where the set-up cannot run
  const directory = embeddedDirectory(common)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  let holder = 'it is just starting.'
  closing.add(await lockFolder(directory, () => holder))
  const keys = await loadKeys(join(directory, 'keys'))
  const last = await readPorts(directory)
  const held = await holdPort(common.port)
  closing.add(held.release)
  const publicUrl = `http://127.0.0.1:${held.port}`
  holder = `${publicUrl} (process ${process.pid}).`

  const [database, issuer] = await settleAll([
    startDatabase({ directory, keys, port: last.postgres ?? 0, login: serviceLogin, onSpawn }, log, closing),
    startProvider(
      { directory, secret: keys.oidcClient, port: last.provider ?? held.port + 1, publicUrl, clientId },
      log,
      closing,
    ),
    buildConsole(project),
  ])
  await writePorts(directory, { gateway: held.port, provider: Number(new URL(issuer).port), postgres: database.port })
  await adoptIssuer(database.ownerUrl, issuer)
  const parts = describeEmbedded({ common, directory, keys, database, issuer, port: held.port })
  return { ...parts, releasePort: held.release }
}

interface Started {
  readonly common: CommonSettings
  readonly directory: string
  readonly keys: EmbeddedKeys
  readonly database: EmbeddedDatabase
  readonly issuer: string
  readonly port: number
}

/** The configuration that a firm would write for what is embedded. */
export function describeEmbedded({ common, directory, keys, database, issuer, port }: Started): EmbeddedParts {
  const config: Config = {
    embedded: true,
    publicUrl: `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    roles: ['serve', 'work'],
    dataDirectory: directory,
    tlogPublic: common.tlogPublic,
    allowPrivateAddresses: common.allowPrivateAddresses,
    reviewHours: common.reviewHours,
    session: { key: keys.sessionKey, idleMinutes: common.idleMinutes, absoluteHours: common.absoluteHours },
    oidc: {
      issuer,
      clientId,
      clientSecret: keys.oidcClient,
      groupsClaim: 'groups',
      groupRoles: demoGroupRoles,
      scope: 'openid profile email groups',
      accessTokenType: 'at+jwt',
    },
    database: { url: database.serviceUrl, ownerUrl: database.ownerUrl },
    origin: embeddedOrigin,
  }
  return {
    config,
    objectStore: { kind: 'directory', directory: join(directory, 'objects') },
    secrets: { signingKey: keys.signingKey, secretBoxKey: keys.secretBoxKey },
  }
}

// Waits for all even when one fails, so that what did start is known to `closing` before the failure is told.
async function settleAll<T extends readonly Promise<unknown>[]>(
  parts: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts)
  return Promise.all(parts)
}

export async function readPorts(directory: string): Promise<Partial<Ports>> {
  try {
    return JSON.parse(await readFile(join(directory, 'ports.json'), 'utf8')) as Partial<Ports>
  } catch {
    return {} // the first start, or one that was killed while it wrote: any ports will do
  }
}

async function writePorts(directory: string, ports: Ports): Promise<void> {
  await writeFile(join(directory, 'ports.json'), JSON.stringify(ports))
}
