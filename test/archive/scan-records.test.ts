import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { sql } from 'kysely'
import { whereFilter, type RecordFilter } from '#server/archive/queries.ts'
import { searchRecords, type SearchLimits } from '#server/archive/search-records.ts'
import type { Actor } from '#server/platform/actor.ts'
import type { Db } from '#server/platform/database.ts'
import { openArchive, type TestArchive } from '#test/support/open-archive.ts'

/*
 * A searchable copy of 9,000 records over six months, 300 of them before the first month that has a partition: enough for a search
 * to look, to collect and to stop. Each answer is compared with what the plain condition finds.
 */

const firm = '019a0000-0000-7000-8000-0000000000f1'
const branch = '019a0000-0000-7000-8000-0000000000f2'
const author = '019a0000-0000-7000-8000-0000000000a1'
const size = 9_000
const first = '2026-06-11T00:00:00.000Z'

const ruth: Actor = {
  kind: 'user',
  userId: '019a0000-0000-7000-8000-0000000000a9',
  displayName: 'Ruth',
  unitId: firm,
  unitPath: [firm],
  grants: [{ role: 'auditor', unitId: firm }],
}
const ofBranch: Actor = {
  ...ruth,
  unitId: branch,
  unitPath: [firm, branch],
  grants: [{ role: 'auditor', unitId: branch }],
}

const patient: SearchLimits = { pageMilliseconds: 60_000, countMilliseconds: 60_000, looks: 5, count: 100_000 }
const hurried: SearchLimits = { pageMilliseconds: 0, countMilliseconds: 0, looks: 1, count: 10_000 }

async function openFilled(t: TestContext): Promise<TestArchive> {
  // The rows have no evidence behind them: a verification would say so.
  const archive = await openArchive(t, { tampers: true })
  archive.clock.set('2026-12-20T00:00:00.000Z')
  const owner = await archive.openOwner()
  await owner.query(`insert into unit (id, parent_id, name, slug, path, created_at) values
    ('${firm}', null, 'Firm', 'firm', array['${firm}']::uuid[], now()),
    ('${branch}', '${firm}', 'Branch', 'branch', array['${firm}', '${branch}']::uuid[], now())`)
  await owner.query("select archive.make_partitions('2026-07-01', 6)")
  await owner.query(`insert into archive.search
      (recorded_at, record_id, type, actor_id, unit_id, author_id, network, verdict, retention_class, excerpt, vector)
    select '${first}'::timestamptz + make_interval(hours => (n / 4) * 2), gen_random_uuid(),
        case when n % 3 = 0 then 'post.drafted' else 'post.submitted' end, '${firm}', case when n % 50 = 0 then '${branch}' else '${firm}' end::uuid,
        case when n % 90 = 1 then '${author}'::uuid end, case when n % 2 = 0 then 'x' else 'linkedin' end,
        case when n % 400 = 7 then 'block' else 'pass' end, 'mifid-7y', words, archive.search_vector(words, 'en')
      from generate_series(0, ${size - 1}) n cross join lateral (select concat_ws(' ', 'every', 'number', 'n' || n,
        case when n % 2 = 0 then 'alpha beta' else 'beta alpha' end, case when n % 700 = 5 then 'seldom' end,
        case when n % 4 = 0 then 'early alpha gamma' end, case when n % 1100 = 13 then 'gamma early' end) as words) made`)
  await owner.query('analyze archive.search')
  return archive
}

