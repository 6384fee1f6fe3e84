import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { runMigrate } from '#server/commands/migrate-database.ts'
import { MigrationError } from '#server/platform/migrate.ts'
import { readMigrationSettings } from '#server/platform/read-migration-settings.ts'
import { withClient } from '#server/platform/with-client.ts'
import { cloneDatabase } from '#test/support/clone-database.ts'

const ownerUrl = 'postgres://owner:secret@db.example/gateway'

test('Migrating asks for the owner’s address alone; a login is named or taken from the service’s address', () => {
  assert.deepEqual(readMigrationSettings({ GATEWAY_DATABASE_OWNER_URL: ownerUrl }), { ownerUrl, login: undefined })
  const environment = {
    GATEWAY_DATABASE_OWNER_URL: ownerUrl,
    GATEWAY_DATABASE_URL: 'postgres://the%20service@db.example/gateway',
    GATEWAY_S3_BUCKET: 'of no importance here',
  }
  assert.equal(readMigrationSettings(environment).login, 'the service')
  assert.equal(readMigrationSettings(environment, ['--login', 'another']).login, 'another')
})

test('Every mistake is told at once, and names only what migrating needs', () => {
  assert.throws(
    () => readMigrationSettings({ GATEWAY_DATABASE_URL: 'mysql://x' }, ['--owner']),
    (error: Error) => {
      assert.match(error.message, /3 mistakes/)
      assert.match(error.message, /GATEWAY_DATABASE_OWNER_URL is missing/)
      assert.match(error.message, /GATEWAY_DATABASE_URL /)
      assert.match(error.message, /--login <name>/)
      assert.doesNotMatch(error.message, /OIDC|S3|KEY|PUBLIC/)
      return true
    },
  )
})

test('An empty database is brought to the schema, twice over, and a login may act as the service', async (t) => {
  const { ownerUrl: beside } = await cloneDatabase(t)
  const [name, login] = [`empty_${process.pid}`, `service_${process.pid}`]
  await withClient(beside, (client) => client.query(`create database ${name}`))
  t.after(() =>
    withClient(beside, async (client) => {
      await client.query(`drop database ${name} with (force)`)
      await client.query(`drop role if exists ${login}`)
    }),
  )
  const url = new URL(`/${name}`, beside).href
  const run = async () => {
    const stdout = new PassThrough()
    const io = { ...openedIo(), stdout }
    const code = await runMigrate({ words: ['--login', login], io, environment: { GATEWAY_DATABASE_OWNER_URL: url } })
    stdout.end()
    return { code, said: await text(stdout) }
  }
  const first = await run()
  assert.equal(first.code, 0)
  assert.match(first.said, /applied 0001/)
  assert.deepEqual(await run(), { code: 0, said: 'The database is current.\n' })
  const { rows } = await withClient(url, (client) =>
    client.query<{ may: boolean }>('select pg_has_role($1, $2, $3) as may', [login, 'gateway_service', 'member']),
  )
  assert.deepEqual(rows, [{ may: true }])
})

test('An owner whom somebody set up by hand is told in a sentence what is missing, one statement at a time', async (t) => {
  const { ownerUrl: beside } = await cloneDatabase(t)
  const [name, owner, login] = ['hand', 'hand_owner', 'hand_service'].map((word) => `${word}_${process.pid}`)
  const ask = (...statements: string[]) =>
    withClient(beside, async (client) => {
      for (const statement of statements) await client.query(statement)
    })
  await ask(`create role ${owner} login password 'owner'`, `create role ${login} login`, `create database ${name}`)
  t.after(() => ask(`drop database ${name} with (force)`, `drop role ${login}`, `drop role ${owner}`))
  const url = Object.assign(new URL(`/${name}`, beside), { username: owner, password: 'owner' })
  const refusal = (address: URL = url): Promise<string> =>
    runMigrate({
      words: ['--login', login!],
      io: { ...openedIo(), stdout: new PassThrough() },
      environment: { GATEWAY_DATABASE_OWNER_URL: address.href },
    }).then(
      () => '',
      (error: Error) => (error instanceof MigrationError ? error.message : String(error.stack)),
    )
  assert.match(await refusal(), new RegExp(`"alter database "${name}" owner to "${owner}";"`))
  await ask(`alter database ${name} owner to ${owner}`)
  assert.match(await refusal(), new RegExp(`"grant gateway_service to "${login}";"`))
  await ask(`grant gateway_service to ${login}`)
  assert.equal(await refusal(), '')
  const elsewhere = new URL(url)
  elsewhere.pathname = '/nowhere'
  const asNobody = Object.assign(new URL(url), { username: 'nobody_here' })
  for (const wrong of [elsewhere, asNobody])
    assert.match(await refusal(wrong), /The database does not let us in: .* Check GATEWAY_DATABASE_OWNER_URL/)
})

function openedIo() {
  const { stdin, stdout, stderr } = process
  return { stdin, stdout, stderr, colour: false, locale: 'en', now: () => '2026-01-01T00:00:00.000Z' } as const
}
