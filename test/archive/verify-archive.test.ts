import assert from 'node:assert/strict'
import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { readStatus } from '#server/archive/read-status.ts'
import { rebuildSearch } from '#server/archive/rebuild-archive.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import type { ObjectStore } from '#server/platform/object-store.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'
import { bucketAttacks } from './bucket-attacks.ts'

/** Three seals: entries 0–2, 3–5, 6–8. */
async function openSealed(t: TestContext): Promise<TestArchive> {
  const archive = await openArchive(t, { tampers: true })
  for (let seal = 0; seal < 3; seal++) {
    for (let count = 0; count < 3; count++) {
      await archive.append({ streams: { author: author }, body: { text: `number ${seal * 3 + count}` } })
      archive.clock.advance(5)
    }
    await sealOnce(archive, { force: true })
  }
  return archive
}

const author = '019a0000-0000-7000-8000-000000000001'

for (const scope of ['full', 'recent'] as const) {
  test(`A ${scope} verification beside sealing finds nothing wrong, however much is sealed meanwhile`, async (t) => {
    const archive = await openSealed(t)
    const store = archive.objectStore
    let sealing: Promise<void> | undefined
    const sealMore = async () => {
      await archive.append({ streams: { author }, body: { text: 'meanwhile' } })
      await sealOnce(archive, { force: true })
    }
    const objectStore: ObjectStore = {
      put: store.put.bind(store),
      head: store.head.bind(store),
      extend: store.extend.bind(store),
      destroy: store.destroy.bind(store),
      setLegalHold: store.setLegalHold.bind(store),
      check: store.check.bind(store),
      get: async (key: string, version?: string) => {
        await (sealing ??= sealMore())
        return store.get(key, version)
      },
      async *list(prefix: string) {
        // Another seal before the checkpoints are listed, while other listings may have begun.
        if (prefix === 'checkpoint/') await sealMore()
        yield* store.list(prefix)
      },
    }
    const { problems } = await verifyArchive({ ...archive, objectStore }, { scope })
    assert.deepEqual(problems, [])
    assert.ok(sealing !== undefined, 'something was sealed during the verification')
  })
}

async function findings(archive: TestArchive): Promise<{ kind: string; logIndex: number | null }[]> {
  const { problems } = await verifyArchive(archive, { scope: 'full' })
  return problems.map(({ kind, logIndex }) => ({ kind, logIndex }))
}

async function asOwner(archive: TestArchive, ...statements: string[]): Promise<void> {
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'; set session_replication_role = replica")
  for (const table of [
    'archive_record',
    'archive_body',
    'leaf',
    'seal',
    'checkpoint',
    'integration',
    'object',
    'tile',
  ]) {
    const { rows } = await owner.query(
      "select c.oid::regclass as name from pg_class c where c.relnamespace = 'archive'::regnamespace and c.relkind in ('r', 'p') and (c.relname = $1 or c.relname like $1 || '_%')",
      [table],
    )
    for (const { name } of rows) await owner.query(`alter table ${name} disable trigger user`)
  }
  for (const statement of statements) await owner.query(statement)
}

test('An untouched archive verifies, bucket and database, and the result is a record (SEC-3, MIF-3)', async (t) => {
  const archive = await openSealed(t)
  const result = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual(
    { ok: result.ok, treeSize: result.treeSize, checked: result.recordsChecked },
    { ok: true, treeSize: 9, checked: 9 },
  )
  await sealOnce(archive, { force: true })
  const recent = await verifyArchive(archive, { scope: 'recent' })
  assert.deepEqual(
    { ok: recent.ok, treeSize: recent.treeSize, checked: recent.recordsChecked },
    { ok: true, treeSize: 10, checked: 1 },
  )
})

test('In the object store whatever is changed is named by the verification', async (t) => {
  const archive = await openSealed(t)
  const aside = `${archive.objectDirectory}.aside`
  await cp(archive.objectDirectory, aside, { recursive: true })
  for (const { name, attack, finds } of bucketAttacks) {
    await t.test(`In the object store ${name}: verification names it`, async () => {
      await attack(archive)
      assert.deepEqual(await findings(archive), finds)
    })
    for (const entry of await readdir(archive.objectDirectory))
      await rm(join(archive.objectDirectory, entry), { recursive: true })
    await cp(aside, archive.objectDirectory, { recursive: true })
  }
  assert.deepEqual(await findings(archive), [])
})

