import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { freePort } from '#server/embedded/free-port.ts'
import { startOpenIdProvider } from '#server/embedded/start-openid-provider.ts'
import { startPostgres } from '#server/embedded/start-postgres.ts'
import { grantServiceLogin, migrate } from '#server/platform/migrate.ts'
import { withClient } from '#server/platform/with-client.ts'
import { dataDirectory, eventually } from '#test/support/gateway-process.ts'
import { programWords } from '#test/support/program-words.ts'

const clientSecret = 'a secret of the tests, at least 32 characters'

interface Ports {
  readonly app: number
  readonly database: number
  readonly provider: number
}

interface Readiness {
  readonly status: string
  readonly checks: Record<'database' | 'objectStore' | 'provider', { ok: boolean; detail: string }>
}

function environment(directory: string, ports: Ports): Record<string, string> {
  return {
    GATEWAY_PUBLIC_URL: `http://127.0.0.1:${ports.app}`,
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: String(ports.app),
    GATEWAY_DATA_DIRECTORY: directory,
    GATEWAY_DATABASE_URL: `postgres://gateway:service@127.0.0.1:${ports.database}/postgres`,
    GATEWAY_DATABASE_OWNER_URL: `postgres://gateway_owner:owner@127.0.0.1:${ports.database}/postgres`,
    GATEWAY_S3_ENDPOINT: 'http://127.0.0.1:9', // discard: nobody answers
    GATEWAY_S3_BUCKET: 'archive',
    GATEWAY_S3_ACCESS_KEY_ID: 'id',
    GATEWAY_S3_SECRET_ACCESS_KEY: 'hidden-s3-secret',
    GATEWAY_OIDC_ISSUER: `http://127.0.0.1:${ports.provider}`,
    GATEWAY_OIDC_CLIENT_ID: 'gateway',
    GATEWAY_OIDC_CLIENT_SECRET: clientSecret,
    GATEWAY_OIDC_GROUP_ROLES: '{"staff": ["author"]}',
    GATEWAY_SIGNING_KEY: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    GATEWAY_SECRET_BOX_KEY: randomBytes(32).toString('base64'),
    GATEWAY_SESSION_KEY: randomBytes(32).toString('base64'),
  }
}

