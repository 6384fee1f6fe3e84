import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { sql } from 'kysely'
import { indexRecords } from '#server/archive/index-records.ts'
import { makeProof } from '#server/archive/make-proof.ts'
import { readPostTimeline, readRecord } from '#server/archive/read-record.ts'
import { rebuildSearch } from '#server/archive/rebuild-archive.ts'
import { searchRecords, type SearchPage } from '#server/archive/search-records.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { verifyArchive } from '#server/archive/verify-archive.ts'
import type { RecordFilter } from '#server/archive/queries.ts'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'
import { rebuildElsewhere } from '#test/support/rebuild-elsewhere.ts'

const firm = '019a0000-0000-7000-8000-0000000000f1'
const paris = '019a0000-0000-7000-8000-0000000000f2'
const london = '019a0000-0000-7000-8000-0000000000f3'
const desk = '019a0000-0000-7000-8000-0000000000f4'
const author = '019a0000-0000-7000-8000-0000000000a1'
const post = '019a0000-0000-7000-8000-0000000000b1'

function auditorOf(unitId: string, userId = '019a0000-0000-7000-8000-0000000000a9'): Actor {
  return {
    kind: 'user',
    userId,
    displayName: 'Ruth',
    unitId,
    unitPath: [firm, unitId],
    grants: [{ role: 'auditor', unitId }],
  }
}

async function openFirm(t: TestContext, options: { tampers?: boolean } = {}): Promise<TestArchive> {
  const archive = await openArchive(t, options)
  await sql`insert into unit (id, parent_id, name, slug, path, created_at) values
    (${firm}, null, 'Firm', 'firm', array[${firm}]::uuid[], now()),
    (${paris}, ${firm}, 'Paris', 'paris', array[${firm}, ${paris}]::uuid[], now()),
    (${desk}, ${paris}, 'Desk', 'desk', array[${firm}, ${paris}, ${desk}]::uuid[], now()),
    (${london}, ${firm}, 'London', 'london', array[${firm}, ${london}]::uuid[], now())`.execute(archive.db)
  return archive
}

async function find(archive: TestArchive, filter: RecordFilter, actor = auditorOf(firm), page: SearchPage = {}) {
  return searchRecords(archive, actor, filter, page)
}

async function texts(archive: TestArchive, q: string): Promise<string[]> {
  const { items } = await find(archive, { q, type: 'post.submitted' })
  return items.map((item) => item.excerpt).toSorted()
}

test('A record is found from the commit of its act on, by word, stem, phrase, prefix, alternative and absence, in French and English', async (t) => {
  const archive = await openFirm(t)
  const add = (searchText: string, language?: string) =>
    archive.append({ type: 'post.submitted', streams: { unit: paris }, searchText, language })
  const rendements = await add('Les rendements passés ne préjugent pas des rendements futurs', 'fr')
  assert.ok(rendements)
  await add('Past performance is no guide to future returns', 'en')
  await add('Our returning customers say "thank you" by e-mail', 'en')
  await add('Visitez l’agence de Rennes', undefined)
  assert.deepEqual(await texts(archive, 'rendement'), ['Les rendements passés ne préjugent pas des rendements futurs'])
  assert.deepEqual((await texts(archive, 'return')).length, 2)
  assert.deepEqual(await texts(archive, '"future returns"'), ['Past performance is no guide to future returns'])
  assert.deepEqual(await texts(archive, '"future return"'), [], 'a phrase knows no stems')
  assert.deepEqual(await texts(archive, '"returns future"'), [])
  assert.deepEqual(
    await texts(archive, '"no guide to"'),
    ['Past performance is no guide to future returns'],
    'a phrase keeps its small words',
  )
  assert.deepEqual((await texts(archive, 'rendement OR performance')).length, 2)
  assert.deepEqual((await texts(archive, 'return -customers')).length, 1)
  assert.deepEqual((await texts(archive, 'return -"thank you"')).length, 1)
  assert.deepEqual(await texts(archive, 'return -return'), [])
  assert.deepEqual((await texts(archive, 're*')).length, 4)
  assert.deepEqual(await texts(archive, 'agen*'), ['Visitez l’agence de Rennes'])
  assert.deepEqual((await texts(archive, 'performance OR customers future')).length, 1, 'OR binds its neighbours')
  assert.deepEqual(await texts(archive, 'e-mail'), ['Our returning customers say "thank you" by e-mail'])
  assert.deepEqual(await texts(archive, '!!!'), [])
  assert.deepEqual(await texts(archive, `'); drop table x --`), [])
  assert.deepEqual(await texts(archive, "l'agence & | ! :* <->"), ['Visitez l’agence de Rennes'])
  await add('«\u00a0ÉPARGNE…\u00a0» 3\u202f% 🎉Bravo—voilà', 'fr')
  for (const q of ['épargne', 'bravo', 'voilà', '"bravo voilà"', 'Épargnes'])
    assert.equal((await texts(archive, q)).length, 1, q)
})

