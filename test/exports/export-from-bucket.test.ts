import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { embeddedOrigin } from '#server/embedded/start-embedded.ts'
import { enterExport } from '#server/exports/enter-export.ts'
import { exportFromBucket, type BucketWish } from '#server/exports/make-bucket-package.ts'
import type { HeaderFilter } from '#server/exports/manifest.ts'
import { runExports } from '#server/exports/run-export.ts'
import { tellReport } from '#server/exports/tell-report.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { PackageSigner } from '#server/exports/write-package.ts'
import { loadActor } from '#server/identity/load-actor.ts'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Export } from '#shared/api/exports.ts'
import { approve, furnishFirm, runJobs, submit } from '#test/support/furnish-firm.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'
import { openArchive, testSigner } from '#test/support/open-archive.ts'
import { runCommand } from '#test/support/run-command.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'
import { everything } from './made-log.ts'
import { contentOf, download, furnishWithDisposedPost, makeExport } from './make-export.ts'

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const checkpointSigner = createEd25519Signer(embeddedOrigin, pem)

/** Records of some days, in a seal each. */
async function addDays(gateway: TestGateway): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await addRecords(gateway, 120 + round)
    await sealOnce(gateway, { force: true })
    gateway.clock.advance(24 * 3_600_000)
  }
}

async function addRecords(gateway: TestGateway, count: number): Promise<void> {
  await inTransaction(gateway.db, async (tx) => {
    for (let n = 0; n < count; n += 1)
      await appendRecord(tx, systemActor, {
        type: 'session.started',
        at: gateway.clock.now(),
        streams: {},
        body: { note: `Überprüfung № ${n} \u2028 “${n}”` },
      })
  })
}

/** Makes an export from the gateway's bucket, in this process but without its database. */
function make(
  gateway: Pick<TestGateway, 'objectStore' | 'clock'>,
  path: string,
  filter: Partial<HeaderFilter> = {},
  { signer = checkpointSigner, ...wish }: Partial<BucketWish> & { signer?: PackageSigner } = {},
) {
  const deps = { objectStore: gateway.objectStore, clock: gateway.clock, checkpointSigner: signer }
  const asked: BucketWish = {
    requestedBy: 'Ruth',
    reason: 'Examination',
    recipient: null,
    timeZone: 'UTC',
    language: 'en',
    formats: ['jsonl'],
    query: {},
    filter: { ...everything, ...filter },
    despiteDamage: false,
    ...wish,
  }
  return exportFromBucket(deps, asked, path, `${path}.partial`)
}

async function actorOf(gateway: TestGateway, login: string): Promise<Actor> {
  const { rows } = await sql<{ id: string }>`
    select id from app_user where display_name ilike ${`${login}%`}`.execute(gateway.db)
  return (await loadActor(gateway.db, rows[0]!.id, gateway.clock.now()))!
}

async function readSealTimes(gateway: TestGateway): Promise<string[]> {
  const { rows } = await sql<{ at: string }>`
    select distinct integrated_at as at from archive.integration order by at desc limit 2`.execute(gateway.db)
  return rows.map(({ at }) => at)
}

