import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Closing } from '#server/platform/closing.ts'
import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'
import { withClient } from '#server/platform/with-client.ts'
import { clusterOwner } from './create-cluster.ts'
import { keepPostgres } from './keep-postgres.ts'
import type { EmbeddedKeys } from './load-keys.ts'

const databaseName = 'gateway'

interface DatabasePlan {
  readonly directory: string
  readonly keys: Pick<EmbeddedKeys, 'databaseOwner' | 'databaseService'>
  /** Wanted port; 0 chooses. */
  readonly port: number
  /** Login of the service, which owns nothing. */
  readonly login: string
  /** Called when Postgres works in a process of its own. */
  readonly onSpawn?: (() => void) | undefined
}

export interface EmbeddedDatabase {
  readonly ownerUrl: string
  readonly serviceUrl: string
  readonly port: number
}

/** Starts Postgres, with the migrated database and the service's login in it. */
export async function startDatabase(plan: DatabasePlan, log: Logger, closing: Closing): Promise<EmbeddedDatabase> {
  const folder = join(plan.directory, 'postgres')
  const { keys, port, onSpawn } = plan
  const postgres = await keepPostgres({ directory: folder, password: keys.databaseOwner, port, onSpawn }, log)
  closing.add(() => postgres.stop())
  await createDatabase(postgres.url('postgres'))
  const ownerUrl = postgres.url(databaseName)
  await migrate(ownerUrl)
  await grantServiceLogin(ownerUrl, plan.login, plan.keys.databaseService)
  return addresses(plan, ownerUrl, postgres.port)
}

/** The database of the gateway that runs on the folder. */
export function runningDatabase(plan: DatabasePlan): EmbeddedDatabase {
  const password = encodeURIComponent(plan.keys.databaseOwner)
  return addresses(plan, `postgres://${clusterOwner}:${password}@127.0.0.1:${plan.port}/${databaseName}`, plan.port)
}

function addresses(plan: DatabasePlan, ownerUrl: string, port: number): EmbeddedDatabase {
  const credentials = { username: plan.login, password: plan.keys.databaseService }
  return { ownerUrl, serviceUrl: Object.assign(new URL(ownerUrl), credentials).href, port }
}

async function createDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName}`)
  })
}
