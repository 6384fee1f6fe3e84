import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { appendRecord } from '#server/archive/append-record.ts'
import { openDirectoryObjectStore } from '#server/archive/directory-object-store.ts'
import { isSealed } from '#server/archive/is-sealed.ts'
import { entriesKey } from '#server/archive/object-keys.ts'
import { rebuildArchive } from '#server/archive/rebuild-archive.ts'
import { readSealingLag } from '#server/archive/read-status.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { systemActor } from '#server/platform/actor.ts'
import { inTransaction, openDatabase, openPool, type Db } from '#server/platform/database.ts'
import { dyingDatabase, ProcessDied } from '#test/support/dying-database.ts'
import { faultyStore, waveringStore } from '#test/support/faulty-store.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

async function countLeaves(db: Db): Promise<{ records: number; leaves: number; sealed: number }> {
  const { rows } = await sql<{ records: number; leaves: number; sealed: number }>`
    select (select count(*) from archive.archive_record) as records, (select count(*) from archive.leaf) as leaves,
      coalesce((select max(tree_size) from archive.checkpoint), 0) as sealed`.execute(db)
  return rows[0]!
}

async function assertAllSealed(archive: TestArchive): Promise<void> {
  const { records, leaves, sealed } = await countLeaves(archive.db)
  assert.deepEqual({ leaves, sealed }, { leaves: records, sealed: records })
}

for (const moment of ['before', 'after'] as const) {
  test(`The object store fails at call n, for every n, ${moment} it did its work: the next start seals everything once`, async (t) => {
    const archive = await openArchive(t)
    for (let atCall = 0; ; atCall++) {
      const id = await archive.append({ type: 'publication.released' })
      const store = faultyStore(archive.objectStore, { atCall, moment })
      const process = archive.restart({ objectStore: store })
      const result = await sealOnce(process)
      if (store.calls <= atCall) {
        assert.equal(result.state, 'sealed')
        assert.ok(atCall > 4)
        return
      }
      assert.equal(result.state, 'unreachable')
      assert.equal(await isSealed(archive.db, id), false)
      archive.clock.advance(1000)
      assert.equal((await sealOnce(archive.restart())).state, 'sealed')
      await assertAllSealed(archive)
    }
  })
}

test('The process dies at statement n, for every n: the next start seals everything once', async (t) => {
  const archive = await openArchive(t)
  for (let atStatement = 0; ; atStatement++) {
    await archive.append({ type: 'publication.released' })
    const process = archive.restart()
    const dying = dyingDatabase(process.db, atStatement)
    const outcome = await sealOnce({ ...process, db: dying.db }).catch((error: unknown) => error)
    await process.db.destroy()
    if (dying.sent <= atStatement) {
      assert.ok(atStatement > 12, `only ${atStatement} statements`)
      break
    }
    assert.ok(outcome instanceof ProcessDied)
    const next = archive.restart()
    // Postgres frees the lock of a session that is gone a moment after it is gone.
    while ((await sealOnce(next)).state === 'elsewhere');
    await next.db.destroy()
    await assertAllSealed(archive)
  }
})

test('A seal that was begun under another release of the compressor is finished: what is locked holds the same lines', async (t) => {
  const archive = await openArchive(t)
  const id = await archive.append({ type: 'publication.released' })
  const { objectStore } = archive
  const earlier = faultyStore(
    {
      ...faultyStore(objectStore, { atCall: Infinity, moment: 'before' }),
      put: (key, bytes, until) => objectStore.put(key, key.endsWith('.zst') ? repack(bytes) : bytes, until),
    },
    { atCall: 4, moment: 'after' },
  )
  assert.equal((await sealOnce(archive.restart({ objectStore: earlier }))).state, 'unreachable')
  assert.equal(await isSealed(archive.db, id), false)
  assert.equal((await sealOnce(archive.restart())).state, 'sealed')
  assert.deepEqual((await verifyArchive(archive, { scope: 'full' })).problems, [])
})

