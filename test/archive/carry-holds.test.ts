import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { carryHolds } from '#server/archive/carry-holds.ts'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { lengthenLocks } from '#server/archive/lengthen-locks.ts'
import { placeHold } from '#server/archive/place-hold.ts'
import { releaseHold } from '#server/archive/release-hold.ts'
import { extendRetention } from '#server/archive/retention.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import type { Actor } from '#server/platform/actor.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { waveringStore } from '#test/support/faulty-store.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'
import { rebuildElsewhere } from '#test/support/rebuild-elsewhere.ts'

const log = pino({ level: 'silent' })
const firm = '019a0000-0000-7000-8000-0000000000f1'
const author = '019a0000-0000-7000-8000-0000000000a1'
const other = '019a0000-0000-7000-8000-0000000000a2'

function officer(userId: string): Actor {
  const grants = [{ role: 'records_officer' as const, unitId: firm }]
  return { kind: 'user', userId, displayName: 'Records', unitId: firm, unitPath: [firm], grants }
}
const ruth = officer('019a0000-0000-7000-8000-0000000000a8')
const tom = officer('019a0000-0000-7000-8000-0000000000a9')

/** Two seals of January 2015, one author each, to be kept three years. */
async function openOld(t: TestContext, options: { tampers?: boolean } = {}): Promise<TestArchive> {
  const archive = await openArchive(t, options)
  await sql`insert into unit (id, parent_id, name, slug, path, created_at)
    values (${firm}, null, 'Firm', 'firm', array[${firm}]::uuid[], now())`.execute(archive.db)
  await sql`select archive.make_partitions('2015-01-01', 1)`.execute(archive.db)
  archive.clock.set('2015-01-10T09:00:00.000Z')
  for (const streams of [{ author }, { author: other }]) {
    await archive.append({ type: 'post.submitted', streams, retentionClass: 'us-bd-3y', body: { text: 'dividend' } })
    await sealOnce(archive, { force: true })
  }
  return archive
}

const bodies = (size: number) => `bodies/us-bd-3y/2018-02/${String(size).padStart(12, '0')}.jsonl.zst`
const headOf = async (store: ObjectStore, key: string) => (await store.head(key))!
/** The bucket's own word on whether an object may go: its lock is over in all these tests. */
async function isHeld(archive: TestArchive, key: string): Promise<boolean> {
  const { versionId } = await headOf(archive.objectStore, key)
  try {
    await archive.objectStore.destroy(key, versionId)
    return false
  } catch (error) {
    assert.ok(error instanceof ObjectStoreError && /legal hold/.test(error.message), String(error))
    return true
  }
}

test('A legal hold is on the files of the bucket that it covers, on those that come later too, and goes with the last hold', async (t) => {
  const archive = await openOld(t, { tampers: true })
  const deps = { ...archive, log }
  const first = await placeHold(archive, ruth, { name: 'Matter 1', reason: 'x', scope: { author } })
  const second = await placeHold(archive, ruth, { name: 'Matter 2', reason: 'x', scope: { author } })
  await carryHolds(deps)
  await archive.append({ type: 'post.submitted', streams: { author }, retentionClass: 'us-bd-3y' })
  const { sealedSize } = await sealOnce(archive, { force: true })
  await carryHolds(deps)
  archive.clock.set('2018-03-01T00:00:00.000Z')
  assert.equal(await isHeld(archive, bodies(1)), true)
  assert.equal(await isHeld(archive, bodies(sealedSize)), true, 'what was sealed after the hold')
  assert.equal(await isHeld(archive, bodies(2)), false, 'a file without a covered record')

  for (const officer of [ruth, tom]) await releaseHold(archive, officer, first.holdId, 'Settled')
  await carryHolds(deps)
  assert.equal(await isHeld(archive, bodies(1)), true, 'the other hold is still in force')
  await releaseHold(archive, ruth, second.holdId, 'Settled')
  await carryHolds(deps)
  assert.equal(await isHeld(archive, bodies(1)), true, 'one person does not release')
  await releaseHold(archive, tom, second.holdId, 'Settled')
  await carryHolds(deps)
  assert.equal(await isHeld(archive, bodies(1)), false)
  const { rows } = await sql<{
    open: number
  }>`select count(*) filter (where lifted_at is null)::int as open from archive.object_hold`.execute(archive.db)
  assert.equal(rows[0]?.open, 0)
})