async function outFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bucket-export-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('with the primary store gone an exam export completes from the bucket alone, byte for byte the same records, and verifies (SEC-6, MKT-5, SEC-13)', async (t) => {
  const { gateway, profileId } = await furnishWithDisposedPost(t, {
    checkpointSigner,
    config: { origin: embeddedOrigin },
  })
  const camille = await gateway.signIn('camille')
  const uploaded = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(redDot, 'A dot') })
  const { mediaId, sha256 } = uploaded.json<{ mediaId: string; sha256: string }>()
  const post = await submit(camille, profileId, 'Our outlook: “growth”\n=1+1', { mediaIds: [mediaId] })
  await approve(await gateway.signIn('ines'), post)
  await runJobs(gateway, 4)
  await addDays(gateway)
  const ruth = await gateway.signIn('ruth')
  const wish = { from: '2015-01-01T00:00:00Z' }
  const made = await makeExport(gateway, ruth, wish)
  assert.equal(made.status, 'completed', made.failure ?? '')
  const usual = await download(t, ruth, made.exportId)

  // From here on a process that knows no database: a folder like that of the evaluation set-up, and what lies in it.
  await mkdir(join(gateway.config.dataDirectory, 'keys'), { recursive: true })
  await writeFile(join(gateway.config.dataDirectory, 'keys', 'signing.pem'), pem)
  const folder = await outFolder(t)
  const out = join(folder, 'exam.zip')
  const asked = ['--as', 'Ruth, auditor', '--reason', 'Examination 2026-17', '--from', '2015-01-01', '--out', out]
  const environment = { GATEWAY_DATA_DIRECTORY: gateway.config.dataDirectory }
  const done = await runCommand(
    ['export', '--from-bucket', ...asked, '--format', 'csv', '--format', 'html'],
    environment,
  )
  assert.deepEqual([done.code, done.stderr], [0, ''], done.stdout)
  assert.match(done.stdout, /not itself recorded[^]*export enter/)
  assert.deepEqual(await readdir(folder), ['exam.zip'])

  const report = await verifyPackage(out, checkpointSigner.verifierKey)
  assert.deepEqual(report.problems, [])
  const told = await runCommand(['verify', out, '--key', checkpointSigner.verifierKey], {})
  assert.equal(told.code, 0, told.stdout)
  assert.match(told.stdout, /Coverage gap: This export was made from the object store alone/)
  for (const name of ['records.jsonl', 'log/entries.jsonl', 'log/edges.json', 'log/nodes.bin', 'log/checkpoint'])
    assert.equal(await contentOf(out, name), await contentOf(usual, name), name)
  const { manifest } = report
  const first = (await verifyPackage(usual, checkpointSigner.verifierKey)).manifest!
  assert.deepEqual({ ...manifest!.counts, posts: null }, first.counts)
  assert.deepEqual([manifest!.log, manifest!.filter, manifest!.retention], [first.log, first.filter, first.retention])
  assert.deepEqual(manifest!.media, { included: 1, missing: [] })
  assert.ok(first.counts.disposed > 0 && first.counts.delivered > 300, JSON.stringify(first.counts))
  assert.match(await contentOf(out, 'posts.html'), new RegExp(`media/${sha256}`))
  assert.match(await contentOf(out, 'records.csv'), new RegExp(`${post.postId}[^]*growth`))
  assert.doesNotMatch(await contentOf(out, 'records.jsonl'), /forgotten one day/)
})

