import { sql } from 'kysely'
import { addMilliseconds, systemClock } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import { printTable, quantile } from './archive-fixture.ts'
import { startBenchIdentity } from './identity-fixture.ts'

// What a session and a permission cost: the same route with and without them, in turn, so that a busy machine slows both.
const rounds = 4_000
const people = 10_000
const overheadTargetMs = 1

// One bare round trip to the same database stands beside them: it is what any check that ends at once has to pay.
const bench = await startBenchIdentity((app, db) => {
  app.get(
    '/bench/database',
    { config: { permission: 'public' } },
    async () => (await sql`select 1 as ok`.execute(db)).rows,
  )
  app.get('/bench/without', { config: { permission: 'public' } }, async () => ({ ok: true }))
  app.get('/bench/with', { config: { permission: 'session.read' } }, async () => ({ ok: true }))
})
const { app, db, firmId } = bench
const now = systemClock.now()

await sql`insert into app_user (id, issuer, subject, display_name, unit_id, created_at, updated_at)
  select gen_random_uuid(), 'bench', n::text, 'Person ' || n, ${firmId}, ${now}, ${now} from generate_series(1, ${people}) n`.execute(
  db,
)
await sql`insert into role_grant (id, user_id, role, unit_id, source, granted_at)
  select gen_random_uuid(), id, role::role_name, ${firmId}, 'group', ${now} from app_user, unnest(array['author', 'reviewer']) role`.execute(
  db,
)
await sql`insert into user_session (id, user_id, authenticated_at, created_at, last_seen_at, expires_at)
  select gen_random_uuid(), id, ${now}, ${now}, ${now}, ${addMilliseconds(now, 86_400_000)} from app_user`.execute(db)
await sql`analyze`.execute(db).catch(() => undefined)
const sessions = await db.selectFrom('user_session').select('id').limit(1_000).execute()
const cookies = sessions.map(({ id }) => `gateway_session=${app.jwt.sign({ sid: id })}`)

async function measure(url: string, round: number): Promise<number> {
  const started = performance.now()
  const answer = await app.inject({
    url,
    headers: { cookie: cookies[round % cookies.length] ?? '', 'x-request-id': newId(now) },
  })
  const took = performance.now() - started
  if (answer.statusCode !== 200) throw new Error(`${url} answers ${answer.statusCode} ${answer.body}`)
  return took
}

const times = { '/bench/without': [] as number[], '/bench/database': [] as number[], '/bench/with': [] as number[] }
type Route = keyof typeof times
const routes = Object.keys(times) as Route[]
for (let round = -500; round < rounds; round += 1) {
  for (const route of routes) {
    const took = await measure(route, Math.abs(round))
    if (round >= 0) times[route].push(took)
  }
}
await bench.stop()

const row = (name: string, share: number) => {
  const [plain, database, checked] = routes.map((route) => quantile(times[route], share)) as [number, number, number]
  return [
    name,
    plain.toFixed(3),
    database.toFixed(3),
    checked.toFixed(3),
    (checked - plain).toFixed(3),
    (checked / plain).toFixed(1),
  ]
}
console.log(
  `Authenticated request, ${people.toLocaleString('en')} people, ${rounds.toLocaleString('en')} requests each, one at a time`,
)
printTable(
  ['ms', 'without', 'with “select 1”', 'with session and permission', 'overhead', 'ratio'],
  [row('p50', 0.5), row('p95', 0.95), row('p99', 0.99)],
)
const overhead = quantile(times['/bench/with'], 0.95) - quantile(times['/bench/without'], 0.95)
console.log(
  `overhead at p95: ${overhead.toFixed(3)} ms, aim < ${overheadTargetMs} ms: ${overhead < overheadTargetMs ? 'met' : 'missed'}`,
)