/** Ids that the plain condition finds, the newest first. */
async function findPlainly(db: Db, filter: RecordFilter, units: 'everything' | readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.record_id as id from archive.search s where ${whereFilter(filter, units)}
      order by s.recorded_at desc, s.record_id desc`.execute(db)
  return rows.map((row) => row.id)
}

/** Records that searches leave come later. */
const to = '2026-12-19T00:00:00.000Z'
const filters: readonly RecordFilter[] = [
  { q: 'seldom' },
  { q: 'n77' },
  { q: 'every' },
  { q: 'alpha -beta' },
  { q: '-gamma -seldom' },
  { q: '"beta alpha"' },
  { q: '"gamma early"' },
  { q: '"number every"' },
  { q: '"early alpha" seldom' },
  { q: 'se* gamma' },
  { q: 'seld*' },
  { q: 'seldom OR gamma' },
  { author },
  { author, q: 'gamma' },
  { author, q: '"alpha gamma"' },
  { verdict: 'block' },
  { verdict: 'block', network: 'x' },
  { network: 'linkedin', type: 'post.drafted' },
  { type: 'post.drafted', q: 'seldom' },
  { unit: branch, q: 'gamma' },
  { q: 'gamma', from: '2026-08-05T00:00:00.000Z', to: '2026-10-20T00:00:00.000Z' },
  { q: '"alpha gamma"', to: '2026-06-20T00:00:00.000Z' },
  { from: '2026-06-11T00:00:00.000Z', to: '2026-06-11T09:00:00.000Z' },
  { q: 'alpha', from: '2027-01-01T00:00:00.000Z' },
  { type: 'post.drafted,post.blocked', q: '-alpha' },
].map((filter) => ({ to, ...filter }))

test('However a search looks, it finds what the condition says, counts it, and facets agree', async (t) => {
  const archive = await openFilled(t)
  for (const [actor, units] of [[ruth, 'everything'], [ofBranch, [branch]]] as const)
    for (const filter of filters) {
      const expected = await findPlainly(archive.db, filter, units)
      const answer = await searchRecords(archive, actor, filter, { limit: 20 }, patient)
      const found = answer.items.map((item) => item.recordId)
      const said = JSON.stringify({ filter, units })
      assert.deepEqual(found, expected.slice(0, 20), said)
      assert.equal(answer.totalIsEstimate, false, said)
      assert.equal(answer.total, expected.length, said)
      assert.equal(answer.counted, expected.length, said)
      assert.equal(Object.values(answer.facets.type).reduce((sum, count) => sum + count, 0), expected.length, said)
    }
}) // prettier-ignore

test('Pages neither skip nor repeat wherever time ends them, and an ended page says how far it looked', async (t) => {
  const archive = await openFilled(t)
  let ended = 0
  for (const [actor, units] of [[ruth, 'everything'], [ofBranch, [branch]]] as const)
    for (const filter of actor === ruth ? filters : filters.slice(0, 8)) {
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await searchRecords(archive, actor, filter, { limit: 200, cursor }, hurried)
        found.push(...page.items.map((item) => item.recordId))
        if (page.searchedBackTo !== null) {
          ended += 1
          assert.notEqual(page.nextCursor, null)
          assert.ok(page.items.length < 200)
          assert.ok(page.items.every((item) => item.recordedAt >= page.searchedBackTo!))
        }
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      assert.deepEqual(found, await findPlainly(archive.db, filter, units), JSON.stringify({ filter, units }))
    }
  assert.ok(ended > 10, `${ended} pages ended early`)
}) // prettier-ignore

test('A total that time did not allow to count is called an estimate and is near; on request it is exact', async (t) => {
  const archive = await openFilled(t)
  for (const filter of [{ q: 'every', to }, { q: 'gamma', to }, { network: 'x', to }]) {
    const truth = (await findPlainly(archive.db, filter, 'everything')).length
    const answer = await searchRecords(archive, ruth, filter, {}, hurried)
    assert.equal(answer.totalIsEstimate, true)
    assert.ok(Math.abs(answer.total - truth) < truth / 4, `${answer.total} for ${truth}`)
    assert.ok(answer.counted < truth && answer.counted > 0)
    assert.equal(Object.values(answer.facets.verdict).reduce((sum, count) => sum + count, 0), answer.counted)
    const exact = await searchRecords(archive, ruth, filter, { count: 'exact' }, hurried)
    assert.deepEqual([exact.total, exact.counted, exact.totalIsEstimate], [truth, truth, false])
  }
  const counted = await searchRecords(archive, ofBranch, { q: 'every', to }, { count: 'exact' }, hurried)
  assert.equal(counted.total, size / 50, 'an exact count is of what the actor may see')
}) // prettier-ignore

test('What is archived and not indexed yet stands in the order of time among what is', async (t) => {
  const archive = await openFilled(t)
  archive.clock.set('2026-09-01T00:00:00.000Z')
  const draft = { type: 'post.submitted', streams: { unit: firm }, searchText: 'every seldom record' } as const
  const late = await archive.append(draft)
  archive.clock.set('2026-06-01T00:00:00.000Z')
  const oldest = await archive.append(draft)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await searchRecords(
      archive,
      ruth,
      { q: 'seldom', type: 'post.submitted' },
      { limit: 3, cursor },
      hurried,
    )
    seen.push(...page.items.map((item) => item.recordId))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  const indexed = await findPlainly(archive.db, { q: 'seldom', type: 'post.submitted', to }, 'everything')
  assert.deepEqual(new Set(seen), new Set([...indexed, late, oldest]))
  assert.equal(seen.length, indexed.length + 2)
  assert.equal(seen.at(-1), oldest)
  const place = seen.indexOf(late)
  assert.ok(place > 0 && place < seen.length - 2)
})
