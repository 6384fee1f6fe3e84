import assert from 'node:assert/strict'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { makePackage, type PackageRequest } from '#server/exports/make-package.ts'
import { verifyPackage } from '#server/exports/verify-package.ts'
import type { Progress } from '#server/exports/write-package.ts'
import { openArchive, testSigner, type TestArchive } from '#test/support/open-archive.ts'
import { runSql } from '#test/support/test-cluster.ts'

const folder = await mkdtemp(join(tmpdir(), 'under-way-'))
after(() => rm(folder, { recursive: true, force: true }))
await mkdir(join(folder, 'exports'))
let count = 0

/** Makes an export of everything as the gateway does, and verifies it. */
async function exportAll(archive: TestArchive, progress: Progress, wish: Partial<PackageRequest> = {}) {
  const path = join(folder, `${(count += 1)}.zip`)
  const file = await open(path, 'w')
  const at = archive.clock.now()
  const row: PackageRequest = {
    exportId: '0190163d-8694-739b-aea5-966c26f8ad91',
    requestedBy: 'user-1',
    requestedByName: 'Ruth',
    requestedAt: at,
    startedAt: at,
    reason: 'x',
    recipient: null,
    timeZone: 'UTC',
    language: 'en',
    query: {},
    units: null,
    wholeLog: true,
    formats: ['jsonl'],
    ...wish,
  }
  try {
    await makePackage({ ...archive, config: { dataDirectory: folder } }, row, file, progress)
  } finally {
    await file.close()
  }
  return verifyPackage(path, testSigner().verifierKey)
}

test('bodies that are destroyed while an export of them is under way, in the night in which their month ends, are rightly gone (GDPR-2)', async (t) => {
  const archive = await openArchive(t)
  await runSql(archive.database.ownerUrl, `select archive.make_partitions('2023-10-01', 1)`)
  archive.clock.set('2023-10-15T09:00:00.000Z')
  for (let n = 0; n < 5; n += 1) await archive.append({ retentionClass: 'us-bd-3y' })
  await sealOnce(archive, { force: true })
  archive.clock.set('2026-10-31T23:59:59.000Z')
  const report = await exportAll(archive, async (phase, done, total) => {
    if (phase !== 'headers' || done < total) return
    archive.clock.set('2026-11-01T00:00:05.000Z')
    assert.deepEqual((await disposeRecords(archive)).disposed, ['2026-11'])
  })
  assert.deepEqual(report.problems, [])
  assert.deepEqual([report.tally?.delivered, report.tally?.disposed], [5, 5])
})

test('every export that is made while the sealer works without a pause verifies', async (t) => {
  const archive = await openArchive(t)
  await archive.append()
  await sealOnce(archive, { force: true })
  const done = new AbortController()
  const writing = (async () => {
    for (let n = 0; !done.signal.aborted; n += 1) {
      await Promise.all(Array.from({ length: 20 }, () => archive.append({ body: { note: `n ${n}` } })))
      archive.clock.advance(1)
    }
  })()
  const sealing = (async () => {
    while (!done.signal.aborted) await sealOnce(archive, { force: true })
  })()
  const sizes: number[] = []
  for (let n = 0; n < 8; n += 1) {
    const from = n % 2 === 0 ? {} : { query: { from: archive.clock.now() } }
    const report = await exportAll(archive, async () => undefined, {
      ...from,
      formats: n % 4 === 0 ? ['csv', 'html'] : [],
    })
    assert.deepEqual(report.problems, [])
    sizes.push(report.manifest!.log.size)
  }
  done.abort()
  await Promise.all([writing, sealing])
  assert.ok(sizes.at(-1)! > sizes[0]!, sizes.join())
})