test('Filters, half-open ranges, facets and totals agree with one another, and pages neither skip nor repeat', async (t) => {
  const archive = await openFirm(t)
  const times: string[] = []
  for (let count = 0; count < 25; count++) {
    times.push(archive.clock.now())
    await archive.append({
      type: count % 5 === 0 ? 'post.blocked' : 'post.submitted',
      streams: { unit: paris, author, network: count % 2 === 0 ? 'sandbox' : 'bluesky' },
      verdict: count % 5 === 0 ? 'block' : 'pass',
    })
    // Every second record shares its millisecond with the one before: the id decides.
    if (count % 2 === 1) archive.clock.advance(1)
  }
  const all = await find(archive, { author })
  assert.equal(all.total, 25)
  assert.equal(all.totalIsEstimate, false)
  assert.deepEqual(all.facets, {
    type: { 'post.blocked': 5, 'post.submitted': 20 },
    network: { sandbox: 13, bluesky: 12 },
    verdict: { block: 5, pass: 20 },
  })
  assert.equal((await find(archive, { author, from: times[4]!, to: times[10]! })).total, 6)
  assert.equal((await find(archive, { author, type: 'post.blocked,post.drafted' })).total, 5)
  assert.equal((await find(archive, { author, network: 'bluesky', verdict: 'block' })).total, 2)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await find(archive, { author }, auditorOf(firm), { limit: 4, cursor })
    seen.push(...page.items.map((item) => item.recordId))
    cursor = page.nextCursor ?? undefined
    await archive.append({ type: 'post.submitted', streams: { unit: paris, author } })
  } while (cursor !== undefined)
  assert.deepEqual(new Set(seen).size, seen.length)
  assert.deepEqual(seen.filter((id) => all.items.some((item) => item.recordId === id)).length, 25)
})

test('An auditor of one unit cannot see another unit by list, count, id, proof or timeline; records of no unit are for the firm', async (t) => {
  const archive = await openFirm(t)
  const inLondon = await archive.append({
    type: 'post.submitted',
    streams: { unit: london, post },
    searchText: 'secret of London',
  })
  const atDesk = await archive.append({
    type: 'post.submitted',
    streams: { unit: desk },
    searchText: 'secret of the desk',
  })
  const nowhere = await archive.append({ type: 'session.refused', searchText: 'secret of nobody' })
  await sealOnce(archive)
  const ofParis = auditorOf(paris)
  const list = await find(archive, { q: 'secret' }, ofParis)
  assert.deepEqual(
    list.items.map((item) => item.recordId),
    [atDesk],
  )
  assert.equal(list.total, 1)
  assert.deepEqual(list.facets.type, { 'post.submitted': 1 })
  assert.equal((await find(archive, { unit: london }, ofParis)).total, 0)
  assert.equal((await find(archive, { post }, ofParis)).total, 0)
  for (const hidden of [inLondon, nowhere]) {
    await assert.rejects(readRecord(archive, ofParis, hidden), { code: 'not_found' })
    await assert.rejects(makeProof(archive, ofParis, hidden), { code: 'not_found' })
  }
  await assert.rejects(readPostTimeline(archive, ofParis, post), { code: 'not_found' })
  assert.equal((await readRecord(archive, ofParis, atDesk)).recordId, atDesk)
  const ofFirm = auditorOf(firm)
  assert.equal((await find(archive, { q: 'secret', type: 'post.submitted,session.refused' }, ofFirm)).total, 3)
  assert.equal((await readPostTimeline(archive, ofFirm, post)).entries.length, 1)
  const nobody: Actor = { ...ofParis, grants: [] }
  assert.equal((await find(archive, {}, nobody)).total, 0)
})

