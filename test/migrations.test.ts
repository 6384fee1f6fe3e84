import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { openPool } from '#server/platform/database.ts'
import { migrate, MigrationError, refuseOwningLogin } from '#server/platform/migrate.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'

async function folderWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-migrations-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql)
  return folder
}

async function query<Row extends pg.QueryResultRow>(t: TestContext, url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.after(() => client.end())
  return (await client.query<Row>(sql)).rows
}

/** A session with a name, until the end of the test; answers its process. */
async function connectAs(t: TestContext, url: string, name: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: name })
  await client.connect()
  t.after(() => client.end())
  return (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
}

const later = { '9001_first.sql': 'create table first (id int);', '9002_second.sql': 'create table second (id int);' }

test('A migrated database has nothing left to apply', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  assert.deepEqual(await migrate(ownerUrl), [])
})

test('Two starts at once apply every migration exactly once', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  const folder = await folderWith(t, later)
  const answers = await Promise.all([migrate(ownerUrl, folder), migrate(ownerUrl, folder), migrate(ownerUrl, folder)])
  assert.deepEqual(answers.flat().toSorted(), ['9001_first.sql', '9002_second.sql'])
})

test('A merged file that was edited is refused by name', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  const folder = await folderWith(t, later)
  await migrate(ownerUrl, folder)
  await writeFile(join(folder, '9001_first.sql'), 'create table first (id bigint);')
  await assert.rejects(
    migrate(ownerUrl, folder),
    (error) => error instanceof MigrationError && /9001_first\.sql was edited/.test(error.message),
  )
})

test('A file slipped in before applied ones is refused by name', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  const folder = await folderWith(t, later)
  await migrate(ownerUrl, folder)
  await writeFile(join(folder, '9000_late.sql'), 'create table late (id int);')
  await assert.rejects(migrate(ownerUrl, folder), /9000_late\.sql comes before 9002_second\.sql/)
})

test('A failing migration leaves nothing of itself and names the file', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  const folder = await folderWith(t, { '9001_half.sql': 'create table half (id int); select 1 / 0;' })
  await assert.rejects(migrate(ownerUrl, folder), /9001_half\.sql failed: division by zero/)
  assert.deepEqual(await query(t, ownerUrl, `select 1 from pg_tables where tablename = 'half'`), [])
})

test('An older program starts on a newer schema', async (t) => {
  const { ownerUrl } = await cloneDatabase(t)
  await migrate(ownerUrl, await folderWith(t, later))
  assert.deepEqual(await migrate(ownerUrl), [])
})

for (const name of ['containment-gateway', 'containment-gateway notices', 'containment-gateway 0099'])
  test(`A file that must be applied alone is refused while a session of “${name}” is connected`, async (t) => {
    const { ownerUrl, serviceUrl } = await cloneDatabase(t)
    const pid = await connectAs(t, serviceUrl, name)
    const files = { '9000_before.sql': 'select 1;', '9001_alone.sql': '-- Alone: it says why.\nselect 1;' }
    const refusal = new RegExp(`9001_alone\\.sql .* 1 of their sessions .*\\(${pid} from .*Stop every`)
    await assert.rejects(
      migrate(ownerUrl, await folderWith(t, files)),
      (error) => error instanceof MigrationError && refusal.test(error.message),
    )
    assert.deepEqual(await query(t, ownerUrl, `select 1 from schema_migration where name > '9'`), [])
  })

test('A file that must be applied alone is applied beside gateways that know it; any other beside older ones too', async (t) => {
  const { ownerUrl, serviceUrl } = await cloneDatabase(t)
  for (const name of ['containment-gateway 9001', 'containment-gateway 9002 notices', 'psql'])
    await connectAs(t, serviceUrl, name)
  const folder = await folderWith(t, { '9001_alone.sql': '-- Alone: it says why.\nselect 1;' })
  assert.deepEqual(await migrate(ownerUrl, folder), ['9001_alone.sql'])
  await connectAs(t, serviceUrl, 'containment-gateway')
  await writeFile(join(folder, '9002_beside.sql'), 'select 1;')
  assert.deepEqual(await migrate(ownerUrl, folder), ['9002_beside.sql'])
})

test('A session of the gateway says the newest schema that its program knows', async (t) => {
  const { serviceUrl } = await cloneDatabase(t)
  const pool = openPool(serviceUrl, { warn: () => {} }, 1)
  t.after(() => pool.end())
  const { rows } = await pool.query<{ name: string; newest: string }>(
    `select current_setting('application_name') as name, (select max(name) from schema_migration) as newest`,
  )
  assert.equal(rows[0]!.name, `containment-gateway ${rows[0]!.newest.slice(0, 4)}`)
})

test('An owner who may not create roles is told what to ask for', async (t) => {
  const { ownerUrl, name } = await cloneDatabase(t)
  const login = `limited_${name}`
  await query(t, ownerUrl, `create role ${login} login password 'limited'`)
  t.after(() => query(t, ownerUrl, `drop role ${login}`))
  const url = Object.assign(new URL(ownerUrl), { username: login, password: 'limited' }).href
  const { grantServiceLogin } = await import('#server/platform/migrate.ts')
  await assert.rejects(grantServiceLogin(url, 'somebody_new'), /may not create roles.*create role "somebody_new" login/)
})

test('The service runs as a login that owns nothing; an owner is refused', async (t) => {
  const { ownerUrl, serviceUrl } = await cloneDatabase(t)
  const service = new pg.Pool({ connectionString: serviceUrl, max: 1 })
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 1 })
  t.after(() => Promise.all([service.end(), owner.end()]))
  await refuseOwningLogin(service)
  await assert.rejects(refuseOwningLogin(owner), /is a superuser/)
})

test('The service may neither delete nor truncate any table that holds history', async (t) => {
  const { serviceUrl } = await cloneDatabase(t)
  const rows = await query<{ name: string }>(
    t,
    serviceUrl,
    `select table_schema || '.' || table_name as name from information_schema.role_table_grants
     where grantee in ('gateway_service', 'PUBLIC', current_user) and privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER')
       and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
  )
  // Answers kept for a day, the provider's groups as they are now (what changed in them is in the records), the sign-ins
  // of the running minute, and what is computed anew from revisions.
  const passing = [
    'public.idempotency_key',
    'public.scim_group',
    'public.scim_group_member',
    'public.sign_in_count',
    'public.post_revision_touch',
  ]
  assert.deepEqual(
    [...new Set(rows.map((row) => row.name))].filter((name) => !passing.includes(name)),
    [],
  )
})
