import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { loadPolicy, type PolicyFileSource } from '#server/policies/load-policy.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'
import { shippedPolicies, readPolicyFiles } from '#server/policies/read-policy-files.ts'
import { readTouchKeys, touchReader } from '#server/policies/touch-keys.ts'
import { makePosts, makeTerms } from './policy-corpus.ts'

/** How many different posts there are; each row of the table still has an author, a time and a word besides. */
const samples = 20_000
const authors = 2_000
const units = 200

/** The shipped packs with so many block terms more. One post in fifty has one of a thousand. */
export async function makeDraft(terms = 1000): Promise<readonly PolicyFileSource[]> {
  const text = `policy: extra\nrules:\n  - id: extra\n    severity: block\n    any: ${JSON.stringify(makeTerms(terms))}\n`
  return [...(await readPolicyFiles(shippedPolicies)), { path: 'extra.yaml', text }]
}

/**
 * Past inputs as a submission makes them, as JSON text, with places to fill in: `#g#` a word of the row, `#now#`, `#author#`,
 * `#unit#`. A third say a link, a sixth has a picture, one in ten a slot, one in ten speaks on three profiles; one in fifty
 * has a term of the draft.
 */
export function makeInputs(): string[] {
  const terms = makeTerms(1000).map((term) => term.replace('*', 's'))
  return makePosts(samples, 260, [], 0).map((text, n) => {
    const target = (at: number) => ({
      profileId: `0195e000-0000-7000-8000-0000000000${10 + at}`,
      network: networks[at]!,
    })
    const input: PolicyInput = {
      post: {
        text: `${text} ${n % 50 === 7 ? terms[n % 1000] : ''} #g#`,
        language: n % 2 === 0 ? 'en' : 'fr',
        communicationClass: n % 7 === 0 ? 'institutional' : 'retail',
        static: n % 5 !== 0,
        topics: n % 4 === 0 ? ['product'] : [],
        links: n % 3 === 0 ? [{ url: `https://example.com/news/${n}-#g#` }] : [],
        media: n % 6 === 0 ? [{ mediaId: `0195e000-0000-7000-8000-${String(n).padStart(12, '0')}`, altText: 'A picture of our branch', kind: 'image' }] : [],
        sources: n % 20 === 0 ? [{ url: `https://example.com/report/${n}`, note: 'Annual report' }] : [],
        ...(n % 10 === 0 ? { scheduledAt: '2025-11-03T09:00:00.000Z' } : {}),
      },
      author: { id: '#author#', unitPath: ['firm', 'region-#region#', '#unit#'], qualifications: n % 3 === 0 ? ['finra-principal'] : [], trainingValid: 'unknown' },
      targets: n % 10 === 5 ? [target(0), target(1), target(2)] : [target(n % 3)],
      libraryItem: 'unknown',
      now: '#now#',
    } // prettier-ignore
    return JSON.stringify(input)
  })
}

const networks = ['linkedin', 'x', 'bluesky']

/** An input of `makeInputs` with its places filled in as for row `g`. */
export function fillInput(input: string, g: number): string {
  return input
    .replaceAll('#g#', wordOf(g))
    .replace('#now#', '2025-11-01T09:00:00.000Z')
    .replace('#author#', userOf(g % authors))
    .replace('#region#', String(g % 10))
    .replace('#unit#', `unit-${g % units}`)
}

/** A word that no rule knows, one of ten thousand: numbers would call every detector. */
function wordOf(g: number): string {
  return Array.from(String(g % words), (digit) => letters[Number(digit)]).join('')
}

const words = 10_000

const letters = 'bdfgklmprt'

function userOf(number: number): string {
  return `0195e000-0000-7000-8000-1${String(number).padStart(11, '0')}`
}

/** The keys that a post has because of the word of its row. */
function keysOfWord(word: string): number[] {
  const keysOf = (said: string): number[] =>
    readTouchKeys({
      post: { ...exampleInput.post, text: `at ${said} at`, links: [{ url: `https://example.com/news/1-${said}` }] },
    })
  const others = new Set(keysOf(''))
  return keysOf(word).filter((key) => !others.has(key))
}

/** A UUIDv7 whose time is a second after that of the row before, as an SQL expression of `g`. */
const id = (kind: string): string =>
  `(overlay(lpad(to_hex(1700000000000 + g::bigint * 1000), 12, '0') placing '-' from 9 for 0) || '-7000-800${kind}-' || lpad(to_hex(g), 12, '0'))::uuid`

/**
 * Loads `total` archived posts with everything that a submission writes, judged under the shipped packs, with set
 * statements: a third of them reviewed, with the reviewers' word on each finding.
 */
