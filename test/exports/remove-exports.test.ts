import assert from 'node:assert/strict'
import { access, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { enterExport } from '#server/exports/enter-export.ts'
import { exportFromBucket } from '#server/exports/make-bucket-package.ts'
import type { HeaderFilter } from '#server/exports/manifest.ts'
import { removeExports } from '#server/exports/remove-exports.ts'
import { loadActor } from '#server/identity/load-actor.ts'
import { newId } from '#server/platform/new-id.ts'
import type { Export } from '#shared/api/exports.ts'
import { dyingDatabase, ProcessDied } from '#test/support/dying-database.ts'
import { createFakeClock } from '#test/support/fake-clock.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'
import { everything } from './made-log.ts'
import { makeExport } from './make-export.ts'

const day = 86_400_000

const folderOf = (gateway: TestGateway) => join(gateway.config.dataDirectory, 'exports')

async function read(auditor: SignedIn, exportId: string): Promise<Export> {
  return (await auditor.get(`/api/exports/${exportId}`)).json<Export>()
}

/** Moves the clock; whoever was signed in is signed in again, because no session lasts so long. */
async function goOn(gateway: TestGateway, milliseconds: number): Promise<SignedIn> {
  gateway.clock.advance(milliseconds)
  return gateway.signIn('ruth')
}

test('a package is kept as long as asked, then it is removed with a record, and whoever fetches it is told what to do', async (t) => {
  const { gateway } = await furnishFirm(t)
  let ruth = await gateway.signIn('ruth')
  const keepUntil = new Date(Date.parse(gateway.clock.now()) + 10 * day).toISOString()
  const made = await makeExport(gateway, ruth, { keepUntil })
  assert.equal(made.keepUntil, keepUntil)

  ruth = await goOn(gateway, 10 * day - 2_000)
  assert.equal(await removeExports(gateway), 0)
  assert.equal((await ruth.get(`/api/exports/${made.exportId}/download`)).statusCode, 200)

  gateway.clock.advance(2_000)
  const late = await ruth.get(`/api/exports/${made.exportId}/download`)
  assert.equal(late.statusCode, 410, 'also in the minute before the job runs')
  assert.match(late.body, /time for which this package was kept is over.*Ask for the export again/)
  assert.equal(await removeExports(gateway), 1)
  assert.deepEqual(await readdir(folderOf(gateway)), [])
  const removed = await read(ruth, made.exportId)
  assert.equal(removed.status, 'removed')
  const answer = await ruth.get(`/api/exports/${made.exportId}/download`)
  assert.deepEqual([answer.statusCode, answer.json<{ detail: string }>().detail], [410, removed.failure])
  const records = await ruth.get('/api/archive/records?type=export.removed')
  assert.equal(records.json<{ items: unknown[] }>().items.length, 1)
  assert.equal(await removeExports(gateway), 0, 'once')
})

test('who says nothing gets ninety days, and nobody more than a year', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const from = (days: number) => new Date(Date.parse(gateway.clock.now()) + days * day).toISOString()
  const ask = async (keepUntil?: string) => ruth.post('/api/exports', { reason: 'x', ...(keepUntil && { keepUntil }) })
  const usual = (await ask()).json<Export>()
  assert.equal(usual.keepUntil, from(90))
  for (const wrong of [from(0), from(-1), from(367), 'soon'])
    assert.ok([400, 422].includes((await ask(wrong)).statusCode), wrong)
  assert.equal((await ask(from(366))).statusCode, 202)
})

