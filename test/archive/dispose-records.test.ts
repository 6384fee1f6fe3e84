import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { sql } from 'kysely'
import { answerErasure } from '#server/archive/answer-erasure.ts'
import { disposeRecords } from '#server/archive/dispose-records.ts'
import { placeHold } from '#server/archive/place-hold.ts'
import { makeProof } from '#server/archive/make-proof.ts'
import { readRecord } from '#server/archive/read-record.ts'
import { releaseHold } from '#server/archive/release-hold.ts'
import { extendRetention, readRetention } from '#server/archive/retention.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { searchRecords } from '#server/archive/search-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import { ObjectStoreError } from '#server/platform/object-store.ts'
import type { Actor } from '#server/platform/actor.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'
import { rebuildElsewhere } from '#test/support/rebuild-elsewhere.ts'

const firm = '019a0000-0000-7000-8000-0000000000f1'
const paris = '019a0000-0000-7000-8000-0000000000f2'
const author = '019a0000-0000-7000-8000-0000000000a1'

function officer(userId: string, unitId = firm): Actor {
  return {
    kind: 'user',
    userId,
    displayName: 'Records',
    unitId,
    unitPath: [firm],
    grants: [{ role: 'records_officer', unitId }],
  }
}
const ruth = officer('019a0000-0000-7000-8000-0000000000a8')
const tom = officer('019a0000-0000-7000-8000-0000000000a9')

/** Two sealed records of January 2015: one of a broker-dealer (3 years), one for good. */
async function openOld(t: TestContext): Promise<TestArchive & { old: string; permanent: string }> {
  const archive = await openArchive(t)
  await sql`insert into unit (id, parent_id, name, slug, path, created_at) values
    (${firm}, null, 'Firm', 'firm', array[${firm}]::uuid[], now()), (${paris}, ${firm}, 'Paris', 'paris', array[${firm}, ${paris}]::uuid[], now())`.execute(
    archive.db,
  )
  await sql`select archive.make_partitions('2015-01-01', 1)`.execute(archive.db)
  archive.clock.set('2015-01-10T09:00:00.000Z')
  const draft = {
    type: 'post.submitted',
    streams: { author, unit: paris },
    searchText: 'guaranteed dividend',
    body: { text: 'guaranteed dividend' },
  } as const
  const old = await archive.append({ ...draft, retentionClass: 'us-bd-3y' })
  const permanent = await archive.append({ ...draft, retentionClass: 'permanent' })
  await sealOnce(archive, { force: true })
  return { ...archive, old, permanent }
}

test('Content is destroyed everywhere when its retention ended: certificate first, header and proof stay, the rest is untouched (GDPR-2, GDPR-4)', async (t) => {
  const archive = await openOld(t)
  archive.clock.set('2018-01-31T23:59:59.999Z')
  assert.deepEqual(await disposeRecords(archive), { disposed: [], kept: [], objects: 0 })
  archive.clock.set('2018-02-01T00:00:00.000Z')
  assert.deepEqual(await disposeRecords(archive), { disposed: ['2018-02'], kept: [], objects: 1 })
  assert.deepEqual(await disposeRecords(archive), { disposed: [], kept: [], objects: 0 })
  const gone = await readRecord(archive, ruth, archive.old)
  assert.deepEqual(
    { body: gone.body, salt: gone.salt, excerpt: gone.excerpt, disposed: gone.disposed },
    {
      body: null,
      salt: null,
      excerpt: '',
      disposed: { at: '2018-02-01T00:00:00.000Z', reason: 'Retention ended: us-bd-3y' },
    },
  )
  assert.equal((await makeProof(archive, ruth, archive.old)).logIndex, 0)
  assert.match((await readRecord(archive, ruth, archive.permanent)).body ?? '', /guaranteed dividend/)
  const found = await searchRecords(archive, ruth, { q: 'dividend', type: 'post.submitted' }, {})
  assert.deepEqual(
    found.items.map((item) => item.recordId),
    [archive.permanent],
  )
  const files: string[] = []
  for await (const { key } of archive.objectStore.list('bodies/')) files.push(key.split('/').slice(0, 3).join('/'))
  assert.deepEqual(files, ['bodies/permanent/9999-12'])
  const certificate = await searchRecords(archive, ruth, { type: 'record.disposed' }, {})
  assert.equal(certificate.items.length, 1)
  const [disposition] = (await readRetention(archive.db)).dispositions
  assert.deepEqual(
    { month: disposition?.month, bodies: disposition?.bodies, certificateId: disposition?.certificateId },
    { month: '2018-02', bodies: 1, certificateId: certificate.items[0]!.recordId },
  )
  await sealOnce(archive, { force: true })
})