export async function loadHistory(
  ownerUrl: string,
  total: number,
  asked: { userId: string; firmId: string },
): Promise<void> {
  const files = await readPolicyFiles(shippedPolicies)
  const policy = loadPolicy(files)
  const rows = makeInputs().map((inputs, n) => {
    const { verdict, findings, requiredStages, perNetwork, trace } = evaluatePost(policy, JSON.parse(fillInput(inputs, n)))
    const judgements = Object.fromEntries(findings.map(({ ruleId }) => [ruleId, n % 5 !== 0]))
    const { post } = JSON.parse(inputs.replaceAll('#g#', '')) as PolicyInput
    return { n, text: (JSON.parse(inputs) as PolicyInput).post.text, keys: readTouchKeys({ post }), inputs, verdict, findings, stages: requiredStages, fits: perNetwork, trace, judgements }
  }) // prettier-ignore
  const owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  const [revision, post, evaluation, review, decision] = ['1', '2', '3', '4', '5'].map(id)
  const of = `generate_series(1, ${total}) g join sample s on s.n = g % ${samples}`
  const at = `'2025-11-01T09:00:00Z'::timestamptz + make_interval(secs => g - ${total})`
  const author = `('0195e000-0000-7000-8000-1' || lpad((g % ${authors})::text, 11, '0'))::uuid`
  const [firm, asker] = [`'${asked.firmId}'::uuid`, `'${asked.userId}'::uuid`]
  const filled = ['#g#', '#now#', '#author#', '#region#', '#unit#'].reduce(
    (inner, place) => `replace(${inner}, '${place}', ${filling[place]!(author)})`,
    's.inputs',
  )
  await owner.query(`set session_replication_role = replica; set synchronous_commit = off; set work_mem = '512MB'; set maintenance_work_mem = '512MB';
    create unlogged table sample (n int primary key, text text, keys int[], inputs text, verdict text, findings jsonb, stages jsonb, fits jsonb, trace jsonb, judgements jsonb);
    create unlogged table word (n int primary key, keys int[]);`)
  await owner.query(
    `insert into policy_version (version, files, rule_count, state, created_at, activated_at) values ($1, $2, $3, 'active', now(), now())`,
    [policy.version, JSON.stringify(files), policy.rules.length],
  )
  await owner.query('insert into word select * from json_populate_recordset(null::word, $1::json)', [
    JSON.stringify(Array.from({ length: words }, (_, n) => ({ n, keys: keysOfWord(wordOf(n)) }))),
  ])
  const { rows: indexes } = await owner.query<{ name: string; definition: string }>(`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid in ('post'::regclass, 'policy_evaluation'::regclass, 'review'::regclass, 'post_revision_touch'::regclass) and not i.indisunique`)
  await owner.query(`drop index ${indexes.map(({ name }) => name).join()}`)
  for (let from = 0; from < rows.length; from += 2_000)
    await owner.query('insert into sample select * from json_populate_recordset(null::sample, $1::json)', [
      JSON.stringify(rows.slice(from, from + 2_000)),
    ])
  await owner.query(`
    insert into post_revision (id, post_id, number, text, language, links, media, sources, profile_ids, targets, communication_class, is_static, topics, content_hash, created_by, created_at)
      select ${revision}, ${post}, 1, replace(s.text, '#g#', ${word}), 'en', '[]', '[]', '[]', '{}', '[]', 'retail', true, '{}', repeat('0', 64), ${author}, ${at} from ${of};
    insert into post_revision_touch (reader, revision_id, keys)
      select ${touchReader}, ${revision}, s.keys || w.keys from ${of} join word w on w.n = g % ${words};
    insert into post (id, author_id, unit_id, status, current_revision_id, created_at, updated_at)
      select ${post}, ${author}, ${firm}, 'published', ${revision}, ${at}, ${at} from generate_series(1, ${total}) g;
    insert into policy_evaluation (id, revision_id, policy_version, verdict, findings, required_stages, per_network, trace, inputs, inputs_hash, occasion, evaluated_at, handed_in)
      select ${evaluation}, ${revision}, '${policy.version}', s.verdict, s.findings, s.stages, s.fits, s.trace, ${filled}::json, repeat('0', 64), 'submission', ${at}, true from ${of};
    insert into review (id, post_id, revision_id, content_hash, author_id, unit_id, stage_index, stage, need, policy_version, verdict, finding_count, networks, status, claimed_by, claimed_until, due_at, created_at, closed_at)
      select ${review}, ${post}, ${revision}, repeat('0', 64), ${author}, ${firm}, 0, 'compliance', 1, '${policy.version}', s.verdict, 1, '{linkedin}', 'approved', ${asker}, ${at} + interval '1 hour', ${at}, ${at}, ${at} from ${of} where g % 3 = 0;
    insert into review_decision (id, review_id, reviewer_id, author_id, outcome, content_hash, finding_judgements, record_id, decided_at)
      select ${decision}, ${review}, ${asker}, ${author}, 'approved', repeat('0', 64), s.judgements, ${decision}, ${at} + interval '58 minutes' from ${of} where g % 3 = 0;
    drop table sample, word;`)
  await owner.query(indexes.map(({ definition }) => definition).join(';'))
  await owner.query('vacuum analyze')
  // What loading left to be written is no part of the simulation.
  await owner.query('checkpoint')
  await owner.end()
}

const word = `translate((g % ${words})::text, '0123456789', '${letters}')`
const filling: Readonly<Record<string, (author: string) => string>> = {
  '#g#': () => word,
  '#now#': () =>
    `to_char('2025-11-01T09:00:00Z'::timestamptz + make_interval(secs => g), 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')`,
  '#author#': (author) => `${author}::text`,
  '#region#': () => `(g % 10)::text`,
  '#unit#': () => `'unit-' || (g % ${units})`,
}

/** CPU seconds of a Postgres and all that worked for it: of children that ended the parent keeps count. Linux only. */
export function postgresSeconds(postgresId: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = readStat(name)
    if (name === String(postgresId)) ticks += sum(fields.slice(11, 15))
    else if (fields[1] === postgresId) ticks += sum(fields.slice(11, 13))
  }
  return ticks / 100
}

/** The numbers of a process after its name, from its state on (which is none); nothing when it is gone. */
function readStat(id: string): number[] {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8')
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
  } catch {
    return []
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
