import pg from 'pg'
import { exampleInput } from '#server/policies/example-input.ts'
import { planTouch } from '#server/policies/plan-touch.ts'
import { readTouchKeys, touchReader } from '#server/policies/touch-keys.ts'
import { findTouchedPosts } from '#server/reviews/touched-queries.ts'
import { startBenchArchive } from './archive-fixture.ts'
import { makePosts, makeTerms } from './policy-corpus.ts'

/*
 * The posts that a changed rule can touch, found through the index, and beside it the whole table read for the same word.
 * To reach: well under a second over a million posts. `BENCH_POSTS=100000 node bench/policy-touch.ts` loads fewer.
 */

const total = Number(process.env['BENCH_POSTS'] ?? 1_000_000)
const terms = makeTerms(2000)
const texts = makePosts(20_000, 280, terms, 0.02)
const archive = await startBenchArchive({ fsync: 'off', synchronous_commit: 'off', maintenance_work_mem: '256MB' })
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await owner.connect()

/** A UUIDv7 whose time is a second after that of the row before, as an SQL expression of `g`. */
const id = (kind: string): string =>
  `(overlay(lpad(to_hex(1700000000000 + g::bigint * 1000), 12, '0') placing '-' from 9 for 0) || '-7000-800${kind}-' || lpad(to_hex(g), 12, '0'))::uuid`

async function load(): Promise<void> {
  await owner.query(`set session_replication_role = replica;
    create unlogged table sample (n int primary key, text text, keys int[]);
    insert into policy_version (version, files, rule_count, state, created_at) values (repeat('0', 64), '[]', 0, 'active', now());
    drop index post_revision_touch_keys, policy_evaluation_history, policy_evaluation_revision;`)
  const rows = texts.map((text, n) => ({
    n,
    text,
    keys: readTouchKeys({ post: { ...exampleInput.post, text } }),
  }))
  await owner.query(
    'insert into sample select * from json_to_recordset($1::json) as s (n int, text text, keys int[])',
    [JSON.stringify(rows)],
  )
  const rest = `'[]', '[]', '[]', '{}', '[]', 'retail', true, '{}', repeat('0', 64)`
  const of = `generate_series(1, ${total}) g join sample s on s.n = g % ${texts.length}`
  const [revision, post, evaluation] = ['1', '2', '3'].map(id)
  await owner.query(`
    insert into post_revision (id, post_id, number, text, links, media, sources, profile_ids, targets, communication_class, is_static,
        topics, content_hash, created_by, created_at)
      select ${revision}, ${post}, 1, s.text, ${rest}, ${post}, now() from ${of};
    insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      select ${post}, ${post}, ${post}, 'published', ${revision}, now(), now() from generate_series(1, ${total}) g;
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, inputs, inputs_hash, occasion, evaluated_at)
      select ${evaluation}, ${revision}, repeat('0', 64), 'pass', '[]', '[]', '[]', jsonb_build_object('now', now()), '', 'submission',
        now() - make_interval(secs => ${total} - g) from generate_series(1, ${total}) g;
    insert into post_revision_touch (reader, revision_id, keys) select ${touchReader}, ${revision}, s.keys from ${of};
    create index post_revision_touch_keys on post_revision_touch using gin (keys);
    create index policy_evaluation_history on policy_evaluation (evaluated_at, id) where occasion = 'submission';
    create index policy_evaluation_revision on policy_evaluation (revision_id, evaluated_at desc, id desc);`)
  await owner.query('vacuum analyze')
}

async function time<T>(run: () => Promise<T>): Promise<{ milliseconds: number; answer: T }> {
  const runs: number[] = []
  let answer: T
  do {
    const start = performance.now()
    answer = await run()
    runs.push(performance.now() - start)
  } while (runs.length < 5)
  return { milliseconds: runs.toSorted((a, b) => a - b)[2]!, answer }
}

const begun = performance.now()
await load()
const loaded = (performance.now() - begun) / 1000
const policyOf = (any: readonly string[]) => [
  { path: 'bench.yaml', text: `policy: bench\nrules:\n  - { id: rule, any: ${JSON.stringify(any)} }\n` },
]
const cases: Record<string, readonly string[]> = {
  'one rare term': [terms[3]!],
  'ten terms': terms.slice(10, 20),
  'a hundred terms': terms.slice(100, 200),
  'a frequent word (office)': ['office'],
}
const to = new Date(Date.now() + 60_000).toISOString()
const table: Record<string, Record<string, number | string>> = {}
for (const [name, any] of Object.entries(cases)) {
  const { keys } = planTouch(policyOf(['quixotic']), policyOf(any))
  const period = { units: null, from: null, to, touchKeys: keys }
  const indexed = await time(() => findTouchedPosts(archive.db, period, 50))
  const words = any.map((term) => term.replace('*', '')).join('|')
  const scanned = await time(() =>
    owner.query<{ count: string }>(`select count(*) from post_revision where text ~* $1`, [words]),
  )
  table[name] = {
    'index ms': Math.round(indexed.milliseconds),
    'sequential ms': Math.round(scanned.milliseconds),
    ratio: Number((scanned.milliseconds / indexed.milliseconds).toFixed(1)),
    'may be touched': indexed.answer.count ?? 0,
    'hold it plainly': Number(scanned.answer.rows[0]!.count),
  }
}
const { rows } = await owner.query<{ size: string }>(
  `select pg_size_pretty(pg_total_relation_size('post_revision_touch')) as size`,
)
console.log(
  `${total} posts of 280 characters, loaded in ${loaded.toFixed(0)} s; the index and its table take ${rows[0]!.size}.`,
)
console.table(table)
await owner.end()
await archive.stop()
