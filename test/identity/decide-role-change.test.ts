import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignedIn } from '#test/support/sign-in.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'

interface Firm {
  readonly gateway: TestGateway
  readonly ada: SignedIn
  readonly tom: SignedIn
  readonly ruth: SignedIn
  readonly firmId: string
  readonly idOf: (name: string) => Promise<string>
}

async function startFirm(t: Parameters<typeof startGateway>[0]): Promise<Firm> {
  const gateway = await startGateway(t)
  for (const login of ['camille', 'ines']) await gateway.signIn(login)
  const [ada, tom, ruth] = [await gateway.signIn('ada'), await gateway.signIn('tom'), await gateway.signIn('ruth')]
  const firmId = (await ada.get('/api/me')).json().unit.unitId
  const idOf = async (name: string) =>
    (await ada.get(`/api/users?q=${encodeURIComponent(name)}`)).json().items[0].userId
  return { gateway, ada, tom, ruth, firmId, idOf }
}

const ask = (person: SignedIn, change: object) =>
  person.post('/api/roles/changes', { action: 'grant', reason: 'new duty', ...change })
const decide = (person: SignedIn, changeId: string, outcome = 'approved') =>
  person.post(`/api/roles/changes/${changeId}/decision`, { outcome })

test('a role is given when a second person agrees, from the stated time on (FIN-12)', async (t) => {
  const { gateway, ada, tom, firmId, idOf } = await startFirm(t)
  const userId = await idOf('Camille')
  const effectiveAt = '2026-03-03T09:00:00.000Z'
  const asked = await ask(ada, { userId, role: 'reviewer', unitId: firmId, effectiveAt })
  assert.equal(asked.statusCode, 201, asked.body)
  const { changeId } = asked.json()
  const own = await decide(ada, changeId)
  assert.deepEqual([own.statusCode, own.json().code], [403, 'second_person_required'])
  assert.equal((await decide(tom, changeId)).json().outcome, 'approved')
  assert.equal((await decide(tom, changeId)).json().code, 'already_decided')
  const roles = async () =>
    (await (await gateway.signIn('camille')).get('/api/me'))
      .json()
      .roles.map((held: { role: string }) => held.role)
      .toSorted()
  assert.deepEqual(await roles(), ['author'])
  gateway.clock.set(effectiveAt)
  assert.deepEqual(await roles(), ['author', 'reviewer'])
  const [granted] = (await recordsOf(gateway, 'role.granted')).filter(({ content }) => content['changeId'] === changeId)
  assert.equal(granted?.content['effectiveAt'], effectiveAt)
})

test('the person concerned does not decide, and a rejection changes nothing', async (t) => {
  const { gateway, ada, tom, ruth, firmId, idOf } = await startFirm(t)
  const userId = await idOf('Tom')
  const { changeId } = (await ask(ada, { userId, role: 'policy_owner', unitId: firmId })).json()
  assert.equal((await decide(tom, changeId)).json().code, 'second_person_required')
  assert.equal((await decide(ruth, changeId, 'rejected')).json().outcome, 'rejected')
  assert.deepEqual(
    (await recordsOf(gateway, 'role.change_decided')).map(({ content }) => content['outcome']),
    ['rejected'],
  )
  assert.ok(!(await tom.get('/api/me')).json().permissions.includes('policy.write'))
})

test('duties that conflict are refused when they are asked for', async (t) => {
  const { ada, firmId, idOf } = await startFirm(t)
  const refused = async (name: string, role: string) =>
    (await ask(ada, { userId: await idOf(name), role, unitId: firmId })).json().code
  assert.equal(await refused('Ruth', 'admin'), 'duty_conflict', 'who audits does not administer')
  assert.equal(await refused('Ada', 'auditor'), 'duty_conflict', 'who administers does not audit')
  assert.equal(await refused('Ruth', 'auditor'), 'conflict', 'held already')
})

