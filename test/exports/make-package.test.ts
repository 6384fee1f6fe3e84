import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commitDirectory } from '#server/archive/commit-directory.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { runExports } from '#server/exports/run-export.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { Export } from '#shared/api/exports.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { approve, furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { imageForm, redDot } from '#test/support/image-form.ts'
import { contentOf, download, furnishWithDisposedPost, makeExport } from './make-export.ts'

test('a body that was disposed of rightly stays rightly disposed when its class is lengthened afterwards', async (t) => {
  const { gateway, postId } = await furnishWithDisposedPost(t)
  gateway.clock.advance(1_000)
  const ruth = await gateway.signIn('ruth')
  const extended = await ruth.post('/api/retention/mifid-7y', { years: 20, reason: 'A new rule' })
  assert.ok(extended.statusCode < 300, extended.body)
  const made = await makeExport(gateway, ruth, { post: postId })
  assert.equal(made.status, 'completed', made.failure ?? '')
  const path = await download(t, ruth, made.exportId)
  const report = await verifyPackage(path, gateway.checkpointSigner.verifierKey)
  assert.deepEqual(report.problems, [])
  assert.equal(report.manifest?.retention['mifid-7y'], 20)
  assert.ok(report.tally!.disposed > 0)
})

test('one person over the years: only their entries, with the proof that none is missing, not even the last (MIF-5, GDPR-5, SEC-8)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const ines = await gateway.signIn('ines')
  for (let round = 0; round < 3; round += 1) await approve(ines, await submit(camille, profileId, `Outlook ${round}`))
  const ruth = await gateway.signIn('ruth')
  const { userId } = (await camille.get('/api/me')).json<{ userId: string }>()
  const asked = await ruth.post('/api/exports', {
    reason: 'Access request',
    author: userId,
    proof: 'stream',
    formats: ['csv'],
  })
  assert.equal(asked.statusCode, 202, asked.body)
  await sealOnce(gateway, { force: true })
  assert.equal(await runExports(gateway), 0, 'it waits for the directory')
  await commitDirectory(gateway)
  await sealOnce(gateway, { force: true })
  assert.equal(await runExports(gateway), 1)
  const made = (await ruth.get(`/api/exports/${asked.json<Export>().exportId}`)).json<Export>()
  assert.equal(made.status, 'completed', made.failure ?? '')
  const path = await download(t, ruth, made.exportId)
  const report = await verifyPackage(path, gateway.checkpointSigner.verifierKey)
  assert.deepEqual(report.problems, [])
  const { log, filter } = report.manifest!
  assert.deepEqual(log.streams, { kind: 'author', ids: [userId] })
  assert.equal(report.tally!.entries, report.tally!.delivered)
  assert.ok(report.tally!.withheld > 0 && report.tally!.delivered >= 6 && filter.author === userId)
  const directory = JSON.parse(await contentOf(path, 'log/directory.json')) as { heads: { next: number }[] }
  assert.equal(directory.heads[0]?.next, report.tally!.entries)
  assert.ok(report.tally!.provenUntil! > log.size - 20)
  const entries = await contentOf(path, 'log/entries.jsonl')
  assert.ok(entries.split('\n').every((line) => line === '' || line.startsWith('{"from"') || line.includes(userId)))
  const refused = await ruth.post('/api/exports', { reason: 'x', proof: 'stream' })
  assert.equal(refused.statusCode, 422, refused.body)
})

test('media lie in the package under their digest, posts.html shows them, none can be missing or exchanged unseen, and a bucket that is away is said (SEC-6)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const camille = await gateway.signIn('camille')
  const uploaded = await camille.inject({ method: 'POST', url: '/api/media', ...imageForm(redDot, 'A <red> dot') })
  const { mediaId, sha256 } = uploaded.json<{ mediaId: string; sha256: string }>()
  const post = await submit(camille, profileId, 'A look at the dot', { mediaIds: [mediaId] })
  const ruth = await gateway.signIn('ruth')
  const made = await makeExport(gateway, ruth, { post: post.postId, formats: ['html'] })
  assert.equal(made.status, 'completed', made.failure ?? '')
  const path = await download(t, ruth, made.exportId)
  const key = gateway.checkpointSigner.verifierKey
  const report = await verifyPackage(path, key)
  assert.deepEqual(report.problems, [])
  assert.deepEqual(report.manifest?.media, { included: 1, missing: [] })
  const zip = await ZipReader.open(path)
  const entry = zip.entries.find((file) => file.name === `media/${sha256}`)
  assert.deepEqual(Buffer.concat(await Array.fromAsync(zip.read(entry!))), redDot)
  await zip.close()
  assert.match(await contentOf(path, 'posts.html'), new RegExp(`<img src="media/${sha256}" alt="A &lt;red&gt; dot">`))

  // The bucket is away: the export completes without the file, and says so.
  const objectStore = waveringStore(gateway.objectStore, () => true)
  const asked = await ruth.post('/api/exports', { reason: 'Again', post: post.postId })
  await sealOnce(gateway, { force: true })
  assert.equal(await runExports({ ...gateway, objectStore }), 1)
  const without = await download(t, ruth, asked.json<Export>().exportId)
  const second = await verifyPackage(without, key)
  assert.deepEqual(second.problems, [])
  assert.deepEqual(second.manifest?.media, { included: 0, missing: [sha256] })
  assert.match(second.manifest.coverageGaps[0]!.sentence, new RegExp(`media file ${sha256} could not be read`))
})
