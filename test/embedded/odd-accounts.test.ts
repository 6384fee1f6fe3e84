import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'

const isRoot = process.getuid?.() === 0
const mounts = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0
const nameless = 43_210

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-accounts-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

const program = `
  import { startPostgres } from '#server/embedded/start-postgres.ts'
  try {
    const postgres = await startPostgres({ directory: process.env.FOLDER, password: 'owner', settings: { fsync: 'off' } })
    await postgres.stop()
    console.log('started')
  } catch (error) {
    console.log(error.name + ': ' + error.message)
  }`

/** Starts a Postgres on a folder in a process of its own, behind these words; answers what came of it. */
async function start(
  folder: string,
  words: readonly string[] = [],
  more: Record<string, string> = {},
): Promise<string> {
  const [first, ...rest] = [...words, process.execPath, '--input-type=module', '-e', program]
  const env = { PATH: process.env['PATH'], FOLDER: folder, ...more }
  const child = spawn(first, rest, {
    env,
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')])
  return said.trim()
}

test(
  'Root on a machine whose first account is none: Postgres runs under one that is always there',
  { skip: !mounts },
  async (t) => {
    const folder = await newFolder(t)
    const passwords = await readFile('/etc/passwd', 'utf8')
    const fewer = passwords
      .split('\n')
      .filter((line) => !['postgres', ''].includes(line.split(':')[0]!) && line.split(':')[2] !== '1000')
    await writeFile(join(folder, 'passwd'), `${fewer.join('\n')}\n`)
    const hidden = `mount --bind ${join(folder, 'passwd')} /etc/passwd && exec "$@"`
    assert.equal(await start(join(folder, 'data'), ['unshare', '--mount', 'sh', '-c', hidden, 'sh']), 'started')
  },
)

test(
  'An account without a name, as containers have, starts Postgres as well, or is told why not',
  { skip: !isRoot },
  async (t) => {
    const folder = await newFolder(t)
    await chmod(folder, 0o755)
    await mkdir(join(folder, 'own'), { mode: 0o700 })
    await chown(join(folder, 'own'), nameless, nameless)
    const as = ['setpriv', `--reuid=${nameless}`, `--regid=${nameless}`, '--clear-groups']
    const said = await start(join(folder, 'own/data'), as)
    assert.match(said, /^(started|EmbeddedError: Postgres asks for an account with a name, and number 43210)/)
  },
)

test('A folder that Postgres may not enter is told with what to set', { skip: !isRoot }, async (t) => {
  const folder = await newFolder(t)
  await chown(folder, nameless, nameless)
  const said = await start(join(folder, 'data'))
  assert.match(said, /^(started|EmbeddedError: .*another account’s alone.*GATEWAY_DATA_DIRECTORY)/)
})

test('A missing folder for temporary files is told with what to set', async (t) => {
  const said = await start(join(await newFolder(t), 'data'), [], { TMPDIR: '/nowhere/at/all' })
  assert.match(said, /^EmbeddedError: \/nowhere\/at\/all cannot be written: .*Set TMPDIR/)
})
