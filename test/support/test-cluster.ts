import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startPostgres, type EmbeddedPostgres } from '#server/embedded/start-postgres.ts'
import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'

/** Environment name under which the runner hands its cluster to the test files: the owner's URL. */
export const clusterVariable = 'GATEWAY_TEST_POSTGRES'
export const templateDatabase = 'gateway_template'
export const serviceLogin = { name: 'gateway_test', password: 'test' }

const clusters = fileURLToPath(new URL('../../.cache/test-postgres/', import.meta.url))
const dayMilliseconds = 86_400_000

export interface TestCluster {
  readonly directory: string
  readonly ownerUrl: string
  /** Stops the server, and removes its folder unless a failed test's database is in it. */
  stop(options: { keep: boolean }): Promise<void>
}

/** A throw-away Postgres with a migrated template database. Durability is off: only a machine's crash would show it. */
export async function startTestCluster(): Promise<TestCluster> {
  await removeOldClusters()
  const directory = join(clusters, String(process.pid))
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' }
  const postgres = await startPostgres({ directory, password: 'test', settings })
  await makeTemplate(postgres)
  return {
    directory,
    ownerUrl: postgres.url('postgres'),
    async stop({ keep }) {
      await postgres.stop()
      if (!keep) await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Makes the migrated template of the tests' databases. */
export async function makeTemplate(postgres: Pick<EmbeddedPostgres, 'url'>): Promise<void> {
  await runSql(postgres.url('postgres'), `create database ${templateDatabase}`)
  await migrate(postgres.url(templateDatabase))
  await runSql(postgres.url(templateDatabase), dropMonthsAhead)
  await grantServiceLogin(postgres.url(templateDatabase), serviceLogin.name, serviceLogin.password)
}

/** The months that stand ready are three quarters of the template’s files, and every test would copy them to leave them empty. */
const dropMonthsAhead = `do $$
declare part regclass;
begin
  perform set_config('gateway.migration', 'on', true);
  for part in select oid from pg_class where relnamespace = 'archive'::regnamespace and relispartition and relkind = 'r'
      and relname ~ '_[0-9]{4}_[0-9]{2}$' loop
    execute format('drop table %s', part);
  end loop;
  perform archive.make_partitions(date_trunc('month', now() at time zone 'UTC')::date, 2);
end $$`

/** Runs one statement on its own connection. */
export async function runSql(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  // A server that dies meanwhile is told by the statement, which rejects; said twice it would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function removeOldClusters(): Promise<void> {
  for (const name of await readdir(clusters).catch(() => [])) {
    const { mtimeMs } = await stat(join(clusters, name))
    if (mtimeMs < Date.now() - dayMilliseconds) await rm(join(clusters, name), { recursive: true, force: true })
  }
}