test('nobody becomes author and only reviewer of one unit', async (t) => {
  const { gateway, ada, firmId, idOf } = await startFirm(t)
  const tomId = await idOf('Tom')
  assert.equal((await ask(ada, { userId: tomId, role: 'author', unitId: firmId })).statusCode, 201, 'Inès reviews too')
  await gateway.db
    .updateTable('role_grant')
    .set({ revoked_at: gateway.clock.now() })
    .where('user_id', '=', await idOf('Inès'))
    .execute()
  const unit = (await ada.post('/api/units', { parentId: firmId, name: 'Paris', slug: 'paris' })).json()
  const alone = await ask(ada, { userId: tomId, role: 'author', unitId: unit.unitId })
  assert.deepEqual([alone.statusCode, alone.json().code], [403, 'duty_conflict'])
  const camille = await ask(ada, { userId: await idOf('Camille'), role: 'reviewer', unitId: firmId })
  assert.equal(camille.statusCode, 201, 'Tom reviews too')
})

test('a role that ends takes the person’s open sessions with it', async (t) => {
  const { gateway, ada, tom, firmId, idOf } = await startFirm(t)
  const userId = await idOf('Camille')
  const given = (await ask(ada, { userId, role: 'policy_owner', unitId: firmId })).json()
  await decide(tom, given.changeId)
  const camille = await gateway.signIn('camille')
  assert.ok((await camille.get('/api/me')).json().permissions.includes('policy.write'))
  const taken = (await ask(ada, { userId, role: 'policy_owner', unitId: firmId, action: 'revoke' })).json()
  assert.equal((await decide(tom, taken.changeId)).statusCode, 200)
  assert.equal((await camille.get('/api/me')).json().code, 'session_expired')
  const again = await gateway.signIn('camille')
  assert.ok(!(await again.get('/api/me')).json().permissions.includes('policy.write'))
})

test('the same change waits only once, and two who decide at once decide once', async (t) => {
  const { ada, tom, ruth, firmId, idOf } = await startFirm(t)
  const wish = { userId: await idOf('Camille'), role: 'policy_owner', unitId: firmId }
  const { changeId } = (await ask(ada, wish)).json()
  assert.equal((await ask(ada, wish)).json().code, 'conflict')
  const codes = (await Promise.all([decide(tom, changeId), decide(ruth, changeId)])).map((answer) => answer.statusCode)
  assert.deepEqual(
    codes.toSorted((a, b) => a - b),
    [200, 409],
  )
  const { items } = (await tom.get('/api/roles/changes?status=decided')).json()
  assert.equal(items.length, 1)
})

test('what somebody could do on a day is answered from the records', async (t) => {
  const { gateway, ada, tom, ruth, firmId, idOf } = await startFirm(t)
  const userId = await idOf('Camille')
  const at = async (instant: string) => (await ruth.get(`/api/users/${userId}/permissions?at=${instant}`)).json()
  const before = gateway.clock.now()
  gateway.clock.advance(60_000)
  const { changeId } = (await ask(ada, { userId, role: 'policy_owner', unitId: firmId })).json()
  await decide(tom, changeId)
  const during = gateway.clock.now()
  gateway.clock.advance(60_000)
  await ada.post(`/api/users/${userId}/deactivate`, { reason: 'left the firm' })
  const afterwards = gateway.clock.now()
  // The tables of today are of no account.
  await gateway.db
    .updateTable('role_grant')
    .set({ role: 'admin' })
    .where('user_id', '=', userId)
    .where('role', '=', 'author')
    .execute()
  const roles = async (instant: string) =>
    (await at(instant)).roles.map((held: { role: string }) => held.role).toSorted()
  assert.deepEqual(await roles('2020-01-01T00:00:00.000Z'), [])
  assert.deepEqual(await roles(before), ['author'])
  assert.deepEqual(await roles(during), ['author', 'policy_owner'])
  assert.deepEqual([await roles(afterwards), (await at(afterwards)).active], [[], false])
  const write = (await at(during)).permissions.find(
    (held: { permission: string }) => held.permission === 'policy.write',
  )
  assert.deepEqual(write.unitIds, [firmId])
})