test('Other lines than those of the seal under its key are refused, however they are packed', async (t) => {
  const archive = await openArchive(t)
  await archive.append({ type: 'publication.released' })
  const forged = zstdCompressSync(Buffer.from('{"i":0}\n'))
  await archive.objectStore.put(entriesKey(0, 1), forged, '2099-01-01T00:00:00.000Z')
  const result = await sealOnce(archive)
  assert.equal(result.state, 'refused')
  assert.match(result.refusal!.sentence, /already holds other bytes/)
})

function repack(bytes: Uint8Array): Uint8Array {
  const packed = zstdCompressSync(zstdDecompressSync(bytes), { params: { [constants.ZSTD_c_compressionLevel]: 19 } })
  assert.ok(!packed.equals(bytes))
  return packed
}

test('Two sealers at once: one works, the other says so, and no index is given twice', async (t) => {
  const archive = await openArchive(t)
  const sealers = [archive, archive.restart(), archive.restart()]
  const states = new Set<string>()
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 20 }, () => archive.append({ type: 'post.submitted' })))
    const results = await Promise.all(sealers.map((sealer) => sealOnce(sealer)))
    for (const result of results) states.add(result.state)
  }
  assert.equal((await sealOnce(archive)).state, 'idle')
  assert.ok(states.has('elsewhere'))
  await assertAllSealed(archive)
})

test('What commits late, rolls back or waits in a long transaction is numbered once it is visible, and nothing is lost', async (t) => {
  const archive = await openArchive(t)
  const add = (tx: Parameters<typeof appendRecord>[0]) =>
    appendRecord(tx, systemActor, { type: 'post.submitted', at: archive.clock.now(), streams: {}, body: {} })
  let finish = (): void => {}
  const held = new Promise<void>((resolve) => (finish = resolve))
  const began = Promise.withResolvers<void>()
  const slow = inTransaction(archive.db, async (tx) => {
    const id = await add(tx)
    began.resolve()
    await held
    return id
  })
  await began.promise
  const undone = inTransaction(archive.db, async (tx) => {
    await add(tx)
    throw new Error('the act failed')
  })
  await assert.rejects(undone, /the act failed/)
  const quick = await archive.append({ type: 'post.submitted' })
  assert.equal((await sealOnce(archive)).integrated, 1)
  assert.equal(await isSealed(archive.db, quick), true)
  finish()
  const late = await slow
  assert.equal((await sealOnce(archive)).integrated, 1)
  assert.equal(await isSealed(archive.db, late), true)
  await assertAllSealed(archive)
})

test('Eight writers and a sealer: every acknowledged record has one leaf, in dense order', async (t) => {
  const archive = await openArchive(t)
  const writing = new AbortController()
  const sealing = (async () => {
    while (!writing.signal.aborted) await sealOnce(archive)
  })()
  const acknowledged = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const ids: string[] = []
      for (let count = 0; count < 40; count++)
        ids.push(await archive.append({ type: 'post.submitted', streams: { network: 'sandbox' } }))
      return ids
    }),
  )
  writing.abort()
  await sealing
  await sealOnce(archive, { force: true })
  const { rows } = await sql<{ id: string; index: number; sequence: string }>`
    select record_id as id, log_index as index, stream_sequence as sequence from archive.leaf order by log_index`.execute(
    archive.db,
  )
  assert.deepEqual(rows.map((row) => row.id).toSorted(), acknowledged.flat().toSorted())
  assert.deepEqual(
    rows.map((row) => row.index),
    rows.map((_, at) => at),
  )
  assert.deepEqual(
    rows.map((row) => row.sequence),
    rows.map((_, at) => `{"network":${at}}`),
  )
})

test('A clock that is set back does not reorder the log: times in it never decrease', async (t) => {
  const archive = await openArchive(t)
  await archive.append({ type: 'post.submitted' })
  await sealOnce(archive)
  archive.clock.advance(-3_600_000)
  await archive.append({ type: 'post.submitted' })
  assert.equal((await sealOnce(archive)).state, 'sealed')
  const { rows } = await sql<{ at: string }>`select sealed_at as at from archive.leaf order by log_index`.execute(
    archive.db,
  )
  assert.equal(rows[0]!.at, rows[1]!.at)
})

