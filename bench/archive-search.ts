import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { sealOnce } from '#server/archive/seal-records.ts'
import { searchRecords } from '#server/archive/search-records.ts'
import type { RecordFilter } from '#server/archive/queries.ts'
import type { Actor } from '#server/platform/actor.ts'
import { judge, judgeHeadings, printTable, quantile, startBenchArchive } from './archive-fixture.ts'

/*
 * The archive's search as an auditor's browser calls it: page, facets, total, and the record that somebody searched, over
 * messages of 300 characters spread over two years. The loader writes the searchable copy alone, with set statements, and makes
 * its indexes afterwards; ten minutes and 10 GB of disk for 5 million. `BENCH_RECORDS` sets the size.
 * To reach at 5 million: p95 under 150 ms for any filtered query, first results of an unfiltered one under 300 ms.
 */

const size = Number(process.env['BENCH_RECORDS'] ?? 5_000_000)
const asks = Number(process.env['BENCH_ASKS'] ?? 40)
const authors = 2_000
const months = 24
const firstMonth = new Date()
firstMonth.setUTCMonth(firstMonth.getUTCMonth() - months, 1)

const archive = await startBenchArchive({
  fsync: 'off',
  synchronous_commit: 'off',
  maintenance_work_mem: '1GB',
  max_wal_size: '16GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '1GB',
  autovacuum: 'off',
})
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await owner.connect()
const firm = randomUUID()
await owner.query(
  `insert into unit (id, parent_id, name, slug, path, created_at) values ('${firm}', null, 'Firm', 'firm', array['${firm}']::uuid[], now())`,
)

/** Records of one statement of the loader. */
const batch = 25_000
const loaders = 2

async function load(): Promise<number> {
  const start = performance.now()
  await owner.query(
    "select archive.make_partitions(($1::timestamptz)::date, 30), set_config('gateway.migration', 'on', false)",
    [firstMonth.toISOString()],
  )
  await owner.query(
    'drop index archive.search_vector, archive.search_author, archive.search_post, archive.search_profile, archive.search_unit, archive.search_type',
  )
  let from = 0
  await Promise.all(
    Array.from({ length: loaders }, async () => {
      const client = new pg.Client({ connectionString: archive.ownerUrl })
      await client.connect()
      while (from < size) {
        const first = from
        from += batch
        await loadBatch(client, first, Math.min(size, first + batch) - 1)
      }
      await client.end()
    }),
  )
  console.log(`rows after ${((performance.now() - start) / 1000).toFixed(0)} s`)
  for (const statement of [
    'create index search_vector on archive.search using gin (vector)',
    'create index search_author on archive.search (author_id, recorded_at, record_id) where author_id is not null',
    'create index search_post on archive.search (post_id, recorded_at, record_id) where post_id is not null',
    'create index search_unit on archive.search (unit_id, recorded_at, record_id)',
    'create index search_type on archive.search (type, recorded_at, record_id)',
    'vacuum analyze archive.search',
    'analyze archive.leaf',
  ]) await owner.query(statement) // prettier-ignore
  return (performance.now() - start) / 1000
}

// Word number n of the vocabulary is as frequent as the cube law makes it: few are everywhere, most are rare. Such words are
// their own stems, so that the vector is the one that `archive.search_vector` would make of the text for a third of the time.
async function loadBatch(client: pg.Client, first: number, last: number): Promise<void> {
  await client.query(
    `insert into archive.search (recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, network, verdict, retention_class, excerpt, vector)
      select $1::timestamptz + make_interval(secs => (n::float8 / $2) * 86400 * 30.4 * ${months}), gen_random_uuid(),
          (array['post.submitted','post.drafted','review.decided','publication.published','policy.evaluated'])[1 + n % 5],
          $3::uuid, $3::uuid, ('019a0000-0000-7000-8000-' || lpad(to_hex((n * 7919) % ${authors}), 12, '0'))::uuid, gen_random_uuid(),
          (array['linkedin','x','bluesky'])[1 + n % 3], (array['pass','pass','review','block'])[1 + n % 4], 'mifid-7y', left(words, 280),
          setweight(vector, 'A') || setweight(vector, 'C')
        from generate_series($4::bigint, $5::bigint) n
          cross join lateral (select string_agg('w' || floor(20000 * power(random(), 3))::int, ' ') || ' u' || n as words
            from generate_series(1, 45 + (n * 0)::int)) t
          cross join lateral to_tsvector('simple', words) vector`,
    [firstMonth.toISOString(), size, firm, first, last],
  )
}

