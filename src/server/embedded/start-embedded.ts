import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Closing } from '#server/platform/closing.ts'
import type { Config, ObjectStoreSettings, Secrets } from '#server/platform/config.ts'
import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'
import type { CommonSettings } from '#server/platform/read-config.ts'
import { adoptIssuer } from './adopt-issuer.ts'
import { buildConsole } from './build-console.ts'
import { demoGroupRoles } from './demo-people.ts'
import { freePort } from './free-port.ts'
import { keepPostgres } from './keep-postgres.ts'
import { loadKeys, type EmbeddedKeys } from './load-keys.ts'
import { lockFolder } from './lock-folder.ts'

/** Project folder: the one with package.json. */
const project = fileURLToPath(new URL('../../../', import.meta.url))
const serviceLogin = 'gateway'
const clientId = 'containment-gateway'
// A fixed origin: the port may differ between starts, the log's name must not.
const origin = 'gateway.localhost/tlog'

export interface EmbeddedParts {
  readonly config: Config
  readonly objectStore: ObjectStoreSettings
  readonly secrets: Secrets
}

interface Ports {
  readonly app: number
  readonly provider: number
  readonly postgres: number
}

/** The folder of the embedded set-up: `GATEWAY_DATA_DIRECTORY`, else `.gateway/` in the project. */
export function embeddedDirectory(common: Pick<CommonSettings, 'dataDirectory'>): string {
  return resolve(common.dataDirectory ?? join(project, '.gateway'))
}

/**
 * Starts everything that a firm would bring, on loopback, with its data in one folder: Postgres, an OpenID provider and
 * the console's build, side by side. Throws `FolderTakenError` when another gateway keeps the folder.
 */
export async function startEmbedded(common: CommonSettings, log: Logger, closing: Closing): Promise<EmbeddedParts> {
  const directory = embeddedDirectory(common)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  let holder = 'it is just starting.'
  closing.add(await lockFolder(directory, () => holder))
  const keys = await loadKeys(join(directory, 'keys'))
  const ports = await choosePorts(directory, common.port)
  const publicUrl = `http://127.0.0.1:${ports.app}`
  holder = `${publicUrl} (process ${process.pid}).`

  const [database, issuer] = await settleAll([
    startDatabase(directory, keys, ports, log, closing),
    startProvider(directory, keys, ports, log, closing),
    buildConsole(project),
  ])
  await writeFile(join(directory, 'ports.json'), JSON.stringify({ ...ports, postgres: database.port }))
  await adoptIssuer(database.ownerUrl, issuer)
  const config: Config = {
    embedded: true,
    publicUrl,
    host: '127.0.0.1',
    port: ports.app,
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
    },
    database: { url: database.serviceUrl, ownerUrl: database.ownerUrl },
    origin,
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

/** The ports of the last start when they are still free, else the next free ones. */
async function choosePorts(directory: string, wanted: number): Promise<Ports> {
  const last = await readFile(join(directory, 'ports.json'), 'utf8').then(
    (text) => JSON.parse(text) as Partial<Ports>,
    (): Partial<Ports> => ({}),
  )
  const app = await freePort(wanted)
  const wantedProvider = last.provider ?? app + 1
  const provider = await freePort(wantedProvider === app ? app + 1 : wantedProvider)
  return { app, provider, postgres: last.postgres ?? 0 }
}

async function startDatabase(directory: string, keys: EmbeddedKeys, ports: Ports, log: Logger, closing: Closing) {
  const folder = join(directory, 'postgres')
  const postgres = await keepPostgres({ directory: folder, password: keys.databaseOwner, port: ports.postgres }, log)
  closing.add(() => postgres.stop())
  await createDatabase(postgres.url('postgres'), 'gateway')
  const ownerUrl = postgres.url('gateway')
  await migrate(ownerUrl)
  await grantServiceLogin(ownerUrl, serviceLogin, keys.databaseService)
  const serviceUrl = Object.assign(new URL(ownerUrl), { username: serviceLogin, password: keys.databaseService }).href
  return { ownerUrl, serviceUrl, port: postgres.port }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

async function startProvider(
  directory: string,
  keys: EmbeddedKeys,
  ports: Ports,
  log: Logger,
  closing: Closing,
): Promise<string> {
  // Loaded here, beside Postgres's start: the package takes a third of a second to load.
  const { startOpenIdProvider } = await import('./start-openid-provider.ts')
  const provider = await startOpenIdProvider({
    port: ports.provider,
    dataDirectory: join(directory, 'keys'),
    publicUrl: `http://127.0.0.1:${ports.app}`,
    clientId,
    clientSecret: keys.oidcClient,
    log,
  })
  closing.add(() => provider.close())
  return provider.issuer
}