test('A legal hold keeps what it finds until two people release it', async (t) => {
  const archive = await openOld(t)
  const hold = await placeHold(archive, ruth, {
    name: 'Matter 7',
    reason: 'Letter of the regulator',
    scope: { q: 'dividends' },
  })
  archive.clock.set('2019-01-01T00:00:00.000Z')
  assert.deepEqual((await disposeRecords(archive)).kept, [
    { month: '2018-02', because: 'the legal hold "Matter 7" covers some of its records' },
  ])
  assert.equal((await releaseHold(archive, ruth, hold.holdId, 'Closed')).status, 'release_requested')
  archive.clock.advance(1)
  await assert.rejects(releaseHold(archive, ruth, hold.holdId, 'Closed'), { code: 'second_person_required' })
  assert.deepEqual((await disposeRecords(archive)).disposed, [])
  assert.equal((await releaseHold(archive, tom, hold.holdId, 'Closed')).status, 'released')
  await assert.rejects(releaseHold(archive, tom, hold.holdId, 'Closed'), { code: 'wrong_status' })
  assert.deepEqual((await disposeRecords(archive)).disposed, ['2018-02'])
  const records = await searchRecords(archive, ruth, { type: 'hold.placed,hold.release_requested,hold.released' }, {})
  assert.deepEqual(
    records.items.map((item) => item.type),
    ['hold.released', 'hold.release_requested', 'hold.placed'],
  )
})

test('A hold is kept by the database itself: not deleted, not narrowed, not released by one, not reopened', async (t) => {
  const archive = await openOld(t)
  const { holdId } = await placeHold(archive, ruth, { name: 'Matter 8', reason: 'Claim', scope: { author } })
  await assert.rejects(sql`delete from archive.hold`.execute(archive.db), { code: '42501' })
  await assert.rejects(sql`update archive.hold set scope = '{}'`.execute(archive.db), { code: '42501' })
  await assert.rejects(
    sql`update archive.hold set released_by = ${ruth.userId}, released_at = now()`.execute(archive.db),
    { code: '23514' },
  )
  await assert.rejects(
    sql`update archive.hold set release_requested_by = ${ruth.userId}, released_by = ${ruth.userId}, released_at = now()`.execute(
      archive.db,
    ),
    { code: '23514' },
  )
  const owner = await archive.openOwner()
  await assert.rejects(owner.query(`update archive.hold set name = 'Other' where id = '${holdId}'`), { code: '42501' })
  await assert.rejects(owner.query('delete from archive.hold'), { code: '42501' })
  await assert.rejects(
    owner.query(
      "insert into archive.disposition values ('2018-02-01', now(), 1, gen_random_uuid(), '') returning (select archive.dispose_bodies('2099-01-01', gen_random_uuid(), '', now()))",
    ),
    { code: '23514' },
  )
})

test('A records officer of one unit holds records of that unit only', async (t) => {
  const archive = await openOld(t)
  const ofParis = officer(ruth.userId, paris)
  await assert.rejects(placeHold(archive, ofParis, { name: 'All', reason: 'x', scope: {} }), { code: 'forbidden' })
  await assert.rejects(placeHold(archive, ofParis, { name: 'Firm', reason: 'x', scope: { unit: firm } }), {
    code: 'forbidden',
  })
  assert.equal(
    (await placeHold(archive, ofParis, { name: 'Paris', reason: 'x', scope: { unit: paris } })).status,
    'placed',
  )
})

test('Retention is lengthened, never shortened, and what is longer is waited for (SEC-11)', async (t) => {
  const archive = await openOld(t)
  await assert.rejects(extendRetention(archive, ruth, 'us-bd-3y', 2, 'x'), { code: 'retention_shortened' })
  await assert.rejects(extendRetention(archive, ruth, 'us-bd-3y', 3, 'x'), { code: 'retention_shortened' })
  await assert.rejects(extendRetention(archive, ruth, 'permanent', 50, 'x'), { code: 'retention_shortened' })
  await assert.rejects(extendRetention(archive, officer(ruth.userId, paris), 'us-bd-3y', 9, 'x'), { code: 'forbidden' })
  await assert.rejects(sql`update archive.retention_class set years = 1 where name = 'us-bd-3y'`.execute(archive.db), {
    code: '23514',
  })
  assert.equal((await extendRetention(archive, ruth, 'us-bd-3y', 4, 'New rule')).years, 4)
  archive.clock.set('2018-06-01T00:00:00.000Z')
  assert.deepEqual((await disposeRecords(archive)).kept, [
    { month: '2018-02', because: 'a longer retention holds for some of its records' },
  ])
  archive.clock.set('2019-02-01T00:00:00.000Z')
  assert.deepEqual((await disposeRecords(archive)).disposed, ['2018-02'])
})