test('what was made while the database was away becomes a record and is kept, once', async (t) => {
  const { gateway } = await furnishFirm(t, { checkpointSigner, config: { origin: embeddedOrigin } })
  await addDays(gateway)
  const path = join(await outFolder(t), 'exam.zip')
  await make(gateway, path)
  const [ruth] = [await gateway.signIn('ruth'), await gateway.signIn('camille')]
  const actor = await actorOf(gateway, 'ruth')
  // A database that was restored from before that checkpoint does not know what the package holds.
  const asOwner = (statement: string) =>
    runSql(
      gateway.database.ownerUrl,
      `set gateway.migration = 'on'; set session_replication_role = replica; ${statement}`,
    )
  await asOwner(`create table seal_aside as select * from archive.seal order by tree_size desc limit 1;
    alter table archive.seal disable trigger refuse_change; delete from archive.seal where tree_size in (select tree_size from seal_aside)`)
  await assert.rejects(enterExport(gateway, actor, path), { code: 'conflict', message: /Run "archive rebuild" first/ })
  await asOwner(
    `insert into archive.seal select * from seal_aside; alter table archive.seal enable always trigger refuse_change`,
  )
  const exportId = await enterExport(gateway, actor, path)
  await assert.rejects(enterExport(gateway, actor, path), { code: 'conflict' })
  const found = await ruth.get('/api/archive/records?type=export.requested,export.completed')
  const types = found.json<{ items: { type: string }[] }>().items.map((record) => record.type)
  assert.deepEqual(types.toSorted(), ['export.completed', 'export.requested'])
  const kept = await download(t, ruth, exportId)
  assert.deepEqual(await readFile(kept), await readFile(path))
  const listed = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
  assert.deepEqual([listed.status, listed.reason], ['completed', 'Examination'])
  await sealOnce(gateway, { force: true })
  const again = await make(gateway, `${path}.later.zip`, { types: ['export.completed'] })
  assert.match(await contentOf(`${path}.later.zip`, 'records.jsonl'), /"madeFrom":"bucket"[^]*"verified":true/)
  assert.equal(again.manifest.counts.delivered, 1)
  const usual = await makeExport(gateway, ruth, {})
  await assert.rejects(enterExport(gateway, actor, await download(t, ruth, usual.exportId)), {
    code: 'invalid_request',
  })
  await assert.rejects(enterExport(gateway, await actorOf(gateway, 'camille'), `${path}.later.zip`), {
    code: 'forbidden',
  })
})

test('with the public key alone the records are proven and the manifest is nobody’s word; a signature taken away is told', async (t) => {
  const archive = await openArchive(t)
  await archive.append()
  await sealOnce(archive, { force: true })
  const path = join(await outFolder(t), 'exam.zip')
  const { name, verifierKey } = testSigner()
  await make(archive, path, {}, { signer: { name, verifierKey } })
  const strict = await verifyPackage(path, verifierKey)
  assert.deepEqual(
    strict.problems.map(({ file, sentence }) => [file, /Nobody signed the manifest/.test(sentence)]),
    [['manifest.note', true]],
  )
  const report = await verifyPackage(path, verifierKey, { unsigned: true })
  assert.deepEqual([report.ok, report.signed, report.problems], [true, false, []])
  assert.match(tellReport(report), /VERIFIED WITHOUT A SIGNED MANIFEST/)
})

test('each range that the database’s export cuts, the bucket’s cuts too, on the very edges of seals and rounds', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { checkpointSigner, config: { origin: embeddedOrigin } })
  const { postId } = await submit(await gateway.signIn('camille'), profileId, 'Our outlook')
  await addDays(gateway)
  const ruth = await gateway.signIn('ruth')
  const folder = await outFolder(t)
  const seals = await readSealTimes(gateway)
  const edges = seals.flatMap((at) => [at, addMilliseconds(at, 1), addMilliseconds(at, -1)])
  const wishes = [
    ...edges.flatMap((at) => [{ from: at }, { to: at }]),
    { from: edges[0]!, to: edges[0]! },
    { from: '2030-01-01T00:00:00.000Z' },
    { to: '2010-01-01T00:00:00.000Z' },
    { post: postId },
    { type: 'media.uploaded,post.submitted' },
  ]
  for (const [at, wish] of wishes.entries()) {
    const { exportId } = (await ruth.post('/api/exports', { reason: 'x', ...wish })).json<Export>()
    await sealOnce(gateway, { force: true })
    assert.equal(await runExports(gateway), 1)
    const usual = await download(t, ruth, exportId)
    const path = join(folder, `${at}.zip`)
    const { type, ...rest } = wish as { type?: string }
    const made = await make(gateway, path, { ...rest, ...(type === undefined ? {} : { types: type.split(',') }) })
    assert.deepEqual(made.findings, [])
    for (const name of ['records.jsonl', 'log/entries.jsonl', 'log/edges.json', 'log/nodes.bin'])
      assert.equal(await contentOf(path, name), await contentOf(usual, name), `${name} of ${JSON.stringify(wish)}`)
  }
})
