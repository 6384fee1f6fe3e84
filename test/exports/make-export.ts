import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { ZipReader } from '#server/exports/read-zip.ts'
import { runExports } from '#server/exports/run-export.ts'
import type { Export } from '#shared/api/exports.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

/** Asks for an export, lets the jobs do their work and answers the finished export. */
export async function makeExport(gateway: TestGateway, auditor: SignedIn, wish: object): Promise<Export> {
  const asked = await auditor.post('/api/exports', { reason: 'Examination 2026-17', ...wish })
  assert.equal(asked.statusCode, 202, asked.body)
  await sealOnce(gateway, { force: true })
  assert.equal(await runExports(gateway), 1)
  return (await auditor.get(`/api/exports/${asked.json<Export>().exportId}`)).json<Export>()
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
