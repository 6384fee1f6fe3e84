import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { buildApp } from '#server/app.ts'
import { ensureFirm } from '#server/identity/ensure-firm.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { Config } from '#server/platform/config.ts'
import { inTransaction } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { newId } from '#server/platform/new-id.ts'
import { createSecretBox } from '#server/platform/secret-box.ts'
import { judge, judgeHeadings, printTable, quantile, startBenchArchive } from './archive-fixture.ts'
import { loadYears } from './work-lists-fixture.ts'

/*
 * What staff and officers wait for all day, in a firm that has used the gateway for years: their lists, the queue, a review,
 * a decision, beside a bare `select 1` through the same pool. A million posts, 5,000 of them waiting in the queue.
 * To reach: each answer's p95 under 100 ms (CONSOLE: what a key does is seen within that time), under a second that of the report
 * of each rule's precision.
 * `node bench/work-lists.ts 100000` loads fewer.
 */

const total = Number(process.argv[2] ?? 1_000_000)
const open = 5_000
const rounds = 30
const limitMs = 100
/** A report is not a key: it is read once a month, and all of it is counted. */
const reportLimitMs = 1_000

const archive = await startBenchArchive({ fsync: 'off', shared_buffers: '512MB' })
const { id: firmId } = await inTransaction(archive.db, (tx) => ensureFirm(tx, archive.clock.now()))
const owner = new pg.Client({ connectionString: archive.ownerUrl })
await owner.connect()
const loading = performance.now()
const firm = await loadYears(owner, firmId, { total, open })
console.log(`${total} posts loaded in ${((performance.now() - loading) / 1000).toFixed(0)} s.`)

const directory = await mkdtemp(join(tmpdir(), 'bench-lists-'))
const config: Config = {
  embedded: false,
  publicUrl: 'http://127.0.0.1:8080',
  host: '127.0.0.1',
  port: 0,
  roles: ['serve'],
  dataDirectory: directory,
  tlogPublic: false,
  allowPrivateAddresses: true,
  reviewHours: 8,
  session: { key: Buffer.alloc(32, 5), idleMinutes: 30, absoluteHours: 12 },
  oidc: {
    issuer: 'https://provider.example',
    clientId: 'gateway',
    clientSecret: 'secret',
    groupsClaim: 'groups',
    groupRoles: {},
    scope: 'openid',
  },
  rateLimits: { signInPerMinute: 0, sessionWritesPerMinute: 0, tokenWritesPerMinute: 0 },
  database: { url: archive.serviceUrl, ownerUrl: archive.ownerUrl },
  origin: 'bench.example/tlog',
}
const deps: Deps = {
  ...archive,
  config,
  log: pino({ level: 'error' }),
  secretBox: createSecretBox(Buffer.alloc(32, 7)),
  networks: new Map(),
}
const app = await buildApp(deps)

/** A session cookie of somebody who signed in just now. */
async function cookieOf(userId: string): Promise<string> {
  const now = archive.clock.now()
  const sid = newId(now)
  await owner.query(
    `insert into user_session (id, user_id, authenticated_at, created_at, last_seen_at, expires_at) values ($1, $2, $3, $3, $3, $4)`,
    [sid, userId, now, addMilliseconds(now, 3_600_000)],
  )
  return `gateway_session=${app.jwt.sign({ sid })}`
}

const people = {
  author: await cookieOf(firm.authorId),
  firm: await cookieOf(firm.firmReviewerId),
  branch: await cookieOf(firm.branchReviewerId),
  owner: await cookieOf(firm.policyOwnerId),
}
type Person = keyof typeof people

async function call(person: Person, method: 'GET' | 'POST', url: string, payload?: object): Promise<string> {
  const answer = await app.inject({
    method,
    url,
    headers: { cookie: people[person], 'content-type': 'application/json', origin: config.publicUrl },
    ...(payload === undefined ? {} : { payload }),
  })
  if (answer.statusCode >= 300) throw new Error(`${method} ${url} answers ${answer.statusCode} ${answer.body}`)
  return answer.body
}

