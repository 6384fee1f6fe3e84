import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { programWords } from '#test/support/program-words.ts'
import { makeLog, makeSigner, packLog } from './made-log.ts'

const folder = await mkdtemp(join(tmpdir(), 'verify-'))
after(() => rm(folder, { recursive: true, force: true }))
const path = join(folder, 'export.zip')
await packLog(path, makeLog(300))
const key = makeSigner(1).verifierKey

/** Runs the command in a folder that holds only the package, with an empty environment. */
function verify(...args: string[]) {
  const [node, ...words] = programWords('cli.ts')
  const { status, stdout, stderr } = spawnSync(node, [...words, 'verify', ...args], {
    cwd: folder,
    env: {},
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('verifies with nothing but the package and the key (SEC-13)', () => {
  const { status, stdout } = verify('export.zip', '--key', key)
  assert.equal(status, 0, stdout)
  assert.match(stdout, /300 match, 300 delivered/)
  assert.match(stdout, /VERIFIED: nothing was altered/)
})

it('says which key it trusted when none is given', () => {
  const { status, stdout } = verify('export.zip')
  assert.equal(status, 0)
  assert.ok(stdout.includes(key))
  assert.match(stdout, /came from the package itself/)
})

it('ends with 1 and names the place when a byte was changed', async () => {
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  await writeFile(join(folder, 'altered.zip'), bytes)
  const { status, stdout } = verify('altered.zip', '--key', key)
  assert.equal(status, 1)
  assert.match(stdout, /NOT VERIFIED\n- \S+/)
})

it('ends with 1 for what is no package, and with 2 when there is no file or it is called wrongly', async () => {
  await writeFile(join(folder, 'not.zip'), 'hello')
  assert.equal(verify('not.zip').status, 1)
  assert.equal(verify('absent.zip').status, 2)
  assert.match(verify('absent.zip').stderr, /cannot be read/)
  for (const args of [[], ['a', 'b'], ['--what']]) assert.equal(verify(...args).status, 2)
})

it('lets no package drive the terminal', async () => {
  const hostile = join(folder, 'hostile.zip')
  await packLog(hostile, makeLog(3), { reason: 'x\u001b[2J\u202E\nVERIFIED' })
  const { stdout } = verify('hostile.zip')
  assert.ok(!stdout.includes('\u001b') && !stdout.includes('\u202e'))
  assert.equal(stdout.match(/^VERIFIED/gm)?.length, 1)
})