const loaded = await load()
const { rows: sizes } = await owner.query(
  "select pg_size_pretty(sum(pg_total_relation_size(oid))) as whole from pg_class where relnamespace = 'archive'::regnamespace and relname like 'search%' and relkind = 'r'",
)
console.log(`${size.toLocaleString('en')} records in ${loaded.toFixed(0)} s, ${sizes[0].whole} with indexes`)

const auditor: Actor = {
  kind: 'user',
  userId: randomUUID(),
  displayName: 'Auditor',
  unitId: firm,
  unitPath: [firm],
  grants: [{ role: 'auditor', unitId: firm }],
}
const any = (below: number) => Math.floor(Math.random() * below)
function monthFrom(at: number): { from: string; to: string } {
  const from = new Date(firstMonth)
  from.setUTCMonth(from.getUTCMonth() + at)
  const to = new Date(from)
  to.setUTCMonth(to.getUTCMonth() + 1)
  return { from: from.toISOString(), to: to.toISOString() }
}
const author = () => `019a0000-0000-7000-8000-${any(authors).toString(16).padStart(12, '0')}`

const kinds: { name: string; make: () => RecordFilter }[] = [
  { name: 'nothing: the newest', make: () => ({}) },
  { name: 'rare word', make: () => ({ q: `u${any(size)}` }) },
  { name: 'uncommon word', make: () => ({ q: `w${15_000 + any(5_000)}` }) },
  { name: 'common word', make: () => ({ q: `w${any(5)}` }) },
  { name: 'two words', make: () => ({ q: `w${any(50)} w${5_000 + any(5_000)}` }) },
  { name: 'phrase', make: () => ({ q: `"w${any(20)} w${any(20)}"` }) },
  { name: 'word in a month', make: () => ({ q: `w${1_000 + any(5_000)}`, ...monthFrom(any(months)) }) },
  { name: 'common word in a month', make: () => ({ q: `w${any(5)}`, ...monthFrom(any(months)) }) },
  { name: 'author in a month', make: () => ({ author: author(), ...monthFrom(any(months)) }) },
  { name: 'author and word', make: () => ({ author: author(), q: `w${any(100)}` }) },
  { name: 'blocked on one network', make: () => ({ verdict: 'block', network: 'x' }) },
  { name: 'a month of one type', make: () => ({ type: 'review.decided', ...monthFrom(any(months)) }) },
]
const running = new AbortController()
const sealing = (async () => {
  while (!running.signal.aborted) {
    await sealOnce(archive)
    await wait(1000)
  }
})()
const rows: (string | number)[][] = []
const slowest = { filtered: 0, unfiltered: 0 }
for (const { name, make } of kinds) {
  const times: number[] = []
  let found = 0
  for (let ask = 0; ask < asks; ask++) {
    const filter = make()
    const start = performance.now()
    const answer = await searchRecords(archive, auditor, filter, {})
    times.push(performance.now() - start)
    found += answer.total
  }
  const p95 = quantile(times, 0.95)
  const kind = Object.keys(make()).length === 0 ? 'unfiltered' : 'filtered'
  slowest[kind] = Math.max(slowest[kind], p95)
  rows.push([name, Math.round(found / asks), quantile(times, 0.5).toFixed(0), p95.toFixed(0)])
}
running.abort()
await sealing
printTable(['asked', 'found, mean', 'p50 ms', 'p95 ms'], rows)
console.log()
printTable(judgeHeadings, [
  judge('slowest filtered query, p95 ms', slowest.filtered, 150, 'less'),
  judge('unfiltered query, p95 ms', slowest.unfiltered, 300, 'less'),
  judge('loading, s', loaded, 720, 'less'),
])
await owner.end()
await archive.stop()