test('A stop is not kept waiting by holds on many files, and the next process carries them all', async (t) => {
  const archive = await openOld(t)
  await placeHold(archive, ruth, { name: 'Matter 1', reason: 'x', scope: { author } })
  await placeHold(archive, ruth, { name: 'Matter 2', reason: 'x', scope: {} })
  const stopping = new AbortController()
  let calls = 0
  const objectStore: ObjectStore = {
    ...archive.objectStore,
    head: (key) => archive.objectStore.head(key),
    setLegalHold: async (...words) => {
      calls += 1
      await archive.objectStore.setLegalHold(...words)
      stopping.abort()
    },
  }
  await carryHolds({ ...archive, log, objectStore }, stopping.signal)
  assert.equal(calls, 1)
  await carryHolds({ ...archive, log })
  archive.clock.set('2018-03-01T00:00:00.000Z')
  for (const key of [bodies(1), bodies(2)]) assert.equal(await isHeld(archive, key), true, key)
})

test('A hold that is lifted by hand in the bucket is placed again within a day', async (t) => {
  const archive = await openOld(t)
  const deps = { ...archive, log }
  await placeHold(archive, ruth, { name: 'Matter', reason: 'x', scope: { author } })
  await carryHolds(deps)
  const { key, versionId } = await headOf(archive.objectStore, bodies(1))
  await archive.objectStore.setLegalHold(key, versionId, false)
  archive.clock.advance(25 * 3_600_000)
  await carryHolds(deps)
  archive.clock.set('2018-03-01T00:00:00.000Z')
  assert.equal(await isHeld(archive, key), true)
  // And no later for a clock that was ahead when it was carried last, and was set back.
  await carryHolds(deps)
  await archive.objectStore.setLegalHold(key, versionId, false)
  archive.clock.advance(-25 * 3_600_000)
  await carryHolds(deps)
  assert.equal(await isHeld(archive, key), true)
})

test('A content that was destroyed in the database stays in the bucket while a hold placed later covers it', async (t) => {
  const archive = await openOld(t)
  const deps = { ...archive, log }
  archive.clock.set('2018-03-01T00:00:00.000Z')
  // The bucket is away when the month goes, so that its files are still there.
  let isAway = true
  const objectStore = waveringStore(archive.objectStore, () => isAway)
  await assert.rejects(disposeRecords({ ...archive, objectStore }), ObjectStoreError)
  isAway = false
  const hold = await placeHold(archive, ruth, { name: 'Matter', reason: 'x', scope: { author } })
  await sealOnce(archive, { force: true })
  await carryHolds(deps)
  assert.equal((await disposeRecords(archive)).objects, 1, 'only the file of the other author goes')
  assert.ok(await archive.objectStore.head(bodies(1)))
  for (const officer of [ruth, tom]) await releaseHold(archive, officer, hold.holdId, 'Settled')
  await carryHolds(deps)
  assert.equal((await disposeRecords(archive)).objects, 1)
  assert.equal(await archive.objectStore.head(bodies(1)), undefined)
  // A hold over what is gone holds what there is.
  await placeHold(archive, ruth, { name: 'Everything', reason: 'x', scope: {} })
  await archive.append({ type: 'post.submitted', streams: { author }, retentionClass: 'us-bd-3y' })
  const { sealedSize } = await sealOnce(archive, { force: true })
  await carryHolds(deps)
  archive.clock.set('2021-05-01T00:00:00.000Z')
  assert.equal(await isHeld(archive, `bodies/us-bd-3y/2021-04/${String(sealedSize).padStart(12, '0')}.jsonl.zst`), true)
})

test('The bucket fails at call n while holds are carried, for every n: the next run places and lifts everything', async (t) => {
  const archive = await openOld(t)
  const hold = await placeHold(archive, ruth, { name: 'Matter', reason: 'x', scope: {} })
  for (let n = 0; n < 4; n += 1) {
    let calls = 0
    await carryHolds({ ...archive, log, objectStore: waveringStore(archive.objectStore, () => calls++ >= n) })
  }
  await carryHolds({ ...archive, log })
  for (const officer of [ruth, tom]) await releaseHold(archive, officer, hold.holdId, 'Settled')
  for (let n = 0; n < 4; n += 1) {
    let calls = 0
    await carryHolds({ ...archive, log, objectStore: waveringStore(archive.objectStore, () => calls++ >= n) })
  }
  await carryHolds({ ...archive, log })
  await sealOnce(archive, { force: true })
  archive.clock.set('2018-03-01T00:00:00.000Z')
  assert.equal((await disposeRecords(archive)).objects, 2)
})

