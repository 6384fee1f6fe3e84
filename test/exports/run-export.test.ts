import assert from 'node:assert/strict'
import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { runExports } from '#server/exports/run-export.ts'
import { verifyPackage, type PackageReport } from '#server/exports/verify-package.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import type { Export } from '#shared/api/exports.ts'
import { startCuttingProxy } from '#test/support/cutting-proxy.ts'
import { runSql } from '#test/support/test-cluster.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import { contentOf, download, furnishWithDisposedPost, makeExport } from './make-export.ts'

test('an auditor exports what was published, and the package proves itself offline (SEC-4, FIN-3)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const post = await submit(camille, profileId, 'Our outlook: <b>growth</b> of 3 %\n=1+1', {
    sources: [{ claim: '3 %', url: 'https://example.org/report', note: 'page 4' }],
  })
  const ines = await gateway.signIn('ines')
  await approve(ines, post)
  await runJobs(gateway, 4)
  assert.equal((await readPost(camille, post.postId)).status, 'published')

  const ruth = await gateway.signIn('ruth')
  const made = await makeExport(gateway, ruth, {
    formats: ['csv', 'html', 'eml'],
    timeZone: 'Europe/Paris',
    recipient: 'FINRA',
  })
  assert.equal(made.status, 'completed', made.failure ?? '')
  const path = await download(t, ruth, made.exportId)
  const report = await verifyPackage(path, gateway.checkpointSigner.verifierKey)
  assert.deepEqual(report.problems, [])
  assert.equal(report.tally?.delivered, made.recordCount)
  assert.equal(report.tally?.entries, report.tally?.matching)

  const csv = await contentOf(path, 'records.csv')
  assert.match(csv, /first_use,last_use,in_use_at_export,principal,approved_at,prepared_by/)
  const published = csv.split('\r\n').find((line) => line.includes('publication.published'))!
  assert.match(published, /2026-03-02 \d\d:\d\d:\d\d Europe\/Paris/)
  assert.match(csv, /3 % · https:\/\/example.org\/report · page 4/)
  const html = await contentOf(path, 'posts.html')
  assert.match(html, /&lt;b&gt;growth&lt;\/b&gt;/)
  assert.doesNotMatch(html, /<b>/)
  for (const stage of ['post.submitted', 'review.decided', 'publication.published', 'publication.captured'])
    assert.match(html, new RegExp(stage))
  assert.match(await contentOf(path, `eml/${post.postId}.eml`), /^Message-ID: <.*\r\nDate: Mon, 02 Mar 2026/)
  assert.match(await contentOf(path, 'records.jsonl'), /"type":"export.requested"/)
})

test('asking, finishing and downloading are records', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const made = await makeExport(gateway, ruth, {})
  await download(t, ruth, made.exportId)
  const found = await ruth.get('/api/archive/records?type=export.requested,export.completed,export.downloaded')
  assert.equal(found.statusCode, 200, found.body)
  const types = found.json<{ items: { type: string }[] }>().items.map((record) => record.type)
  assert.deepEqual(types.toSorted(), ['export.completed', 'export.downloaded', 'export.requested'])
})

test('filters by author, type, dates and words deliver what they say and prove it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  for (const text of ['A first note about bonds', 'A second note about shares']) await submit(camille, profileId, text)
  gateway.clock.advance(60_000)
  await sealOnce(gateway, { force: true })
  const later = gateway.clock.now()
  await submit(camille, profileId, 'A third note about bonds')
  const ruth = await gateway.signIn('ruth')
  const me = (await camille.get('/api/me')).json<{ userId: string }>()
  const counts = async (wish: object): Promise<PackageReport> => {
    const made = await makeExport(gateway, ruth, wish)
    const report = await verifyPackage(await download(t, ruth, made.exportId), gateway.checkpointSigner.verifierKey)
    assert.deepEqual(report.problems, [])
    return report
  }
  assert.equal((await counts({ author: me.userId, type: 'post.submitted' })).tally?.delivered, 3)
  assert.equal((await counts({ actor: me.userId, type: 'post.submitted' })).tally?.delivered, 3)
  const auditor = (await ruth.get('/api/me')).json<{ userId: string }>()
  const acts = await counts({ actor: auditor.userId })
  assert.ok(acts.tally!.delivered > 0 && acts.tally!.delivered < acts.tally!.entries, JSON.stringify(acts.tally))
  assert.equal((await counts({ from: later, type: 'post.submitted' })).tally?.delivered, 1)
  assert.equal((await counts({ to: later, type: 'post.submitted' })).tally?.delivered, 2)
  const words = await counts({ q: 'bonds', type: 'post.submitted' })
  assert.deepEqual(words.manifest?.selection, { words: 'bonds' })
  assert.deepEqual([words.tally?.matching, words.tally?.delivered], [3, 2])
})