const databaseAttacks: { name: string; statements: string[]; finds: { kind: string; logIndex: number | null }[] }[] = [
  {
    name: 'a body is edited',
    statements: [
      "update archive.archive_body set body = convert_to(replace(convert_from(body, 'UTF8'), 'number 4', 'number 7'), 'UTF8')",
    ],
    finds: [{ kind: 'body_row_differs', logIndex: 4 }],
  },
  {
    name: 'a header is edited',
    statements: [
      "update archive.archive_record set header = convert_to(replace(convert_from(header, 'UTF8'), 'session.started', 'session.refused'), 'UTF8') where id = (select record_id from archive.leaf where log_index = 4)",
    ],
    finds: [{ kind: 'row_differs', logIndex: 4 }],
  },
  {
    name: 'a record is deleted',
    statements: [
      'delete from archive.archive_record where id = (select record_id from archive.leaf where log_index = 4)',
    ],
    finds: [{ kind: 'row_differs', logIndex: 4 }],
  },
  {
    name: 'a record and its leaf are deleted',
    statements: [
      'delete from archive.archive_record where id = (select record_id from archive.leaf where log_index = 4)',
      'delete from archive.leaf where log_index = 4',
    ],
    finds: [{ kind: 'row_missing', logIndex: 4 }],
  },
  {
    name: 'what a search knows is relabelled',
    statements: [
      "update archive.search set type = 'session.ended' where record_id = (select record_id from archive.leaf where log_index = 4)",
    ],
    finds: [{ kind: 'columns_differ', logIndex: 4 }],
  },
  {
    name: 'the search row is deleted',
    statements: [
      'delete from archive.search where record_id = (select record_id from archive.leaf where log_index = 4)',
    ],
    finds: [
      { kind: 'columns_differ', logIndex: 4 },
      { kind: 'unsearchable', logIndex: null },
    ],
  },
  {
    name: 'the last seal is rolled back',
    statements: [
      'delete from archive.checkpoint where tree_size = 9',
      'delete from archive.seal where tree_size = 9',
      'delete from archive.integration where tree_size = 9',
      'delete from archive.archive_record where id in (select record_id from archive.leaf where log_index >= 6)',
      'delete from archive.leaf where log_index >= 6',
    ],
    finds: [
      { kind: 'seal_missing', logIndex: 8 },
      ...[6, 7, 8].map((logIndex) => ({ kind: 'row_missing', logIndex })),
      { kind: 'bucket_ahead', logIndex: 6 },
    ],
  },
]

for (const { name, statements, finds } of databaseAttacks) {
  test(`In the database ${name}, by an owner who disabled the triggers: verification names it`, async (t) => {
    const archive = await openSealed(t)
    await asOwner(archive, ...statements)
    assert.deepEqual(await findings(archive), finds)
  })
}

test('A finding becomes an incident record once, and the status shows it', async (t) => {
  const archive = await openSealed(t)
  await asOwner(
    archive,
    'delete from archive.search where record_id = (select record_id from archive.leaf where log_index = 4)',
  )
  await verifyArchive(archive, { scope: 'full' })
  await verifyArchive(archive, { scope: 'full' })
  const status = await readStatus(archive)
  assert.equal(status.lastVerificationOk, false)
  assert.deepEqual(status.incidents.map((incident) => incident.kind).toSorted(), ['columns_differ', 'unsearchable'])
})

test('What was found stays in the status until everything was verified again: a look at what came since takes nothing back', async (t) => {
  const archive = await openSealed(t)
  await asOwner(
    archive,
    'delete from archive.search where record_id = (select record_id from archive.leaf where log_index = 4)',
  )
  assert.equal((await verifyArchive(archive, { scope: 'full' })).ok, false)
  // The search is mended and what is new verifies, but nobody looked at everything again.
  await rebuildSearch(archive.db)
  archive.clock.advance(1_000)
  await sealOnce(archive, { force: true })
  assert.equal((await verifyArchive(archive, { scope: 'recent' })).ok, true)
  assert.equal((await readStatus(archive)).lastVerificationOk, false)
  archive.clock.advance(1_000)
  const { ok, treeSize } = await verifyArchive(archive, { scope: 'full' })
  assert.deepEqual([ok, (await readStatus(archive)).lastVerificationOk], [true, true])

  // What a look at the newest begins with must be the tree that was signed.
  await asOwner(archive, `update archive.leaf set leaf_hash = sha256(leaf_hash) where log_index = ${treeSize - 1}`)
  const { problems } = await verifyArchive(archive, { scope: 'recent' })
  assert.deepEqual(
    problems.map(({ kind, logIndex }) => [kind, logIndex]),
    [['tree_differs', treeSize - 1]],
  )
})