test('A lengthened class lengthens the locks of what is stored already, once; other classes and months keep theirs (MIF-2)', async (t) => {
  const archive = await openOld(t)
  await archive.append({ retentionClass: 'mifid-7y' })
  await archive.append({ retentionClass: 'us-bd-3y', type: 'post.revised' })
  assert.equal(await lengthenLocks(archive), 0)
  await extendRetention(archive, ruth, 'us-bd-3y', 5, 'The authority asked')
  // One record of the old term is not sealed yet: its file comes later, and is lengthened by a later run.
  assert.equal(await lengthenLocks(archive), 2)
  const { sealedSize } = await sealOnce(archive, { force: true })
  assert.equal(await lengthenLocks(archive), 1)
  assert.equal(await lengthenLocks(archive), 0)
  for (const size of [1, 2, sealedSize])
    assert.equal((await headOf(archive.objectStore, bodies(size))).retainUntil, '2020-02-01T00:00:00.000Z')
  const untouched = `bodies/mifid-7y/2022-02/${String(sealedSize).padStart(12, '0')}.jsonl.zst`
  assert.equal((await headOf(archive.objectStore, untouched)).retainUntil, '2022-02-01T00:00:00.000Z')
  // Lengthened once more, and nothing goes before the new end.
  await extendRetention(archive, ruth, 'us-bd-3y', 6, 'And again')
  assert.equal(await lengthenLocks(archive), 3)
  archive.clock.set('2020-06-01T00:00:00.000Z')
  assert.deepEqual((await disposeRecords(archive)).disposed, [])
  archive.clock.set('2021-03-01T00:00:00.000Z')
  const { disposed, objects } = await disposeRecords(archive)
  assert.deepEqual([disposed, objects], [['2018-02'], 3])
})

test('A class that is lengthened after a destruction does not make the destruction wrong, for the verifier and after a rebuild', async (t) => {
  const archive = await openOld(t)
  archive.clock.set('2018-03-01T00:00:00.000Z')
  assert.deepEqual((await disposeRecords(archive)).disposed, ['2018-02'])
  await sealOnce(archive, { force: true })
  archive.clock.set('2018-04-01T00:00:00.000Z')
  await extendRetention(archive, ruth, 'us-bd-3y', 6, 'New rule')
  await extendRetention(archive, ruth, 'us-bd-3y', 7, 'Newer rule')
  await sealOnce(archive, { force: true })
  assert.deepEqual((await verifyArchive(archive, { scope: 'full' })).problems, [])
  const { db } = await rebuildElsewhere(t, archive)
  assert.deepEqual((await verifyArchive({ ...archive, db }, { scope: 'full' })).problems, [])
  const { rows } = await sql<{
    years: number
  }>`select years from archive.retention_class where name = 'us-bd-3y'`.execute(db)
  assert.equal(rows[0]?.years, 7, 'the rebuilt database knows the longer term')
})

test('A destruction before the term of its time is named, whatever the class says now', async (t) => {
  const archive = await openOld(t, { tampers: true })
  archive.clock.set('2016-01-01T00:00:00.000Z')
  await extendRetention(archive, ruth, 'us-bd-3y', 6, 'New rule')
  await sealOnce(archive, { force: true })
  archive.clock.set('2018-03-01T00:00:00.000Z')
  const owner = await archive.openOwner()
  // The owner destroys a month past every check, with a certificate in the log.
  const certificate = await archive.append({
    type: 'record.disposed',
    body: { month: '2018-02', records: 2, reason: 'x' },
  })
  await owner.query(`begin; select set_config('gateway.migration', 'on', true);
    insert into archive.disposition values ('2018-02-01', '2018-03-01', 2, '${certificate}', 'x');
    drop table archive.archive_body_2018_02; commit`)
  await sealOnce(archive, { force: true })
  for (const size of [1, 2]) {
    const { key, versionId } = await headOf(archive.objectStore, bodies(size))
    await archive.objectStore.destroy(key, versionId)
  }
  const kinds = (await verifyArchive(archive, { scope: 'full' })).problems.map((found) => found.kind)
  assert.ok(kinds.includes('body_missing'), kinds.join(' '))
})