test('an export can be cancelled before and while it is made, and not afterwards', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>()
  assert.equal((await ruth.post(`/api/exports/${exportId}/cancel`)).json<Export>().status, 'cancelled')
  await sealOnce(gateway, { force: true })
  assert.equal(await runExports(gateway), 0)
  assert.equal((await ruth.post(`/api/exports/${exportId}/cancel`)).statusCode, 409)
  assert.equal((await ruth.get(`/api/exports/${exportId}/download`)).statusCode, 409)

  const second = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>()
  await sealOnce(gateway, { force: true })
  // The signer is called when the files are written: somebody cancels in that very moment.
  const signer = gateway.checkpointSigner
  const cancelling = {
    ...signer,
    sign: async (text: Uint8Array) => {
      assert.equal((await ruth.post(`/api/exports/${second.exportId}/cancel`)).statusCode, 200)
      return signer.sign(text)
    },
  }
  await runExports({ ...gateway, checkpointSigner: cancelling })
  assert.equal((await ruth.get(`/api/exports/${second.exportId}`)).json<Export>().status, 'cancelled')
  assert.deepEqual(await readdir(join(gateway.config.dataDirectory, 'exports')), [], 'nothing of it is kept')
})

test('an export whose process died is made again by another once its lease has ended', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>()
  await sealOnce(gateway, { force: true })
  // What a killed process leaves: the export claimed, nobody working on it.
  const killed = Promise.withResolvers<never>()
  const dying = runExports({
    ...gateway,
    checkpointSigner: { ...gateway.checkpointSigner, sign: () => killed.promise },
  })
  await until(async () => (await ruth.get(`/api/exports/${exportId}`)).json<Export>().progress.phase === 'records')
  assert.equal(await runExports(gateway), 0)
  await writeFile(
    join(gateway.config.dataDirectory, 'exports', `${exportId}.0.partial`),
    'of a process that was killed',
  )
  gateway.clock.advance(61_000)
  assert.equal(await runExports(gateway), 1)
  const made = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
  assert.equal(made.status, 'completed', made.failure ?? '')
  const left = await readdir(join(gateway.config.dataDirectory, 'exports'))
  assert.deepEqual(left, [`${exportId}.zip`])
  // The first process comes back to life: what another has finished stays as it is.
  killed.reject(new Error('killed'))
  await dying
  assert.equal((await ruth.get(`/api/exports/${exportId}`)).json<Export>().status, 'completed')
  assert.ok((await verifyPackage(await download(t, ruth, exportId), gateway.checkpointSigner.verifierKey)).ok)
})

test('an export whose database goes away in the middle fails nobody, and is made anew by itself when it is back (SEC-6)', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>()
  await sealOnce(gateway, { force: true })
  const url = new URL(gateway.database.serviceUrl)
  const way = await startCuttingProxy(Number(url.port))
  t.after(() => way.close())
  url.port = new URL(way.url).port
  const db = openDatabase(openPool(url.href, gateway.log, 4))
  t.after(() => db.destroy())
  const { checkpointSigner } = gateway
  // The manifest is signed when everything else is written: the database goes in that moment.
  const sign = (text: Uint8Array) => {
    way.close()
    return checkpointSigner.sign(text)
  }
  const away = await runExports({ ...gateway, db, checkpointSigner: { ...checkpointSigner, sign } }).then(
    () => assert.fail('the database was not away'),
    (error: unknown) => error,
  )
  assert.ok(isDatabaseAway(away), String(away))
  const under = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
  assert.deepEqual([under.status, under.failure], ['running', null])
  gateway.clock.advance(61_000)
  assert.equal(await runExports(gateway), 1)
  assert.equal((await ruth.get(`/api/exports/${exportId}`)).json<Export>().status, 'completed')
  assert.ok((await verifyPackage(await download(t, ruth, exportId), checkpointSigner.verifierKey)).ok)
})