test('Records archived are records findable, at once and through every stage of their sealing', async (t) => {
  const archive = await openFirm(t)
  const count = async () => {
    const { rows } = await sql<{ records: number; findable: number }>`
      select (select count(*) from archive.archive_record) as records, (select count(*) from archive.findable) as findable`.execute(
      archive.db,
    )
    assert.equal(rows[0]!.findable, rows[0]!.records)
    return rows[0]!.records
  }
  for (let round = 0; round < 3; round++) {
    await archive.append({ type: 'post.submitted', streams: { unit: paris }, searchText: `dividend number ${round}` })
    assert.equal((await find(archive, { q: 'dividends', type: 'post.submitted' })).total, round + 1)
    await count()
    await sealOnce(archive)
    assert.equal((await find(archive, { q: 'dividends', type: 'post.submitted' })).total, round + 1)
    await count()
  }
  assert.equal(await count(), 9)
})

test('What is sealed and not indexed yet is found as well, once, and verification misses nothing', async (t) => {
  const archive = await openFirm(t)
  const wanted = { q: 'dividends', type: 'post.submitted' }
  const add = (round: number) =>
    archive.append({ type: 'post.submitted', streams: { unit: paris }, searchText: `dividend number ${round}` })
  await add(0)
  await sealOnce(archive)
  for (let round = 1; round < 4; round++) {
    await add(round)
    assert.equal((await sealOnce(archive, { index: false })).state, 'sealed')
    const { rows } = await sql<{ records: number; findable: number; indexed: number }>`
      select (select count(*) from archive.archive_record) as records, (select count(*) from archive.findable) as findable,
        (select count(*) from archive.search) as indexed`.execute(archive.db)
    assert.equal(rows[0]!.findable, rows[0]!.records)
    assert.equal(rows[0]!.indexed, 1)
    assert.deepEqual((await verifyArchive(archive, { scope: 'full' })).problems, [])
  }
  assert.equal((await find(archive, wanted)).total, 4)
  await Promise.all([indexRecords(archive.db), indexRecords(archive.db), sealOnce(archive)])
  assert.equal((await find(archive, wanted)).total, 4)
  assert.deepEqual((await verifyArchive(archive, { scope: 'full' })).problems, [])
})

test('A search says which of its parts it looked nothing up for', async (t) => {
  const archive = await openFirm(t)
  await archive.append({ type: 'post.submitted', streams: { unit: paris, post }, searchText: 'dividend' })
  const ignored = async (q: string) => {
    const { items, ignored: parts } = await find(archive, { q }, auditorOf(paris))
    return [items.filter(({ type }) => type === 'post.submitted').length, ...parts]
  }
  assert.deepEqual(await ignored('-'), [0, '-'])
  assert.deepEqual(await ignored('"'), [0, '"'])
  assert.deepEqual(await ignored('dividend – "…" OR *'), [1, '–', '"…"', '*'])
  assert.deepEqual(await ignored('dividend -absent'), [1])
})

