import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { searchRecords } from '#server/archive/search-records.ts'
import { startArchiveThread } from '#server/archive/start-archive-thread.ts'
import type { RecordFilter } from '#server/archive/queries.ts'
import type { Actor } from '#server/platform/actor.ts'
import { judge, judgeHeadings, printTable, quantile, startBenchArchive } from './archive-fixture.ts'

/*
 * The archive's search as an auditor's browser calls it: page, facets, total, and the record that somebody searched, over
 * messages of 300 characters spread over two years. The loader writes the searchable copy alone, with set statements, and makes
 * its indexes afterwards; ten minutes and 10 GB of disk for 5 million. `BENCH_RECORDS` sets the size.
 * To reach at 5 million: p95 under 150 ms for any filtered query, first results of an unfiltered one under 300 ms. A page
 * that time cut short is no answer in time: the table counts them, and how many totals are exact.
 */

const size = Number(process.env['BENCH_RECORDS'] ?? 5_000_000)
const asks = Number(process.env['BENCH_ASKS'] ?? 40)
const authors = 2_000
/** An author belongs to one of the units; a profile is anybody's. */
const units = 40
const profiles = 120
/** The ids of one kind of thing, without their last six digits. */
const idOf = (kind: string) => `019a0000-0000-7000-8000-0000${kind}`
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
await owner.query(
  `insert into unit (id, parent_id, name, slug, path, created_at)
    select id, '${firm}', 'Branch ' || n, 'branch-' || n, array['${firm}'::uuid, id], now()
      from generate_series(0, ${units - 1}) n cross join lateral (select ('${idOf('01')}' || lpad(to_hex(n), 6, '0'))::uuid as id) made`,
)

/** Records of one statement of the loader. */
const batch = 25_000
const loaders = 2

/** The indexes of the migrations, which are made after the rows. */
const indexes = {
  search_vector: 'using gin (vector)',
  search_actor: '(actor_id, recorded_at, record_id)',
  search_author: '(author_id, recorded_at, record_id) where author_id is not null',
  search_post: '(post_id, recorded_at, record_id) where post_id is not null',
  search_profile: '(profile_id, recorded_at, record_id) where profile_id is not null',
  search_unit: '(unit_id, recorded_at, record_id)',
  search_type: '(type, recorded_at, record_id)',
  search_network: '(network, verdict, recorded_at, record_id) where network is not null',
  search_verdict: "(verdict, recorded_at, record_id) where verdict <> 'pass'",
}

