import pg from 'pg'
import { exampleInput } from '#server/policies/example-input.ts'
import { planTouch } from '#server/policies/plan-touch.ts'
import { readTouchKeys, touchReader } from '#server/policies/touch-keys.ts'
import { findTouchedPosts } from '#server/reviews/touched-queries.ts'
import { judge, judgeHeadings, printTable, quantile, startBenchArchive } from './archive-fixture.ts'
import { makePosts, makeTerms } from './policy-corpus.ts'

/*
 * The posts that a changed rule can touch, found through the index, and beside it the whole table read for the same words.
 * To reach: well under a second over a million posts, taken as a median of 500 ms for each kind of change.
 * `BENCH_POSTS=100000 node bench/policy-touch.ts` loads fewer. Exit 1 when a figure is missed.
 */

const limitMilliseconds = 500
const runsOfEach = 7
const total = Number(process.env['BENCH_POSTS'] ?? 1_000_000)
const terms = makeTerms(2000)
const texts = makePosts(20_000, 280, terms, 0.02)
const day = 86_400_000
/** More words make one regular expression that takes Postgres minutes over a million posts. */
const scannedAtMost = 3

/** A UUIDv7 whose time is a second after that of the row before, as an SQL expression of `g`; the last one is now. */
const id = (kind: string): string =>
  `(overlay(lpad(to_hex(${Date.now()} - (${total} - g::bigint) * 1000), 12, '0') placing '-' from 9 for 0) || '-7000-800${kind}-' || lpad(to_hex(g), 12, '0'))::uuid`
const [revision, post, evaluation] = ['1', '2', '3'].map(id)
const tables = ['post_revision', 'post', 'policy_evaluation', 'post_revision_touch']

/**
 * Fills the tables with set statements, in one transaction that emptied them first: Postgres then writes no log for what it
 * can drop. Indexes are made when all rows are there.
 */