async function measure(
  name: string,
  work: (round: number) => Promise<unknown>,
  limit = limitMs,
): Promise<(string | number)[]> {
  const taken: number[] = []
  for (let round = -2; round < rounds; round += 1) {
    const begin = performance.now()
    await work(round + 2)
    if (round >= 0) taken.push(performance.now() - begin)
  }
  return judge(`${name}, p95 ms (p50 ${quantile(taken, 0.5).toFixed(1)})`, quantile(taken, 0.95), limit, 'less')
}

interface Page {
  readonly items: readonly { readonly reviewId: string; readonly postId: string; readonly contentHash: string }[]
  readonly nextCursor: string | null
}
const page = async (person: Person, url: string): Promise<Page> => JSON.parse(await call(person, 'GET', url)) as Page

const queue = await page('firm', '/api/reviews?limit=100')
const branchQueue = await page('branch', '/api/reviews?limit=20')
const mine = await page('author', '/api/posts?author=me&limit=50')
const get = (person: Person, url: string) => () => call(person, 'GET', url)
const rows: (string | number)[][] = []
async function row(name: string, work: (round: number) => Promise<unknown>, limit?: number): Promise<void> {
  const judged = await measure(name, work, limit)
  console.log(judged.join('  '))
  rows.push(judged)
}
await row('bare select 1', () => archive.db.selectFrom('unit').select('id').limit(1).execute())
await row('my posts', get('author', '/api/posts?author=me'))
await row('my posts of one status', get('author', '/api/posts?author=me&status=draft'))
await row('my posts with a word', get('author', '/api/posts?author=me&q=mortgage'))
await row('one of my posts', (round) => call('author', 'GET', `/api/posts/${mine.items[round]!.postId}`))
await row('the queue of the firm', get('firm', '/api/reviews'))
await row('the queue of the firm, one network', get('firm', '/api/reviews?network=x'))
await row('its next page', get('firm', `/api/reviews?cursor=${queue.nextCursor}`))
await row(
  'what was decided, the firm',
  get('firm', '/api/reviews?status=approved,rejected,changes_requested&sort=closed'),
)
await row('the queue of a branch', get('branch', '/api/reviews'))
await row('figures of the queue, the firm', get('firm', '/api/reviews/summary'))
await row('figures of the queue, a branch', get('branch', '/api/reviews/summary'))
await row('a review, opened', (round) => call('firm', 'GET', `/api/reviews/${queue.items[round]!.reviewId}`))
await row('a review, opened in a branch', (round) =>
  call('branch', 'GET', `/api/reviews/${branchQueue.items[round % branchQueue.items.length]!.reviewId}`),
)
await row('a claim', (round) => call('firm', 'POST', `/api/reviews/${queue.items[round]!.reviewId}/claim`, {}))
await row('a decision', (round) => {
  const { reviewId, contentHash } = queue.items[round]!
  return call('firm', 'POST', `/api/reviews/${reviewId}/decision`, { outcome: 'approved', contentHash })
})
await row('posts of the firm', get('firm', '/api/posts'))
await row('posts of the firm of one status', get('firm', '/api/posts?status=rejected'))
await row('posts of the firm with a word', get('firm', '/api/posts?q=mortgage'))
await row('posts of the firm with a word that nobody wrote', get('firm', '/api/posts?q=unheard'))
await row('posts of a branch', get('branch', '/api/posts'))
await row('posts of a branch with a word', get('branch', '/api/posts?q=mortgage'))
const since = (days: number) =>
  `/api/policies/precision?from=${addMilliseconds(archive.clock.now(), -days * 86_400_000)}`
await row('precision of the rules, 90 days', get('owner', since(90)), reportLimitMs)
await row('precision of the rules, a year', get('owner', since(365)), reportLimitMs)
await row('precision of the rules, everything', get('owner', '/api/policies/precision'), reportLimitMs)

console.log(
  `\nLists and the queue over ${total.toLocaleString('en')} posts, ${open.toLocaleString('en')} open reviews, ${rounds} calls each`,
)
printTable(judgeHeadings, rows)
await app.close()
await owner.end()
await rm(directory, { recursive: true, force: true })
await archive.stop()
