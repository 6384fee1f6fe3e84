import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { sealOnce } from '#server/archive/seal-records.ts'
import { runExports } from '#server/exports/run-export.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { Export } from '#shared/api/exports.ts'
import { dyingDatabase, ProcessDied } from '#test/support/dying-database.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { download } from './make-export.ts'

const hour = 3_600_000

async function ask(gateway: TestGateway, ruth: SignedIn): Promise<string> {
  const { exportId } = (await ruth.post('/api/exports', { reason: 'x', formats: ['csv', 'html'] })).json<Export>()
  await sealOnce(gateway, { force: true })
  return exportId
}

const filesOf = (gateway: TestGateway) => readdir(join(gateway.config.dataDirectory, 'exports')).catch(() => [])

/** How many records say that an export came to an end. */
async function endsOf(gateway: TestGateway): Promise<string[]> {
  const rows = await gateway.db
    .selectFrom('archive.archive_record')
    .select('type')
    .where('type', 'in', ['export.completed', 'export.failed'])
    .execute()
  return rows.map(({ type }) => type).toSorted()
}

test('an export that is cancelled at any moment leaves no file, and one record of its end', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  let cancelled = 0
  for (let moment = 1; ; moment += 1) {
    const exportId = await ask(gateway, ruth)
    let asked = 0
    let answer: Promise<{ statusCode: number }> | undefined
    // The clock is asked at the claim, with each sign of life and at the end.
    const now = () => {
      asked += 1
      if (asked === moment) answer = ruth.post(`/api/exports/${exportId}/cancel`)
      return gateway.clock.now()
    }
    await runExports({ ...gateway, clock: { ...gateway.clock, now } })
    const { status } = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
    if (answer === undefined) break
    const won = (await answer).statusCode === 200
    assert.equal(status, won ? 'cancelled' : 'completed')
    const isThere = (await filesOf(gateway)).some((name) => name.startsWith(exportId))
    assert.equal(isThere, !won, `at moment ${moment}`)
    cancelled += won ? 1 : 0
  }
  assert.ok(cancelled > 3, `${cancelled}`)
  assert.equal((await endsOf(gateway)).filter((type) => type === 'export.failed').length, cancelled)
})

test('an export whose process dies before any of its statements is made by the next, once', async (t) => {
  const { gateway } = await furnishFirm(t, { log: pino({ level: 'silent' }) })
  const ruth = await gateway.signIn('ruth')
  let died = 0
  for (let at = 0; ; at += 1) {
    const exportId = await ask(gateway, ruth)
    const { db } = dyingDatabase(gateway.db, at)
    // Who dies clears nothing away and says nothing: what the process would still do of its own accord fails as well.
    const ended = await runExports({ ...gateway, db }).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof ProcessDied)
        return false
      },
    )
    if (!ended) {
      died += 1
      gateway.clock.advance(61_000)
      await runExports(gateway)
    }
    const { status } = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
    assert.equal(status, 'completed', `after a death before statement ${at}`)
    assert.equal((await filesOf(gateway)).length, at + 1)
    if (ended) break
  }
  assert.ok(died > 15, `${died}`)
  assert.deepEqual(
    await endsOf(gateway),
    Array.from({ length: died + 1 }, () => 'export.completed'),
  )
})

test('two nodes whose clocks differ by an hour make an export once, and its package verifies', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  for (const skew of [hour, -hour]) {
    const exportId = await ask(gateway, ruth)
    const other = { ...gateway.clock, now: () => new Date(Date.parse(gateway.clock.now()) + skew).toISOString() }
    let second: Promise<number> | undefined
    const { checkpointSigner } = gateway
    // While the first node signs, the second one looks for work: to a clock that is ahead the first one seems dead.
    const sign = async (text: Uint8Array) => {
      second = runExports({ ...gateway, clock: other })
      await second
      return checkpointSigner.sign(text)
    }
    await runExports({ ...gateway, checkpointSigner: { ...checkpointSigner, sign } })
    assert.equal(await second, skew > 0 ? 1 : 0)
    assert.equal((await ruth.get(`/api/exports/${exportId}`)).json<Export>().status, 'completed')
    assert.deepEqual(
      (await verifyPackage(await download(t, ruth, exportId), checkpointSigner.verifierKey)).problems,
      [],
    )
    assert.deepEqual(
      (await filesOf(gateway)).filter((name) => name.startsWith(exportId)),
      [`${exportId}.zip`],
    )
  }
  assert.deepEqual(await endsOf(gateway), ['export.completed', 'export.completed'])
})

test('an export during which the clock jumps a day, either way, verifies', async (t) => {
  const { gateway } = await furnishFirm(t)
  for (const jump of [24 * hour, -48 * hour]) {
    const ruth = await gateway.signIn('ruth')
    const exportId = await ask(gateway, ruth)
    const { checkpointSigner } = gateway
    const sign = (text: Uint8Array) => {
      gateway.clock.advance(jump)
      return checkpointSigner.sign(text)
    }
    await runExports({ ...gateway, checkpointSigner: { ...checkpointSigner, sign } })
    const auditor = await gateway.signIn('ruth')
    const { status, failure } = (await auditor.get(`/api/exports/${exportId}`)).json<Export>()
    assert.equal(status, 'completed', failure ?? '')
    const path = await download(t, auditor, exportId)
    assert.deepEqual((await verifyPackage(path, checkpointSigner.verifierKey)).problems, [])
    gateway.clock.advance(24 * hour)
  }
})