async function load(): Promise<number> {
  const start = performance.now()
  await owner.query(
    "select archive.make_partitions(($1::timestamptz)::date, 30), set_config('gateway.migration', 'on', false)",
    [firstMonth.toISOString()],
  )
  await owner.query(
    `drop index ${Object.keys(indexes)
      .map((name) => `archive.${name}`)
      .join(', ')}`,
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
  const made = Object.entries(indexes).map(([name, on]) => `create index ${name} on archive.search ${on}`)
  // What the loader left unwritten is not the searches' to wait for.
  for (const statement of [...made, 'vacuum analyze archive.search', 'analyze archive.leaf', 'checkpoint'])
    await owner.query(statement)
  return (performance.now() - start) / 1000
}

// Word number n of the vocabulary is as frequent as the cube law makes it: few are everywhere, most are rare. Such words are
// their own stems, so that the vector is the one that `archive.search_vector` would make of the text for a third of the time.
async function loadBatch(client: pg.Client, first: number, last: number): Promise<void> {
  await client.query(
    `insert into archive.search (recorded_at, record_id, type, actor_id, unit_id, author_id, post_id, profile_id, network, verdict, retention_class, excerpt, vector)
      select $1::timestamptz + make_interval(secs => (n::float8 / $2) * 86400 * 30.4 * ${months}), gen_random_uuid(),
          (array['post.submitted','post.drafted','review.decided','publication.published','policy.evaluated'])[1 + n % 5],
          ('${idOf('00')}' || author)::uuid, ('${idOf('01')}' || unit)::uuid, ('${idOf('00')}' || author)::uuid, gen_random_uuid(),
          ('${idOf('02')}' || lpad(to_hex(n % ${profiles}), 6, '0'))::uuid,
          (array['linkedin','x','bluesky'])[1 + n % 3], (array['pass','pass','review','block'])[1 + n % 4], 'mifid-7y', left(words, 280),
          setweight(vector, 'A') || setweight(vector, 'C')
        from generate_series($3::bigint, $4::bigint) n
          cross join lateral (select lpad(to_hex((n * 7919) % ${authors}), 6, '0') as author, lpad(to_hex((n * 7919) % ${units}), 6, '0') as unit) ids
          cross join lateral (select string_agg('w' || floor(20000 * power(random(), 3))::int, ' ') || ' u' || n as words
            from generate_series(1, 45 + (n * 0)::int)) t
          cross join lateral to_tsvector('simple', words) vector`,
    [firstMonth.toISOString(), size, first, last],
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
const oneOf = (kind: string, count: number) => `${idOf(kind)}${any(count).toString(16).padStart(6, '0')}`
const author = () => oneOf('00', authors)
const word = (from: number, to: number) => `w${from + any(to - from)}`
const common = () => word(0, 5)
/** Most pairs of these twenty are in hundreds of thousands of records, and next to one another in few. */
const phrase = (words = 2) => `"${Array.from({ length: words }, () => word(0, 20)).join(' ')}"`
const month = () => monthFrom(any(months))
function auditorOf(unit: string): Actor {
  return { ...auditor, unitId: unit, unitPath: [firm, unit], grants: [{ role: 'auditor', unitId: unit }] }
}

interface Kind {
  readonly name: string
  readonly make: () => RecordFilter
  readonly as?: () => Actor
  /** Pages that were read before the one that is measured. */
  readonly pagesBefore?: number
}

const kinds: readonly Kind[] = [
  { name: 'nothing: the newest', make: () => ({}) },
  { name: 'rare word', make: () => ({ q: `u${any(size)}` }) },
  { name: 'uncommon word', make: () => ({ q: word(15_000, 20_000) }) },
  { name: 'middling word', make: () => ({ q: word(200, 2_200) }) },
  { name: 'common word', make: () => ({ q: common() }) },
  { name: 'two words', make: () => ({ q: `${word(0, 50)} ${word(5_000, 10_000)}` }) },
  { name: 'phrase', make: () => ({ q: phrase() }) },
  { name: 'phrase in a month', make: () => ({ q: phrase(), ...month() }) },
  { name: 'phrase of five common words', make: () => ({ q: phrase(5) }) },
  { name: 'word in a month', make: () => ({ q: word(1_000, 6_000), ...month() }) },
  { name: 'common word in a month', make: () => ({ q: common(), ...month() }) },
  { name: 'common word without another', make: () => ({ q: `${word(0, 20)} -${common()}` }) },
  { name: 'only absence', make: () => ({ q: `-${common()} -${common()}` }) },
  { name: 'either of two common words', make: () => ({ q: `${common()} OR ${common()}` }) },
  { name: 'either of two uncommon words', make: () => ({ q: `${word(15_000, 20_000)} OR ${word(15_000, 20_000)}` }) },
  { name: 'prefix of half of all words', make: () => ({ q: 'w1*' }) },
  { name: 'prefix of ten words', make: () => ({ q: `w1${100 + any(899)}*` }) },
  { name: 'prefix of half, and a word', make: () => ({ q: `w1* ${word(15_000, 20_000)}` }) },
  { name: 'what somebody did', make: () => ({ actor: author() }) },
  { name: 'what somebody did, of one type', make: () => ({ actor: author(), type: 'review.decided' }) },
  { name: 'author', make: () => ({ author: author() }) },
  { name: 'author in a month', make: () => ({ author: author(), ...month() }) },
  { name: 'author and word', make: () => ({ author: author(), q: word(0, 100) }) },
  { name: 'author and phrase', make: () => ({ author: author(), q: phrase() }) },
  { name: 'author with a verdict, perhaps never', make: () => ({ author: author(), verdict: 'block' }) },
  { name: 'profile and word', make: () => ({ profile: oneOf('02', profiles), q: word(0, 2_000) }) },
  { name: 'blocked on one network', make: () => ({ verdict: 'block', network: 'x' }) },
  { name: 'a month of one type', make: () => ({ type: 'review.decided', ...month() }) },
  { name: 'a branch’s auditor, a word', make: () => ({ q: word(0, 5_000) }), as: () => auditorOf(oneOf('01', units)) },
  { name: 'a branch’s auditor, a phrase', make: () => ({ q: phrase() }), as: () => auditorOf(oneOf('01', units)) },
  { name: 'third page of a common word', make: () => ({ q: common() }), pagesBefore: 2 },
  { name: 'third page of an uncommon word', make: () => ({ q: word(10_000, 15_000) }), pagesBefore: 2 },
]

async function readCursor(actor: Actor, filter: RecordFilter, pages: number): Promise<string | undefined> {
  let cursor: string | undefined
  for (let page = 0; page < pages; page++)
    cursor = (await searchRecords(archive, actor, filter, { cursor })).nextCursor ?? undefined
  return cursor
}

// As in the service: what the searches append is sealed and indexed meanwhile, on a thread of its own.
const thread = startArchiveThread(archive.thread, { debug() {}, info() {}, warn: console.warn, error: console.error })
const running = new AbortController()
const sealing = (async () => {
  while (!running.signal.aborted) {
    await thread.seal()
    await wait(1000)
  }
  await thread.stop()
})()
const rows: (string | number)[][] = []
const slowest = { filtered: 0, unfiltered: 0 }
for (const { name, make, as, pagesBefore = 0 } of kinds) {
  const answers: { milliseconds: number; total: number; isExact: boolean; isWhole: boolean }[] = []
  for (let ask = 0; ask < asks; ask++) {
    const [filter, actor] = [make(), as?.() ?? auditor]
    const cursor = await readCursor(actor, filter, pagesBefore)
    const start = performance.now()
    const { total, totalIsEstimate, searchedBackTo } = await searchRecords(archive, actor, filter, { cursor })
    const milliseconds = performance.now() - start
    answers.push({ milliseconds, total, isExact: !totalIsEstimate, isWhole: searchedBackTo === null })
  }
  const times = answers.map((answer) => answer.milliseconds)
  const p95 = quantile(times, 0.95)
  const kind = name.startsWith('nothing') ? 'unfiltered' : 'filtered'
  slowest[kind] = Math.max(slowest[kind], p95)
  const cut = answers.filter((answer) => !answer.isWhole).length
  const total = Math.round(answers.reduce((sum, answer) => sum + answer.total, 0) / asks)
  const exact = answers.filter((answer) => answer.isExact).length
  rows.push([
    name,
    total,
    `${Math.round((exact / asks) * 100)} %`,
    cut,
    quantile(times, 0.5).toFixed(0),
    p95.toFixed(0),
  ])
}
running.abort()
await sealing
printTable(['asked', 'total, mean', 'of it exact', 'pages cut short', 'p50 ms', 'p95 ms'], rows)
console.log()
printTable(judgeHeadings, [
  judge('slowest filtered query, p95 ms', slowest.filtered, 150, 'less'),
  judge('unfiltered query, p95 ms', slowest.unfiltered, 300, 'less'),
  judge('loading, s', loaded, 720, 'less'),
])
await owner.end()
await archive.stop()