test('Every search and every view is itself a record, with what was asked', async (t) => {
  const archive = await openFirm(t)
  const id = await archive.append({ type: 'post.submitted', streams: { unit: paris, post } })
  const ruth = auditorOf(paris)
  await find(archive, { q: 'dividend', network: 'sandbox' }, ruth)
  await readRecord(archive, ruth, id)
  await readPostTimeline(archive, ruth, post)
  const searched = (await find(archive, { type: 'archive.searched' }, ruth)).items
  const body = JSON.parse((await readRecord(archive, ruth, searched[0]!.recordId)).body!) as { content: object }
  assert.deepEqual(body.content, { filter: { q: 'dividend', network: 'sandbox' }, total: 0, totalIsEstimate: false })
  const viewed = (await find(archive, { type: 'archive.viewed' }, ruth)).items
  assert.equal(viewed.length, 3)
})

test('The index is rebuilt from the archive alone: the same searches give the same answers (SEC-5)', async (t) => {
  // The old database is left behind by the new one: the test verifies the new one itself.
  const archive = await openFirm(t, { tampers: true })
  for (let count = 0; count < 30; count++) {
    await archive.append({
      type: 'post.submitted',
      streams: { unit: paris, post, author, network: 'sandbox' },
      verdict: 'pass',
      language: count % 2 === 0 ? 'fr' : undefined,
      searchText: `Le rendement numéro ${count} of our funds`,
    })
    archive.clock.advance(1)
  }
  await sealOnce(archive, { force: true })
  const filters: RecordFilter[] = [
    { q: 'rendements' },
    { q: '"numéro 7"' },
    { q: 'fund' },
    { author },
    { post, verdict: 'pass' },
    { network: 'sandbox', q: 'num*' },
  ]
  const ask = (target: TestArchive) =>
    Promise.all(filters.map(async (filter) => (await find(target, { ...filter, type: 'post.submitted' })).items))
  const before = await ask(archive)
  assert.ok(before.every((items) => items.length > 0))
  assert.equal(await rebuildSearch(archive.db), 30)
  assert.deepEqual(await ask(archive), before)
  // The whole database is gone: a new one learns everything from the bucket.
  const { db, rebuilt } = await rebuildElsewhere(t, archive)
  assert.deepEqual(rebuilt, { treeSize: 30, imported: 30, searchable: 30, bodiless: { count: 0, first: [] } })
  await sql`insert into unit (id, parent_id, name, slug, path, created_at) values
    (${firm}, null, 'Firm', 'firm', array[${firm}]::uuid[], now())`.execute(db)
  assert.deepEqual(await ask({ ...archive, db }), before)
  assert.equal((await sealOnce({ ...archive, db }, { force: true })).state, 'sealed')
  assert.deepEqual((await verifyArchive({ ...archive, db }, { scope: 'full' })).problems, [])
})

test('What somebody did is found by who did it, whoever’s post it is about', async (t) => {
  const archive = await openFirm(t)
  const tom: Actor = { ...systemActor, kind: 'user', userId: crypto.randomUUID(), displayName: 'Tom' }
  const decided = await archive.append({ type: 'review.decided', streams: { unit: paris, author } }, tom)
  await archive.append({ type: 'post.submitted', streams: { unit: paris, author: tom.userId } })
  assert.deepEqual(
    (await find(archive, { actor: tom.userId })).items.map((item) => item.recordId),
    [decided],
  )
  assert.equal((await find(archive, { actor: tom.userId, author })).total, 1)
  assert.equal((await find(archive, { actor: tom.userId, type: 'post.submitted' })).total, 0)
})

test('The actor and the author of a record are shown by name; the gateway itself is called so', async (t) => {
  const archive = await openFirm(t)
  await archive.append({ type: 'post.submitted', streams: { unit: paris } }, systemActor)
  const { items } = await find(archive, { type: 'post.submitted' })
  assert.deepEqual(items[0]!.actor, { userId: systemActor.userId, displayName: 'Containment gateway' })
  assert.equal(items[0]!.author, null)
})