test('an export under way is handed back when its process is asked to stop, and the next one makes it at once', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { exportId } = (await ruth.post('/api/exports', { reason: 'x' })).json<Export>()
  await sealOnce(gateway, { force: true })
  const stopping = new AbortController()
  let asked = 0
  // The clock is asked at the claim, and again with the first sign of life: there the process is asked to stop.
  const now = () => {
    asked += 1
    if (asked === 2) stopping.abort()
    return gateway.clock.now()
  }
  await runExports({ ...gateway, clock: { ...gateway.clock, now } }, stopping.signal)
  const handedBack = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
  assert.deepEqual([handedBack.status, handedBack.failure], ['waiting', null])
  assert.deepEqual(await readdir(join(gateway.config.dataDirectory, 'exports')), [])
  assert.equal(await runExports(gateway, stopping.signal), 0, 'a process that stops begins nothing')
  assert.equal(await runExports(gateway), 1)
  assert.equal((await ruth.get(`/api/exports/${exportId}`)).json<Export>().status, 'completed')
})

test('two nodes make one export once', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  await ruth.post('/api/exports', { reason: 'x' })
  await sealOnce(gateway, { force: true })
  const counts = await Promise.all([runExports(gateway), runExports(gateway)])
  assert.equal(counts[0] + counts[1], 1)
})

test('a download honours one range, several ranges and If-Range, and refuses what is not there', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const made = await makeExport(gateway, ruth, {})
  const url = `/api/exports/${made.exportId}/download`
  const whole = (await ruth.get(url)).rawPayload
  const get = (range: string, more: Record<string, string> = {}) =>
    ruth.inject({ method: 'GET', url, headers: { range, ...more } })
  const middle = await get('bytes=10-19')
  assert.equal(middle.statusCode, 206)
  assert.equal(middle.headers['content-range'], `bytes 10-19/${whole.length}`)
  assert.deepEqual(middle.rawPayload, whole.subarray(10, 20))
  assert.deepEqual((await get('bytes=-5')).rawPayload, whole.subarray(-5))
  assert.deepEqual((await get(`bytes=${whole.length - 3}-`)).rawPayload, whole.subarray(-3))
  assert.equal((await get(`bytes=${whole.length}-`)).statusCode, 416)
  assert.equal((await get('bytes=20-10')).statusCode, 200)
  assert.equal((await get('bytes=0-9', { 'if-range': '"another"' })).statusCode, 200)
  assert.equal((await get('bytes=0-9', { 'if-range': String(middle.headers['etag']) })).statusCode, 206)
  const several = await get('bytes=0-3,10-13')
  assert.match(String(several.headers['content-type']), /^multipart\/byteranges; boundary=/)
  assert.equal(Number(several.headers['content-length']), several.rawPayload.length)
  assert.ok(several.rawPayload.includes(whole.subarray(10, 14)))
  // A file that lost its end is not sent as if it were whole.
  const file = join(gateway.config.dataDirectory, 'exports', `${made.exportId}.zip`)
  await truncate(file, whole.length - 1)
  for (const range of ['bytes=0-9', 'none']) assert.equal((await get(range)).statusCode, 410)
  await rm(file)
  assert.equal((await get('bytes=0-9')).statusCode, 410)
})

test('what cannot be exported is refused in words', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  for (const wish of [
    {},
    { reason: ' ' },
    { reason: 'x', timeZone: 'Mars/Olympus' },
    { reason: 'x', type: 'post.imagined' },
    { reason: 'x', from: 'yesterday' },
  ])
    assert.ok([400, 422].includes((await ruth.post('/api/exports', wish)).statusCode), JSON.stringify(wish))
  const camille = await gateway.signIn('camille')
  assert.equal((await camille.post('/api/exports', { reason: 'x' })).statusCode, 403)
  assert.equal((await ruth.get('/api/exports/0190163d-8694-739b-aea5-966c26f8ad91')).statusCode, 404)
})