/** Runs the program with real settings; answers what it logged so far and when it ended. */
function run(t: TestContext, settings: Record<string, string>) {
  const [node, ...words] = programWords('main.ts')
  const child = spawn(node, words, {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended, output: () => output }
}

async function choosePorts(): Promise<Ports> {
  return { app: await freePort(), database: await freePort(), provider: await freePort() }
}

async function startDatabase(t: TestContext, directory: string, port: number) {
  const postgres = await startPostgres({
    directory: join(directory, 'postgres'),
    password: 'owner',
    port,
    settings: { fsync: 'off' },
  })
  t.after(() => postgres.stop())
  await withClient(postgres.url('postgres'), (client) =>
    client.query(
      `do $$ begin create role gateway login password 'service'; exception when duplicate_object then null; end $$`,
    ),
  )
  return postgres
}

test('Parts that are down at the start are named by readyz and met when they come', async (t) => {
  const directory = await dataDirectory(t)
  const ports = await choosePorts()
  const gateway = run(t, environment(directory, ports))
  const readiness = (): Promise<Readiness | undefined> =>
    fetch(`http://127.0.0.1:${ports.app}/readyz`).then(
      (answer) => answer.json() as Promise<Readiness>,
      () => undefined,
    )
  const cold = await eventually(readiness, (answer) => answer !== undefined)
  assert.equal(cold?.status, 'not_ready')
  for (const part of ['database', 'objectStore', 'provider'] as const) assert.equal(cold?.checks[part].ok, false, part)
  assert.equal((await fetch(`http://127.0.0.1:${ports.app}/healthz`)).status, 200)
  await eventually(
    async () => gateway.output(),
    (text) => text.includes('the database does not answer'),
  )

  const postgres = await startDatabase(t, directory, ports.database)
  const provider = await startOpenIdProvider({
    port: ports.provider,
    publicUrl: `http://127.0.0.1:${ports.app}`,
    clientId: 'gateway',
    clientSecret,
  })
  t.after(() => provider.close())
  await eventually(
    async () => gateway.output(),
    (text) => text.includes('gateway started'),
  )
  const warm = await eventually(readiness, (answer) => answer?.checks.database.ok === true && answer.checks.provider.ok)
  assert.equal(warm?.checks.objectStore.ok, false)

  await postgres.stop()
  await eventually(readiness, (answer) => answer?.checks.database.ok === false)
  await startDatabase(t, directory, ports.database)
  await eventually(readiness, (answer) => answer?.checks.database.ok === true)

  for (const secret of ['hidden-s3-secret', clientSecret, 'gateway_owner:owner', 'gateway:service'])
    assert.ok(!gateway.output().includes(secret), `the log holds ${secret}`)
  gateway.child.kill('SIGTERM')
  assert.equal(await gateway.ended, 0, gateway.output())
})

test('A process that only works passes the container’s health check, and answers nothing of the API', async (t) => {
  const directory = await dataDirectory(t)
  const ports = await choosePorts()
  await startDatabase(t, directory, ports.database)
  const settings = { ...environment(directory, ports), GATEWAY_ROLES: 'work' }
  const gateway = run(t, settings)
  const started = (process: { output: () => string }) =>
    eventually(
      async () => process.output(),
      (text) => text.includes('gateway started'),
    )
  await started(gateway)
  const ask = (path: string) => fetch(`http://127.0.0.1:${ports.app}${path}`)
  const dockerfile = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const [, command] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile) ?? assert.fail('no health check')
  const [, ...words] = JSON.parse(command!) as string[]
  const check = spawn(process.execPath, words, { env: { GATEWAY_PORT: String(ports.app) } })
  assert.deepEqual(await once(check, 'close'), [0, null])
  const ready = await ask('/readyz')
  assert.equal(ready.status, 503)
  assert.equal(((await ready.json()) as Readiness).checks.database.ok, true)
  assert.match(await (await ask('/metrics')).text(), /gateway_process_cpu/)
  for (const path of ['/api/me', '/api/posts', '/auth/login', '/']) assert.equal((await ask(path)).status, 404, path)

  const second = run(t, settings)
  await started(second)
  assert.match(second.output(), /this process works and answers no health checks/)
  for (const { child, ended } of [second, gateway]) {
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  }
})

test('A service login that owns the tables is refused at the start', async (t) => {
  const directory = await dataDirectory(t)
  const ports = await choosePorts()
  await startDatabase(t, directory, ports.database)
  const { GATEWAY_DATABASE_OWNER_URL: ownerUrl, ...settings } = environment(directory, ports)
  await migrate(ownerUrl!)
  const gateway = run(t, { ...settings, GATEWAY_DATABASE_URL: ownerUrl! })
  assert.equal(await gateway.ended, 1)
  assert.match(gateway.output(), /"gateway_owner" is a superuser.*owns nothing/)
})

test('Without the owner’s URL an old schema is told, with the command that cures it', async (t) => {
  const directory = await dataDirectory(t)
  const ports = await choosePorts()
  const postgres = await startDatabase(t, directory, ports.database)
  await migrate(postgres.url('postgres'))
  await grantServiceLogin(postgres.url('postgres'), 'gateway')
  await withClient(postgres.url('postgres'), (client) =>
    client.query('delete from schema_migration where name = (select max(name) from schema_migration)'),
  )
  const { GATEWAY_DATABASE_OWNER_URL: _ownerUrl, ...settings } = environment(directory, ports)
  const gateway = run(t, settings)
  assert.equal(await gateway.ended, 1)
  assert.match(gateway.output(), /The database lacks .*\.sql\. Run "npm run gateway -- migrate"/)
})

test('Every mistake of the environment is printed at once, and the program ends with 1', async (t) => {
  const gateway = run(t, { GATEWAY_PUBLIC_URL: 'http://gateway.example', GATEWAY_PROT: '80' })
  assert.equal(await gateway.ended, 1)
  assert.match(gateway.output(), /1[0-9] mistakes:/)
  assert.match(gateway.output(), /GATEWAY_PROT is not a setting of the gateway \(did you mean GATEWAY_PORT\?\)/)
  assert.doesNotMatch(gateway.output(), /\n {4}at /)
})