test('The bucket is away at the start: records are accepted, nothing is numbered; away later: numbering goes on, nothing is sealed', async (t) => {
  const archive = await openArchive(t)
  const away = archive.restart({ objectStore: faultyStore(archive.objectStore, { atCall: 0, moment: 'before' }) })
  const first = await away.append({ type: 'publication.released' })
  assert.deepEqual(
    { ...(await sealOnce(away)), cause: undefined },
    { state: 'unreachable', integrated: 0, treeSize: 0, sealedSize: 0, cause: undefined },
  )
  let gone = false
  const wavering = archive.restart({ objectStore: waveringStore(archive.objectStore, () => gone) })
  await sealOnce(wavering)
  assert.equal(await isSealed(archive.db, first), true)
  gone = true
  const second = await archive.append({ type: 'publication.released' })
  archive.clock.advance(61_000)
  const result = await sealOnce(wavering)
  assert.deepEqual(
    { state: result.state, integrated: result.integrated, sealedSize: result.sealedSize },
    { state: 'unreachable', integrated: 1, sealedSize: 1 },
  )
  assert.equal(await readSealingLag(archive), 61)
  gone = false
  assert.equal((await sealOnce(wavering)).state, 'sealed')
  assert.equal(await isSealed(archive.db, second), true)
})

/** Takes the database back to a smaller tree, as a restored backup does; `keepRecords` leaves the records unnumbered. */
async function rollBack(archive: TestArchive, treeSize: number): Promise<void> {
  const owner = await archive.openOwner()
  await owner.query("set gateway.migration = 'on'")
  const tables = await owner.query(
    "select oid::regclass::text as name from pg_class where relnamespace = 'archive'::regnamespace and relkind in ('r', 'p')",
  )
  for (const { name } of tables.rows) await owner.query(`alter table ${name} disable trigger user`)
  await owner.query(`
    delete from archive.object where tree_size > ${treeSize};
    delete from archive.checkpoint where tree_size > ${treeSize};
    delete from archive.seal where tree_size > ${treeSize};
    delete from archive.integration where tree_size > ${treeSize};
    delete from archive.search where record_id in (select record_id from archive.leaf where log_index >= ${treeSize});
    delete from archive.archive_body where id in (select record_id from archive.leaf where log_index >= ${treeSize});
    delete from archive.archive_record where id in (select record_id from archive.leaf where log_index >= ${treeSize});
    delete from archive.leaf where log_index >= ${treeSize};
    delete from archive.tile;
    delete from archive.stream_head`)
  for (const { name } of tables.rows) await owner.query(`alter table ${name} enable trigger user`)
}

function openOwnerDatabase(archive: TestArchive): Db {
  return openDatabase(openPool(archive.database.ownerUrl, { warn: () => {} }, 1))
}

test('A database restored from an old backup is refused until the bucket has filled the gap; then sealing goes on', async (t) => {
  const archive = await openArchive(t)
  for (let count = 0; count < 4; count++) {
    await archive.append({ type: 'post.submitted', streams: { network: 'sandbox' } })
    await sealOnce(archive)
  }
  await rollBack(archive, 2)
  const started = archive.restart()
  await started.append({ type: 'post.submitted', streams: { network: 'sandbox' } })
  const refused = await sealOnce(started)
  assert.equal(refused.refusal?.kind, 'bucket_ahead')
  assert.match(refused.refusal.sentence, /holds a checkpoint of 4 entries, the database knows only 2/)
  assert.equal(refused.integrated, 0)
  const owner = openOwnerDatabase(archive)
  assert.equal((await rebuildArchive(owner, archive.objectStore, archive.checkpointSigner)).imported, 2)
  await owner.destroy()
  const after = await sealOnce(started)
  assert.equal(after.state, 'sealed')
  // The record that was waiting, and the incident.
  assert.equal(after.integrated, 2)
})

test('A bucket that lost its newest checkpoint, or is another bucket, is refused', async (t) => {
  const archive = await openArchive(t, { tampers: true })
  await archive.append({ type: 'post.submitted' })
  await sealOnce(archive)
  const empty = await mkdtemp(join(tmpdir(), 'empty-bucket-'))
  t.after(() => rm(empty, { recursive: true, force: true }))
  const other = archive.restart({
    objectStore: await openDirectoryObjectStore({ directory: empty, clock: archive.clock }),
  })
  assert.equal((await sealOnce(other)).refusal?.kind, 'bucket_behind')
})
