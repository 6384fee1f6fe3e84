import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sealOnce } from '#server/archive/seal-records.ts'
import { runExports } from '#server/exports/run-export.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { Export } from '#shared/api/exports.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import { contentOf, makeExport } from './make-export.ts'

// What the gateway keeps in files lies on a disk of its own, so small that the test can fill it: a tmpfs that only this
// process and its children see. The file therefore runs itself once more inside.
const diskVariable = 'GATEWAY_TEST_SMALL_DISK'
const disk = process.env[diskVariable]

if (disk === undefined) {
  test('A full disk under an export: see the same file on a small disk', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'small-disk-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const mount = 'mount -t tmpfs -o size=16m,mode=0700 none "$1" || exit 97; exec "$2" --test-reporter=spec "$3"'
    const words = ['-Urm', 'sh', '-c', mount, 'sh', folder, process.execPath, fileURLToPath(import.meta.url)]
    const { NODE_TEST_CONTEXT: _runner, ...environment } = process.env
    const env = { ...environment, [diskVariable]: folder, TMPDIR: folder }
    const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8', env })
    if (status === 97 || (status !== 0 && stderr.startsWith('unshare:')))
      return t.skip(`no small disk on this machine: NOT tested (${stderr.trim()})`)
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    assert.match(stdout, /ℹ pass 1/)
  })
} else {
  test('An export that fills the disk ends and says so, leaves nothing behind and harms no finished one; with room the next is made', (t) =>
    surviveFullDisk(t, disk))
}

async function surviveFullDisk(t: TestContext, folder: string): Promise<void> {
  const { gateway } = await furnishFirm(t)
  const ruth = await gateway.signIn('ruth')
  const earlier = await makeExport(gateway, ruth, {})
  const exports = join(gateway.config.dataDirectory, 'exports')
  const filler = join(folder, 'filler')
  for (const room of [0, 8_192]) {
    const { exportId } = (await ruth.post('/api/exports', { reason: 'x', formats: ['csv', 'html'] })).json<Export>()
    await sealOnce(gateway, { force: true })
    const size = await fill(filler)
    await truncate(filler, size - room)
    await runExports(gateway)
    await rm(filler)
    const { status, failure } = (await ruth.get(`/api/exports/${exportId}`)).json<Export>()
    assert.deepEqual([status, failure], ['failed', 'The disk is full. Ask for the export again when there is space.'])
    assert.deepEqual(await readdir(exports), [`${earlier.exportId}.zip`])
  }
  const path = join(exports, `${earlier.exportId}.zip`)
  assert.ok((await verifyPackage(path, gateway.checkpointSigner.verifierKey)).ok)
  const next = await makeExport(gateway, ruth, { formats: ['csv', 'html'] })
  assert.equal(next.status, 'completed', next.failure ?? '')
  assert.match(await contentOf(join(exports, `${next.exportId}.zip`), 'records.jsonl'), /"type":"export.failed"/)
}

/** Writes until nothing more fits; answers the bytes. */
async function fill(path: string): Promise<number> {
  const file = await open(path, 'w')
  let size = 0
  for (const piece of [Buffer.alloc(65_536), Buffer.alloc(1)])
    for (;;) {
      const written = await file.write(piece).then(
        ({ bytesWritten }) => bytesWritten,
        () => 0,
      )
      if (written === 0) break
      size += written
    }
  await file.close()
  return size
}
