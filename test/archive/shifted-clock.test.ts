import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signIn } from '#scripts/demo-client.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { demoPassword } from '#server/embedded/demo-people.ts'
import type { ArchiveStatus, VerificationResult } from '#shared/api/archive.ts'
import { createToken } from '#shared/api/identity.ts'
import { openArchive } from '#test/support/open-archive.ts'
import { dataDirectory, eventually, startProcess } from '#test/support/gateway-process.ts'

const hour = 3_600_000
const preload = fileURLToPath(new URL('../support/shifted-date.cjs', import.meta.url))

test('What was recorded before the clock was set back is sealed at once, and what follows waits for company as ever', async (t) => {
  const archive = await openArchive(t)
  const sealed = async () => (await sealOnce(archive)).sealedSize
  archive.clock.advance(30 * hour)
  await archive.append()
  assert.equal(await sealed(), 0)
  archive.clock.advance(-35 * hour)
  assert.equal(await sealed(), 1)
  await archive.append()
  assert.equal(await sealed(), 1)
  archive.clock.advance(60_000)
  assert.equal(await sealed(), 2)
})

test('A whole gateway whose clock jumps ahead and back, while it runs and between two starts, loses nothing and verifies', async (t) => {
  const directory = await dataDirectory(t)
  const shift = join(await dataDirectory(t), 'shift')
  const setClock = (hours: number) => writeFile(shift, String(hours * hour))
  // Roles hold from the moment when they were given: it lies before every clock of the test.
  await setClock(-20)
  const environment = { NODE_OPTIONS: `--require ${preload}`, TEST_CLOCK_SHIFT: shift }
  const tokens: Record<string, string> = {}
  let address = ''
  const ask = async <T>(who: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${tokens[who]}`, 'content-type': 'application/json' }
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) }
    let answer = await fetch(`${address}${path}`, init)
    // On a busy machine a new connection to Postgres may take its five seconds; the answer says to try again.
    for (let tries = 0; answer.status === 503 && tries < 10; tries += 1) {
      await wait(500)
      answer = await fetch(`${address}${path}`, init)
    }
    const text = await answer.text()
    assert.ok(answer.ok, `${path}: ${text}`)
    return JSON.parse(text) as T
  }
  const write = (text: string) => ask<object>('camille', '/api/posts', { text, profileIds: [] })
  const status = () => ask<ArchiveStatus>('ruth', '/api/archive/status')
  // Somebody waits for an export, so that the seal comes at once.
  const writeSealed = async (text: string) => {
    const { sealedSize } = await status()
    await write(text)
    await ask('ruth', '/api/exports', { reason: text, from: '2099-01-01T00:00:00Z' })
    await eventually(status, (now) => now.sealedSize > sealedSize)
  }

  const first = startProcess(t, { directory, environment })
  address = await first.address
  for (const login of ['camille', 'ruth'])
    tokens[login] = (
      await (await signIn(address, login, demoPassword)).call(createToken, { body: { name: 'clock' } })
    ).token
  for (const hours of [0, 30, -5, 1]) {
    await setClock(hours)
    await writeSealed(`Written ${hours} hours off`)
  }
  first.child.kill('SIGTERM')
  assert.equal(await first.ended, 0, first.output())

  await setClock(-9)
  address = await startProcess(t, { directory, environment }).address
  await writeSealed('Written nine hours before')
  const { ok, problems } = await ask<VerificationResult>('ruth', '/api/archive/verifications', {})
  assert.deepEqual([ok, problems], [true, []])
  const found = await ask<{ items: unknown[] }>('ruth', '/api/archive/records?q=written&type=post.drafted')
  assert.equal(found.items.length, 5)
})