test('a package goes when the retention of something in it ends, its posts told in pages included, and others stay (GDPR-2)', async (t) => {
  const clock = createFakeClock('2014-12-01T09:00:00.000Z')
  const { gateway, profileId } = await furnishFirm(t, { clock })
  await runSql(gateway.database.ownerUrl, `select archive.make_partitions('2015-01-01', 1)`)
  clock.set('2015-01-05T09:00:00.000Z')
  const camille = await gateway.signIn('camille')
  const old = await submit(camille, profileId, 'To be forgotten one day')
  await sealOnce(gateway, { force: true })

  clock.set('2022-01-15T09:00:00.000Z')
  const later = clock.now()
  const fresh = await submit(await gateway.signIn('camille'), profileId, 'To be kept')
  const ruth = await gateway.signIn('ruth')
  const holding = await makeExport(gateway, ruth, { post: old.postId })
  const other = await makeExport(gateway, ruth, { post: fresh.postId, formats: ['html'] })
  // Nothing of 2015 is delivered, but the page tells the whole post, whose comment is new.
  await (await gateway.signIn('camille')).post(`/api/posts/${old.postId}/comments`, { text: 'Still true?' })
  const telling = await makeExport(gateway, ruth, { post: old.postId, from: later, formats: ['html'] })
  assert.deepEqual([holding.status, other.status, telling.status], ['completed', 'completed', 'completed'])
  // The same without the database: what the stretch of the log holds is not what the package holds, neither more nor less.
  const fromBucket = async (filter: Partial<HeaderFilter>, formats = ['jsonl']) => {
    const path = join(gateway.config.dataDirectory, `${newId(clock.now())}.zip`)
    const about = { requestedBy: 'Ruth', reason: 'x', recipient: null, timeZone: 'UTC', language: 'en' as const }
    const wish = { ...about, formats, query: {}, filter: { ...everything, ...filter }, despiteDamage: false }
    await exportFromBucket(gateway, wish, path, `${path}.partial`)
    return path
  }
  const paths = [
    await fromBucket({ post: old.postId, from: later }, ['jsonl', 'html']),
    await fromBucket({ post: fresh.postId }),
    await fromBucket({ post: old.postId }),
  ] as const
  const auditor = (await loadActor(gateway.db, holding.requestedBy.userId, clock.now()))!
  const toldAlone = await enterExport(gateway, auditor, paths[0])
  const freshAlone = await enterExport(gateway, auditor, paths[1])

  clock.set('2022-02-01T00:00:05.000Z')
  assert.deepEqual((await disposeRecords(gateway)).disposed, ['2022-02'])
  // Entered too late: what it holds is destroyed by now.
  const lateAlone = await enterExport(gateway, auditor, paths[2])
  assert.equal(await removeExports(gateway), 4)
  const again = await gateway.signIn('ruth')
  assert.deepEqual(
    await Promise.all([holding, telling, other].map(async ({ exportId }) => (await read(again, exportId)).status)),
    ['removed', 'removed', 'completed'],
  )
  assert.deepEqual(
    await Promise.all([toldAlone, lateAlone, freshAlone].map(async (exportId) => (await read(again, exportId)).status)),
    ['removed', 'removed', 'completed'],
  )
  assert.match((await read(again, holding.exportId)).failure ?? '', /retention of records in this package ended/)
  assert.deepEqual(
    (await readdir(folderOf(gateway))).toSorted(),
    [`${other.exportId}.zip`, `${freshAlone}.zip`].toSorted(),
  )
})

test('a removal that dies at any statement is finished by the next run, with one record', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = await makeExport(gateway, ruth, {})
  const auditor = await goOn(gateway, 91 * day)
  const whole = dyingDatabase(gateway.db, Infinity)
  let died = 0
  for (let at = 0; ; at += 1) {
    const { db } = dyingDatabase(gateway.db, at)
    const error = await removeExports({ ...gateway, db }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error === undefined) break
    assert.ok(error instanceof ProcessDied, inspect(error))
    died += 1
  }
  assert.ok(died > 3, String(died))
  assert.equal(await removeExports({ ...gateway, db: whole.db }), 0)
  await assert.rejects(access(join(folderOf(gateway), `${exportId}.zip`)))
  const records = await auditor.get('/api/archive/records?type=export.removed')
  assert.equal(records.json<{ items: unknown[] }>().items.length, 1)
})

test('what dead exports left is cleared away, what lives or is not ours stays', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = await makeExport(gateway, ruth, {})
  const cancelled = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>().exportId
  assert.equal((await ruth.post(`/api/exports/${cancelled}/cancel`)).statusCode, 200)
  const waiting = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>().exportId
  const folder = folderOf(gateway)
  await mkdir(folder, { recursive: true })
  const [unknown, ancient] = ['0190163d-8694-739b-aea5-966c26f8ad91', '0190163d-8694-739b-aea5-966c26f8ad92']
  const stay = [
    `${exportId}.zip`,
    `${waiting}.1.partial`,
    `${unknown}.zip`,
    `${unknown}.zip.entered.partial`,
    'note.txt',
    `${unknown}.txt`,
  ]
  const go = [
    `${exportId}.zip.1.partial`,
    `${exportId}.019.csv.partial`,
    `${cancelled}.zip`,
    `${cancelled}.zip.2.partial`,
    `${ancient}.zip`,
    `${ancient}.zip.entered.partial`,
  ]
  for (const name of [...stay.slice(1), ...go]) await writeFile(join(folder, name), 'x')
  const time = Date.parse(gateway.clock.now())
  const age = (name: string, days: number) => utimes(join(folder, name), time / 1000, (time - days * day) / 1000)
  await age(`${ancient}.zip`, 367)
  await age(`${ancient}.zip.entered.partial`, 2)
  await age('note.txt', 4_000)
  await age(`${unknown}.zip`, 200)
  assert.equal(await removeExports(gateway), 0)
  assert.deepEqual((await readdir(folder)).toSorted(), stay.toSorted())
})

test('nobody keeps the gateway busy with more than five exports at once, however they ask', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const answers = await Promise.all(Array.from({ length: 12 }, () => ruth.post('/api/exports', { reason: 'x' })))
  const asked = answers.filter(({ statusCode }) => statusCode === 202)
  assert.equal(asked.length, 5)
  const refused = answers.find(({ statusCode }) => statusCode !== 202)!
  assert.equal(refused.statusCode, 429)
  assert.match(refused.body, /5 of your exports are not finished yet/)
  await ruth.post(`/api/exports/${asked[0]!.json<Export>().exportId}/cancel`)
  assert.equal((await ruth.post('/api/exports', { reason: 'x' })).statusCode, 202)
})
