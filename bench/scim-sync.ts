import { printTable, quantile } from './archive-fixture.ts'
import { scimToken, startBenchIdentity } from './identity-fixture.ts'

// A first synchronisation as provisioning clients do it: ask for each person, enter them, then fill the groups.
const people = Number(process.argv[2] ?? 10_000)
const units = Number(process.argv[3] ?? 500)
const lanes = 8
const aimSeconds = 60
const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const bench = await startBenchIdentity()
const { app, db, firmId } = bench

async function send(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  payload?: object,
): Promise<{ id: string; totalResults?: number }> {
  const started = performance.now()
  const answer = await app.inject({
    method,
    url: `/scim/v2${url}`,
    headers: { authorization: `Bearer ${scimToken}`, 'content-type': 'application/scim+json' },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  })
  times.push(performance.now() - started)
  if (answer.statusCode >= 300) throw new Error(`${method} ${url} answers ${answer.statusCode} ${answer.body}`)
  return answer.json()
}

const times: number[] = []
const began = performance.now()
const seconds = () => ((performance.now() - began) / 1000).toFixed(1)

/** Works through numbers in several lanes at once and says how far it is. */
async function work(what: string, total: number, act: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < total) {
      const at = next
      next += 1
      await act(at)
      if ((at + 1) % Math.max(1, Math.floor(total / 5)) === 0)
        console.log(
          `${seconds().padStart(6)} s  ${what} ${(at + 1).toLocaleString('en')} of ${total.toLocaleString('en')}`,
        )
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const now = new Date().toISOString()
await work('units', units, async (at) => {
  const id = crypto.randomUUID()
  await db
    .insertInto('unit')
    .values({ id, parent_id: firmId, name: `Unit ${at}`, slug: `unit-${at}`, path: [firmId, id], created_at: now })
    .execute()
})
const ids: string[] = []
await work('people', people, async (at) => {
  const userName = `person.${at}@firm.example`
  const known = await send('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)
  if (known.totalResults !== 0) throw new Error('somebody is there already')
  const made = await send('POST', '/Users', {
    schemas: [core, enterprise],
    userName,
    externalId: `id-${at}`,
    name: { givenName: 'Person', familyName: String(at) },
    emails: [{ value: userName, type: 'work', primary: true }],
    active: true,
    [enterprise]: { employeeNumber: String(at), department: `Unit ${at % units}` },
  })
  ids[at] = made.id
})
await work('groups', units, async (at) => {
  // One group in ten means a role.
  const { id } = await send('POST', '/Groups', {
    displayName: at === 0 ? 'authors' : at === 1 ? 'compliance' : `Unit ${at}`,
  })
  const members = ids.filter((_, index) => index % units === at).map((value) => ({ value }))
  await send('PATCH', `/Groups/${id}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'add', path: 'members', value: members }],
  })
})
const took = (performance.now() - began) / 1000
const { count } = await db
  .selectFrom('app_user')
  .select((select) => select.fn.countAll<number>().as('count'))
  .where('scim', 'is not', null)
  .executeTakeFirstOrThrow()
const records = await db
  .selectFrom('archive.archive_record')
  .select((select) => select.fn.countAll<number>().as('count'))
  .executeTakeFirstOrThrow()
await bench.stop()

console.log(
  `\nSCIM synchronisation of ${people.toLocaleString('en')} people and ${units.toLocaleString('en')} units and groups, ${lanes} at a time`,
)
printTable(
  ['', 'value'],
  [
    ['seconds', took.toFixed(1)],
    ['people in the database', count],
    ['records written', records.count],
    ['calls', times.length],
    ['calls a second', Math.round(times.length / took)],
    ['ms a call, p50', quantile(times, 0.5).toFixed(1)],
    ['ms a call, p95', quantile(times, 0.95).toFixed(1)],
  ],
)
const whole = people >= 10_000 && units >= 500
console.log(
  `aim < ${aimSeconds} s for 10,000 people and 500 units: ${whole ? (took < aimSeconds ? 'met' : 'missed') : 'not asked here'}`,
)