async function load(owner: pg.Client): Promise<void> {
  await owner.query(`set session_replication_role = replica; set max_parallel_maintenance_workers = 2; set work_mem = '64MB';
    set enable_mergejoin = off; -- a hash of the texts keeps the order of the rows
    create unlogged table sample (n int primary key, text text, keys int[]);
    insert into policy_version (version, files, rule_count, state, created_at) values (repeat('0', 64), '[]', 0, 'active', now());`)
  const rows = texts.map((text, n) => ({ n, text, keys: readTouchKeys({ post: { ...exampleInput.post, text } }) }))
  await owner.query(
    'insert into sample select * from json_to_recordset($1::json) as s (n int, text text, keys int[])',
    [JSON.stringify(rows)],
  )
  const { rows: indexes } = await owner.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
      where i.indrelid = any ($1::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`,
    [tables],
  )
  const of = `generate_series(1, ${total}) g join sample s on s.n = g % ${texts.length}`
  const series = `generate_series(1, ${total}) g`
  await owner.query(
    `begin; truncate ${tables.join(', ')} cascade; drop index ${indexes.map(({ name }) => name).join(', ')}`,
  )
  await owner.query(`
    insert into post_revision (id, post_id, number, text, links, media, sources, profile_ids, targets, communication_class, is_static,
        topics, content_hash, created_by, created_at)
      select ${revision}, ${post}, 1, s.text, '[]', '[]', '[]', '{}', '[]', 'retail', true, '{}', repeat('0', 64), ${post}, now() from ${of};
    insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      select ${post}, ${post}, ${post}, 'published', ${revision}, now(), now() from ${series};
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, inputs, inputs_hash, occasion, evaluated_at, handed_in)
      select ${evaluation}, ${revision}, repeat('0', 64), 'pass', '[]', '[]', '[]', jsonb_build_object('now', now()), '', 'submission',
        now() - make_interval(secs => ${total} - g), true from ${series};
    insert into post_revision_touch (reader, revision_id, keys) select ${touchReader}, ${revision}, s.keys from ${of}`)
  for (const { definition } of indexes) await owner.query(definition)
  await owner.query(`commit; drop table sample`)
  await owner.query(`vacuum analyze ${tables.join(', ')}`)
}

async function time<T>(count: number, run: () => Promise<T>): Promise<{ milliseconds: number[]; answer: T }> {
  const milliseconds: number[] = []
  let answer: T
  do {
    const start = performance.now()
    answer = await run()
    milliseconds.push(performance.now() - start)
  } while (milliseconds.length < count)
  return { milliseconds, answer }
}

/** The whole table read for words. */
async function scan(any: readonly string[]): Promise<{ milliseconds: number; count: number }> {
  const words = any.map((term) => term.replace('*', '')).join('|')
  const { milliseconds, answer } = await time(1, () =>
    owner.query<{ count: string }>(`select count(*) from post_revision where text ~* $1`, [words]),
  )
  return { milliseconds: milliseconds[0]!, count: Number(answer.rows[0]!.count) }
}

const policyOf = (any: readonly string[]) => [
  { path: 'bench.yaml', text: `policy: bench\nrules:\n  - { id: rule, any: ${JSON.stringify(any)} }\n` },
]
const frequent = ['office', 'growth', 'marchés']
const cases: Record<string, { any: readonly string[]; days?: number }> = {
  'one rare term': { any: [terms[3]!] },
  'ten terms': { any: terms.slice(10, 20) },
  'a hundred terms': { any: terms.slice(100, 200) },
  'a thousand terms': { any: terms.slice(0, 1000) },
  'a word in many posts': { any: frequent.slice(0, 1) },
  'three such words': { any: frequent },
  'such a word among a hundred': { any: [...terms.slice(100, 199), 'office'] },
  'every post (a detector)': { any: [] },
  'a hundred, last three days': { any: terms.slice(100, 200), days: 3 },
}

const archive = await startBenchArchive({
  fsync: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  maintenance_work_mem: '512MB',
})
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await owner.connect()
const begun = performance.now()
await load(owner)
const loaded = (performance.now() - begun) / 1000
const { rows } = await owner.query<{ size: string }>(
  `select pg_size_pretty(pg_total_relation_size('post_revision_touch')) as size`,
)
console.log(
  `${total.toLocaleString('en')} posts of 280 characters, loaded in ${loaded.toFixed(0)} s; the index and its table take ${rows[0]!.size}.\n`,
)

const to = new Date(Date.now() + 60_000).toISOString()
const compared: (string | number)[][] = []
const judged: (string | number)[][] = []
for (const [name, { any, days }] of Object.entries(cases)) {
  const keys = any.length === 0 ? null : planTouch(policyOf(['quixotic']), policyOf(any)).keys
  const from = days === undefined ? null : new Date(Date.now() - days * day).toISOString()
  const period = { units: null, from, to }
  const indexed = await time(runsOfEach, () => findTouchedPosts(archive.db, period, keys, 50))
  const scanned = any.length > 0 && any.length <= scannedAtMost ? await scan(any) : undefined
  const median = quantile(indexed.milliseconds, 0.5)
  const { count, isMore, newest } = indexed.answer
  compared.push([
    name,
    count === null ? 'all' : `${isMore ? 'at least ' : ''}${count.toLocaleString('en')}`,
    scanned?.count ?? '–',
    newest.length,
    Math.round(median),
    scanned === undefined ? '–' : Math.round(scanned.milliseconds),
    scanned === undefined ? '–' : `${(scanned.milliseconds / median).toFixed(1)} ×`,
  ])
  judged.push(judge(`${name}, median ms`, median, limitMilliseconds, 'less'))
}
printTable(['changed', 'may be touched', 'hold it plainly', 'newest', 'index ms', 'whole table ms', 'ratio'], compared)
console.log()
printTable(judgeHeadings, judged)
await owner.end()
await archive.stop()
process.exitCode = judged.some((row) => row.at(-1) === 'MISSED') ? 1 : 0