test('an auditor of one unit gets that unit, and nobody below the firm sees a wider export', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  await submit(camille, profileId, 'Written for the whole firm')
  const ruth = await gateway.signIn('ruth')
  const wide = await makeExport(gateway, ruth, {})
  const unitId = '0190163d-8694-739b-aea5-966c26f8ad91'
  await runSql(
    gateway.database.ownerUrl,
    `insert into unit (id, parent_id, name, slug, path, created_at)
    select '${unitId}', id, 'Paris', 'paris', path || '${unitId}'::uuid, now() from unit where parent_id is null`,
  )
  await runSql(
    gateway.database.ownerUrl,
    `update app_user set unit_id = '${unitId}' where display_name ilike 'camille%'`,
  )
  await runSql(gateway.database.ownerUrl, `update profile set unit_id = '${unitId}'`)
  await runSql(
    gateway.database.ownerUrl,
    `update role_grant set unit_id = '${unitId}'
    where user_id in (select id from app_user where display_name ilike 'ruth%' or display_name ilike 'camille%')`,
  )
  await submit(camille, profileId, 'Written for Paris alone')

  const made = await makeExport(gateway, ruth, { formats: ['html'], type: 'post.submitted' })
  assert.equal(made.status, 'completed', made.failure ?? '')
  const path = await download(t, ruth, made.exportId)
  const report = await verifyPackage(path, gateway.checkpointSigner.verifierKey)
  assert.deepEqual(report.problems, [])
  assert.equal(report.tally?.delivered, 1)
  assert.ok(report.tally.withheld > 0)
  const everything = (
    await Promise.all(['records.jsonl', 'posts.html', 'log/entries.jsonl'].map((name) => contentOf(path, name)))
  ).join('')
  assert.match(everything, /Written for Paris alone/)
  assert.doesNotMatch(everything, /Written for the whole firm|session.started/)

  for (const url of [`/api/exports/${wide.exportId}`, `/api/exports/${wide.exportId}/download`])
    assert.equal((await ruth.get(url)).statusCode, 404)
  assert.equal((await ruth.post(`/api/exports/${wide.exportId}/cancel`)).statusCode, 404)
  const listed = (await ruth.get('/api/exports')).json<{ items: Export[] }>().items.map((item) => item.exportId)
  assert.deepEqual(listed, [made.exportId])
})

test('a body that is missing without a certificate stops the export', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const post = await submit(await gateway.signIn('camille'), profileId, 'To be forgotten one day')
  await sealOnce(gateway, { force: true })
  await runSql(
    gateway.database.ownerUrl,
    `set gateway.migration = 'on'; do $$ declare p text; begin
       foreach p in array (select array_agg(distinct tableoid::regclass::text) from archive.archive_body where convert_from(body, 'UTF8') like '%forgotten one day%') loop
         execute format('alter table %s disable trigger refuse_change', p);
         execute format('delete from %s where convert_from(body, ''UTF8'') like ''%%forgotten one day%%''', p);
         execute format('alter table %s enable always trigger refuse_change', p);
       end loop;
     end $$`,
  )
  const ruth = await gateway.signIn('ruth')
  const made = await makeExport(gateway, ruth, { post: post.postId })
  assert.equal(made.status, 'failed')
  assert.match(made.failure ?? '', /operator has been told/)
  assert.ok(
    gateway.logLines.some((line) =>
      /body of the record at log index \d+ is not in the database, and no certificate/.test(line),
    ),
  )
})

test('a body whose retention has ended is shown as disposed, with its certificate (GDPR-2)', async (t) => {
  const { gateway, postId } = await furnishWithDisposedPost(t)
  // So long after the destruction that its certificate must be in the log.
  gateway.clock.advance(8 * 86_400_000)
  const ruth = await gateway.signIn('ruth')
  const made = await makeExport(gateway, ruth, { post: postId, formats: ['csv', 'html', 'eml'] })
  assert.equal(made.status, 'completed', made.failure ?? '')
  const path = await download(t, ruth, made.exportId)
  const report = await verifyPackage(path, gateway.checkpointSigner.verifierKey)
  assert.deepEqual(report.problems, [])
  assert.ok(report.tally!.disposed > 0)
  const records = await contentOf(path, 'records.jsonl')
  assert.match(
    records,
    /"disposed":\{"month" ?: ?"2022-02", ?"because" ?: ?"Retention ended: mifid-7y", ?"certificate" ?: ?"[0-9a-f-]{36}"\}/,
  )
  assert.doesNotMatch(records, /forgotten one day/)
  assert.match(await contentOf(path, 'records.csv'), /disposed/)
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}
