import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { pino } from 'pino'
import { anchorCheckpoints, type AnchorDeps } from '#server/archive/anchor-checkpoint.ts'
import { readCosignatures } from '#server/archive/anchor-queries.ts'
import { checkpointKey, cosignatureFolder } from '#server/archive/object-keys.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import type { Anchors } from '#server/platform/anchors.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'
import { startWitness } from '#test/support/start-witness.ts'
import { rebuildElsewhere } from '#test/support/rebuild-elsewhere.ts'

// What the bucket keeps of witnesses; anchor-checkpoint.test.ts shows how they are asked.

function withAnchors(archive: TestArchive, anchors: Anchors): AnchorDeps & TestArchive {
  return { ...archive, log: pino({ level: 'silent' }), anchors }
}

async function seal(archive: TestArchive, count: number): Promise<number> {
  for (let at = 0; at < count; at += 1) await archive.append()
  return (await sealOnce(archive, { force: true })).sealedSize
}

const kindsOf = async (deps: AnchorDeps) =>
  (await verifyArchive(deps, { scope: 'full' })).problems.map((found) => found.kind)

async function forgetAnchors(archive: TestArchive): Promise<void> {
  const owner = await archive.openOwner()
  await owner.query(`begin; select set_config('gateway.migration', 'on', true);
    alter table archive.anchor disable trigger refuse_change; delete from archive.anchor;
    alter table archive.anchor enable always trigger refuse_change; commit`)
}

test('What a witness signed lies locked in the bucket: after a death before the database knew it, it is taken from there', async (t) => {
  const archive = await openArchive(t)
  const witness = await startWitness(t, 'witness.test/w1', [archive.checkpointSigner.verifierKey])
  const deps = withAnchors(archive, { witnesses: [witness] })
  const size = await seal(archive, 3)
  await anchorCheckpoints(deps)
  const line = await readCosignatures(archive.db, size)
  const keys = await Array.fromAsync(archive.objectStore.list(cosignatureFolder), ({ key }) => key)
  assert.equal(keys.length, 1)
  const [stored, checkpoint] = await Promise.all(
    [keys[0]!, checkpointKey(size)].map((key) => archive.objectStore.head(key)),
  )
  assert.equal(stored?.retainUntil, checkpoint?.retainUntil)
  assert.equal(Buffer.from((await archive.objectStore.get(keys[0]!))!).toString(), line)
  await forgetAnchors(archive)
  await anchorCheckpoints(deps)
  assert.equal(await readCosignatures(archive.db, size), line)
  assert.equal(witness.requests.length, 1, 'nobody is asked twice')
  assert.deepEqual(await kindsOf(deps), [])
})

test('A database that is rebuilt from the bucket has the signatures of witnesses, and one that is gone from the bucket is named', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  const witness = await startWitness(t, 'witness.test/w1', [archive.checkpointSigner.verifierKey])
  const sizes: number[] = []
  for (const count of [3, 2]) {
    sizes.push(await seal(archive, count))
    await anchorCheckpoints(withAnchors(archive, { witnesses: [witness] }))
  }
  // What a foreign hand lays beside them stops no rebuilding.
  await archive.objectStore.put(
    `${cosignatureFolder}000000000003/00000000`,
    Buffer.from('x'),
    '2030-01-01T00:00:00.000Z',
  )
  const { db } = await rebuildElsewhere(t, archive)
  for (const size of sizes) assert.equal(await readCosignatures(db, size), await readCosignatures(archive.db, size))
  const rebuilt = withAnchors({ ...archive, db }, { witnesses: [witness] })
  assert.deepEqual(await kindsOf(rebuilt), [])
  const before = witness.requests.length
  await anchorCheckpoints(rebuilt)
  assert.equal(witness.requests.length, before, 'what it signed it is not asked again')
  await rm(join(archive.objectDirectory, cosignatureFolder, '000000000005'), { recursive: true })
  assert.deepEqual(await kindsOf(rebuilt), ['cosignature_lost'])
})
