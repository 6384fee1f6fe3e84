import assert from 'node:assert/strict'
import { chown, readFile, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { before, describe, test, after } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dataDirectory, eventually, postgresOn, startProcess } from '#test/support/gateway-process.ts'

const noDatabase = (ids: readonly number[]): boolean => ids.length === 0

async function isAlive(address: string): Promise<boolean> {
  return fetch(`${address}/healthz`).then(
    (answer) => answer.ok,
    () => false,
  )
}

// The tests of this file share one folder, so that only the first start makes a cluster.
describe('The embedded set-up', () => {
  let directory: string
  before(async () => {
    directory = await dataDirectory({ after })
  })

  test('A second start on the same folder is refused with the running address, and the first goes on', async (t) => {
    const first = startProcess(t, { directory })
    const address = await first.address
    const second = startProcess(t, { directory })
    assert.equal(await second.ended, 1)
    assert.ok(second.output().includes(address), second.output())
    assert.ok(await isAlive(address))
    assert.equal((await postgresOn(directory)).length > 0, true)
  })

  test('A second start during the first one’s beginning is refused as well', async (t) => {
    const starts = [startProcess(t, { directory }), startProcess(t, { directory })]
    const loser = await Promise.race(starts.map(async (start) => ({ start, code: await start.ended })))
    assert.equal(loser.code, 1, loser.start.output())
    const winner = starts.find((start) => start !== loser.start)!
    assert.ok(await isAlive(await winner.address))
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} stops everything and ends with 0`, async (t) => {
      const gateway = startProcess(t, { directory })
      const address = await gateway.address
      process.kill(-gateway.child.pid!, signal) // the whole group, as Ctrl-C does
      assert.equal(await gateway.ended, 0)
      assert.deepEqual(await postgresOn(directory), [])
      assert.equal(await isAlive(address), false)
    })
  }

  test('SIGTERM in the middle of a start ends it and leaves no process', async (t) => {
    const gateway = startProcess(t, { directory })
    await eventually(
      () => postgresOn(directory),
      (ids) => ids.length > 0,
    )
    gateway.child.kill('SIGTERM')
    assert.equal(await gateway.ended, 0, gateway.output())
    await eventually(() => postgresOn(directory), noDatabase)
  })

  test('kill -9 leaves no Postgres behind, and the next start finds everything', async (t) => {
    const first = startProcess(t, { directory })
    await first.address
    first.child.kill('SIGKILL')
    await first.ended
    const second = startProcess(t, { directory }) // at once, while the old Postgres still shuts down
    assert.ok(await isAlive(await second.address))
    second.child.kill('SIGKILL')
    await second.ended
    await eventually(() => postgresOn(directory), noDatabase)
  })

  test('A Postgres that dies is started again by itself', async (t) => {
    const gateway = startProcess(t, { directory })
    const address = await gateway.address
    const old = await postgresOn(directory)
    for (const id of old) process.kill(id, 'SIGKILL')
    await eventually(
      () => postgresOn(directory),
      (ids) => ids.some((id) => !old.includes(id)),
    )
    await eventually(
      () =>
        fetch(`${address}/readyz`).then(
          (answer) => answer.json() as Promise<{ checks?: { database?: { ok: boolean } } }>,
        ),
      (answer) => answer.checks?.database?.ok === true,
    )
  })

  test('A machine that slept wakes up without a line for each second that it missed', async (t) => {
    const gateway = startProcess(t, { directory })
    const address = await gateway.address
    const before = gateway.output()
    gateway.child.kill('SIGSTOP')
    await wait(3_500) // the seconds themselves are what is tested
    gateway.child.kill('SIGCONT')
    await eventually(() => isAlive(address), Boolean)
    await wait(1_100)
    assert.equal(gateway.output().slice(before.length), '')
  })

  test('With its ports taken it chooses others, prints them, and keeps its people', async (t) => {
    const { provider } = JSON.parse(await readFile(join(directory, 'ports.json'), 'utf8')) as { provider: number }
    const taken = await occupy(t, 0)
    await occupy(t, provider)
    const gateway = startProcess(t, { directory, environment: { GATEWAY_PORT: String(taken) } })
    const address = await gateway.address
    assert.notEqual(Number(new URL(address).port), taken)
    assert.ok(await isAlive(address))
    assert.ok(!gateway.output().includes(`OpenID provider ${provider},`), gateway.output())
  })

  test('Keys and data are for their owner’s eyes alone', async () => {
    for (const name of ['', 'keys']) assert.equal((await stat(join(directory, name))).mode & 0o077, 0)
    for (const name of ['signing.pem', 'secret-box.key', 'session.key', 'database-owner.password'])
      assert.equal((await stat(join(directory, 'keys', name))).mode & 0o777, 0o600)
  })
})

test(
  'It runs as an account that is not root',
  { skip: process.getuid?.() !== 0 && 'the other tests run without root' },
  async (t) => {
    const directory = await dataDirectory(t)
    await chown(directory, 65_534, 65_534)
    const gateway = startProcess(t, {
      directory,
      prefix: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'],
    })
    assert.ok(await isAlive(await gateway.address))
    gateway.child.kill('SIGTERM')
    assert.equal(await gateway.ended, 0)
  },
)

test('A folder where nothing can be kept is refused in a sentence, and the start does not hang', async (t) => {
  const gateway = startProcess(t, { directory: '/proc/nowhere/below' })
  assert.equal(await gateway.ended, 1)
  assert.match(gateway.output(), /^\n\/proc\/nowhere.* cannot be written: .*GATEWAY_DATA_DIRECTORY\.\n\n$/)
})

test('Below Node 24 the program says what to do and ends with 1', async () => {
  const guard = await readFile(fileURLToPath(new URL('../../src/server/require-node-24.cjs', import.meta.url)), 'utf8')
  const said: string[] = []
  const codes: number[] = []
  const run = (version: string): unknown =>
    // eslint-disable-next-line no-implied-eval, typescript/no-implied-eval -- the guard meets a process of another Node
    new Function('process', 'console', 'require', '__dirname', guard)(
      { versions: { node: version }, exit: (code: number) => codes.push(code) },
      { error: (text: string) => said.push(text) },
      () => ({ join: () => '', enableCompileCache: () => {} }),
      '',
    )
  run('24.21.0')
  assert.deepEqual(codes, [])
  run('20.20.2')
  assert.deepEqual(codes, [1])
  assert.match(said.join(), /this is Node 20\.20\.2.*npm ci/s)
})

async function occupy(t: { after: (work: () => Promise<void>) => void }, port: number): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  t.after(() => new Promise((resolve) => server.close(() => resolve())))
  return (server.address() as AddressInfo).port
}
