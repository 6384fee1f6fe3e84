import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { runExports } from '#server/exports/run-export.ts'
import type { Export } from '#shared/api/exports.ts'
import { createFakeClock, ordinaryMonday } from '#test/support/fake-clock.ts'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { GatewayOverrides, TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

/** Asks for an export, lets the jobs do their work and answers the finished export. */
export async function makeExport(gateway: TestGateway, auditor: SignedIn, wish: object): Promise<Export> {
  const asked = await auditor.post('/api/exports', { reason: 'Examination 2026-17', ...wish })
  assert.equal(asked.statusCode, 202, asked.body)
  await sealOnce(gateway, { force: true })
  assert.equal(await runExports(gateway), 1)
  return (await auditor.get(`/api/exports/${asked.json<Export>().exportId}`)).json<Export>()
}

/** A firm in 2025 with one post of 2015, whose text was destroyed when its retention of seven years had ended. */
export async function furnishWithDisposedPost(
  t: TestContext,
  overrides: Omit<GatewayOverrides, 'clock'> = {},
): Promise<{ gateway: TestGateway; postId: string; profileId: string }> {
  const clock = createFakeClock('2014-12-01T09:00:00.000Z')
  const { gateway, profileId } = await furnishFirm(t, { ...overrides, clock })
  await runSql(gateway.database.ownerUrl, `select archive.make_partitions('2015-01-01', 1)`)
  gateway.clock.set('2015-01-05T09:00:00.000Z')
  const { postId } = await submit(await gateway.signIn('camille'), profileId, 'To be forgotten one day')
  await sealOnce(gateway, { force: true })
  gateway.clock.set(ordinaryMonday)
  assert.deepEqual((await disposeRecords(gateway)).disposed, ['2022-02'])
  return { gateway, postId, profileId }
}

/** Fetches a package into a folder of its own; answers its path. */
export async function download(t: TestContext, auditor: SignedIn, exportId: string): Promise<string> {
  const answer = await auditor.get(`/api/exports/${exportId}/download`)
  assert.equal(answer.statusCode, 200, answer.body)
  const folder = await mkdtemp(join(tmpdir(), 'download-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'export.zip'), answer.rawPayload)
  return join(folder, 'export.zip')
}

/** One file of a package as text. */
export async function contentOf(path: string, name: string): Promise<string> {
  const zip = await ZipReader.open(path)
  const entry = zip.entries.find((candidate) => candidate.name === name)
  assert.ok(entry, `${name} is not in the package`)
  const content = Buffer.concat(await Array.fromAsync(zip.read(entry))).toString('utf8')
  await zip.close()
  return content
}
