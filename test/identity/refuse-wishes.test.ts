import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'

const day = 86_400_000

interface Firm {
  readonly gateway: TestGateway
  readonly ada: SignedIn
  readonly ines: SignedIn
  readonly ruth: SignedIn
  readonly firmId: string
  /** An instant so many milliseconds from now. */
  readonly after: (milliseconds: number) => string
  readonly idOf: (person: SignedIn) => Promise<string>
}

async function openFirm(t: TestContext): Promise<Firm> {
  const gateway = await startGateway(t)
  const me = async (person: SignedIn) =>
    (await person.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
  const ada = await gateway.signIn('ada')
  return {
    gateway,
    ada,
    ines: await gateway.signIn('ines'),
    ruth: await gateway.signIn('ruth'),
    firmId: (await me(ada)).unit.unitId,
    after: (milliseconds) => addMilliseconds(gateway.clock.now(), milliseconds),
    idOf: async (person) => (await me(person)).userId,
  }
}

/** What a call is answered: `done`, or the code and the sentence of its refusal. */
async function told(who: SignedIn, url: string, body: object): Promise<string> {
  const answer = await who.post(url, body)
  if (answer.statusCode < 300) return 'done'
  const { code, detail } = answer.json<{ code: string; detail: string }>()
  return `${code}: ${detail}`
}

test('A role that is not held, that a group gives, or that is asked for already is not taken away or asked for again', async (t) => {
  const { ada, ines, ruth, firmId, idOf } = await openFirm(t)
  const userId = await idOf(ines)
  const wish = (role: string, action: string) => ({ userId, role, unitId: firmId, action, reason: 'x' })
  const ask = (role: string, action: string) => told(ada, '/api/roles/changes', wish(role, action))
  assert.match(await ask('auditor', 'revoke'), /^conflict: This person does not hold that role/)
  assert.match(await ask('reviewer', 'revoke'), /^conflict: This role comes from a group/)
  assert.match(await ask('reviewer', 'grant'), /^conflict: This person already holds that role/)
  assert.equal(await ask('records_officer', 'grant'), 'done')
  assert.match(await ask('records_officer', 'grant'), /^conflict: The same change is already waiting/)
  assert.match(await told(ruth, '/api/roles/changes', wish('auditor', 'grant')), /^forbidden/)
})

test('A role is not given to somebody who has left meanwhile; the wish is rejected instead', async (t) => {
  const { gateway, ada, ines, ruth, firmId, idOf } = await openFirm(t)
  const userId = await idOf(ines)
  const wish = { userId, role: 'records_officer', unitId: firmId, action: 'grant', reason: 'x' }
  const { changeId } = (await ada.post('/api/roles/changes', wish)).json<{ changeId: string }>()
  assert.equal(await told(ada, `/api/users/${userId}/deactivate`, { reason: 'left' }), 'done')
  const decide = (outcome: string) => told(ruth, `/api/roles/changes/${changeId}/decision`, { outcome })
  assert.match(await decide('approved'), /^conflict: This person has left/)
  const held = gateway.db.selectFrom('role_grant').select('id').where('user_id', '=', userId)
  assert.deepEqual(await held.where('role', '=', 'records_officer').execute(), [])
  assert.equal(await decide('rejected'), 'done', 'what was refused changed nothing')
  assert.match(await told(ada, '/api/roles/changes', wish), /^not_found: No such active person/)
})

test('Nothing is lent to somebody who is not there, or has left', async (t) => {
  const { gateway, ada, ines, firmId, after, idOf } = await openFirm(t)
  const tom = await idOf(await gateway.signIn('tom'))
  const lend = (toUserId: string) =>
    told(ines, '/api/delegations', { toUserId, unitId: firmId, validUntil: after(day), reason: 'x' })
  assert.match(await lend(crypto.randomUUID()), /^not_found: No such active person/)
  assert.equal(await lend(tom), 'done')
  await told(ada, `/api/users/${tom}/deactivate`, { reason: 'left' })
  assert.match(await lend(tom), /^not_found: No such active person/)
})

test('A qualification ends after it begins, and is of somebody who is there', async (t) => {
  const { ada, ines, after, idOf } = await openFirm(t)
  const userId = await idOf(ines)
  const enter = (validUntil: string, whose = userId) =>
    told(ada, '/api/qualifications', { userId: whose, qualification: 'principal', validFrom: after(day), validUntil })
  assert.match(await enter(after(day)), /^unprocessable: A qualification ends after it begins/)
  assert.match(await enter(after(day - 1)), /^unprocessable/)
  assert.match(await enter(after(2 * day), crypto.randomUUID()), /^not_found: No such person/)
  assert.equal(await enter(after(day + 1)), 'done')
  const end = `/api/qualifications/${crypto.randomUUID()}/end`
  assert.match(await told(ada, end, { reason: 'x' }), /^not_found: No such qualification/)
})

test('An examination is of a unit that is there, and ends within a year', async (t) => {
  const { ruth, firmId, after } = await openFirm(t)
  const open = (validUntil: string, unitId = firmId) =>
    told(ruth, '/api/examiners', { name: 'E', organisation: 'AMF', purpose: 'x', unitId, validUntil })
  assert.match(await open(after(0)), /^unprocessable: An examination ends at a time within a year/)
  assert.match(await open(after(-1)), /^unprocessable/)
  assert.match(await open(after(367 * day)), /^unprocessable/)
  assert.match(await open(after(day), crypto.randomUUID()), /^not_found: No such unit/)
  assert.equal(await open(after(1)), 'done')
  const end = `/api/examiners/${crypto.randomUUID()}/end`
  assert.match(await told(ruth, end, {}), /^not_found: No such examiner/)
})

test('A unit is not moved below itself or into nowhere, and the firm is not moved at all', async (t) => {
  const { ada, firmId } = await openFirm(t)
  const add = async (slug: string, parentId: string) =>
    (await ada.post('/api/units', { parentId, name: slug, slug })).json<{ unitId: string }>().unitId
  const paris = await add('paris', firmId)
  const desk = await add('desk', paris)
  const move = async (unitId: string, parentId: string) => {
    const answer = await ada.inject({ method: 'PATCH', url: `/api/units/${unitId}`, payload: { parentId } })
    return answer.statusCode < 300 ? 'done' : answer.json<{ code: string }>().code
  }
  assert.equal(await move(paris, desk), 'conflict')
  assert.equal(await move(paris, paris), 'conflict')
  assert.equal(await move(firmId, paris), 'conflict')
  assert.equal(await move(paris, crypto.randomUUID()), 'not_found')
  assert.equal(await move(crypto.randomUUID(), paris), 'not_found')
  assert.equal(await move(desk, firmId), 'done')
})

test('Who is not there is not off-boarded, and who is off-boarded is out at once', async (t) => {
  const { ada, ines, idOf } = await openFirm(t)
  const userId = await idOf(ines)
  const url = (id: string, act: string) => `/api/users/${id}/${act}`
  assert.match(await told(ada, url(crypto.randomUUID(), 'deactivate'), { reason: 'x' }), /^not_found/)
  assert.match(await told(ada, url(crypto.randomUUID(), 'reactivate'), { reason: 'x' }), /^not_found/)
  assert.equal(await told(ada, url(userId, 'deactivate'), { reason: 'x' }), 'done')
  assert.equal((await ines.get('/api/me')).statusCode, 401)
})