test('The process dies between database and bucket: the next run destroys the file, and a locked file is never destroyed', async (t) => {
  const archive = await openOld(t)
  archive.clock.set('2018-03-01T00:00:00.000Z')
  const broken = { ...archive.objectStore, head: archive.objectStore.head.bind(archive.objectStore), destroy: async () => { throw new ObjectStoreError('away', { retryable: true }) } } // prettier-ignore
  await assert.rejects(disposeRecords({ ...archive, objectStore: broken }), ObjectStoreError)
  assert.equal((await disposeRecords(archive)).objects, 1)
})

test('What is not sealed yet keeps its month: nothing is destroyed that the log does not prove', async (t) => {
  const archive = await openOld(t)
  await archive.append({ retentionClass: 'us-bd-3y' })
  archive.clock.set('2018-03-01T00:00:00.000Z')
  assert.deepEqual((await disposeRecords(archive)).kept, [
    { month: '2018-02', because: 'some of its records are not sealed yet' },
  ])
  await sealOnce(archive, { force: true })
  assert.deepEqual((await disposeRecords(archive)).disposed, ['2018-02'])
})

test('An erasure request is answered record by record: refused with basis and day, held, or erased (GDPR-1, GDPR-3)', async (t) => {
  const archive = await openOld(t)
  await assert.rejects(answerErasure(archive, ruth, {}, 'x'), { code: 'invalid_request' })
  const first = await answerErasure(archive, ruth, { author, type: 'post.submitted' }, 'Letter of 3 May')
  assert.deepEqual(
    first.groups.map(({ outcome, retentionClass, until, held, recordIds }) => ({
      outcome,
      retentionClass,
      until,
      held,
      recordIds,
    })),
    [
      { outcome: 'refused', retentionClass: 'us-bd-3y', until: '2018-02-01', held: false, recordIds: [archive.old] },
      { outcome: 'refused', retentionClass: 'permanent', until: null, held: false, recordIds: [archive.permanent] },
    ],
  )
  const { holdId } = await placeHold(archive, ruth, { name: 'Matter', reason: 'x', scope: { author } })
  assert.deepEqual(
    (await answerErasure(archive, ruth, { author, type: 'post.submitted' }, 'Again')).groups.map(({ held, until }) => ({
      held,
      until,
    })),
    [
      { held: true, until: null },
      { held: true, until: null },
    ],
  )
  for (const officer of [ruth, tom]) await releaseHold(archive, officer, holdId, 'Closed')
  archive.clock.set('2018-03-01T00:00:00.000Z')
  await disposeRecords(archive)
  // What is gone is gone, whatever is held since.
  await placeHold(archive, ruth, { name: 'Too late', reason: 'x', scope: { author } })
  assert.deepEqual(
    (await answerErasure(archive, ruth, { author, type: 'post.submitted' }, 'At last')).groups.map(
      ({ outcome, held, until, recordIds }) => ({ outcome, held, until, recordIds }),
    ),
    [
      { outcome: 'erased', held: false, until: '2018-02-01', recordIds: [archive.old] },
      { outcome: 'refused', held: true, until: null, recordIds: [archive.permanent] },
    ],
  )
  const ofFirmAlone = await archive.append({ type: 'post.submitted', streams: { author } })
  const ofParis = await answerErasure(archive, officer(ruth.userId, paris), { author, type: 'post.submitted' }, 'x')
  assert.deepEqual(
    [ofParis.total, ofParis.groups.flatMap(({ recordIds }) => recordIds).includes(ofFirmAlone)],
    [2, false],
  )
})

test('A database rebuilt from the bucket knows what was destroyed, and still verifies', async (t) => {
  const archive = await openOld(t)
  archive.clock.set('2018-02-01T00:00:00.000Z')
  await disposeRecords(archive)
  await sealOnce(archive, { force: true })
  const { db } = await rebuildElsewhere(t, archive)
  assert.deepEqual((await verifyArchive({ ...archive, db }, { scope: 'full' })).problems, [])
})

test('Each retention class says how many records it holds, with no statistics gathered yet', async (t) => {
  const archive = await openOld(t)
  const { classes } = await readRetention(archive.db)
  const records = Object.fromEntries(classes.map((one) => [one.name, one.records]))
  assert.equal(Number(records['us-bd-3y']), 1)
  assert.equal(Number(records['permanent']), 1)
  assert.equal(Number(records['pharma']), 0)
})
