import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byPrecedence, type HeldRole } from '#server/identity/duty-conflict.ts'
import { grantByOperator } from '#server/identity/grant-by-operator.ts'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { roles } from '#shared/permissions.ts'
import { providerClient } from '#test/support/demo-provider.ts'
import { testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { sign, startLyingProvider } from './lying-provider.ts'
import { maya, rolesOf, startScim } from './scim-client.ts'

async function startFirm(t: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway(t)
  const people = {} as Record<'camille' | 'ines' | 'tom' | 'ruth' | 'ada', SignedIn>
  const ids = {} as Record<keyof typeof people, string>
  for (const login of ['camille', 'ines', 'tom', 'ruth', 'ada'] as const) {
    people[login] = await gateway.signIn(login)
    ids[login] = (await people[login].get('/api/me')).json().userId
  }
  const firmId = (await people.ada.get('/api/me')).json().unit.unitId as string
  const ask = (userId: string, role: string, more: object = {}) =>
    people.ada.post('/api/roles/changes', { action: 'grant', reason: 'x', userId, role, unitId: firmId, ...more })
  return { gateway, people, ids, firmId, ask }
}

/** One human being with two accounts, as the provisioning client's employee number says. */
async function joinAccounts(gateway: TestGateway, ...userIds: string[]): Promise<void> {
  await gateway.db.updateTable('app_user').set({ employee_number: '4711' }).where('id', 'in', userIds).execute()
}

const endRoles = (gateway: TestGateway, userId: string, role: 'reviewer' | 'author') =>
  gateway.db
    .updateTable('role_grant')
    .set({ revoked_at: gateway.clock.now() })
    .where('user_id', '=', userId)
    .where('role', '=', role)
    .execute()

/** Why roles of groups were not given, oldest first: role and reason. */
async function refusals(gateway: TestGateway): Promise<string[]> {
  const denied = (await recordsOf(gateway, 'permission.denied')).map(({ content }) => content)
  return denied
    .filter(({ code }) => code === 'duty_conflict')
    .map(({ role, because, held }) => `${String(role)} beside ${String(held)}: ${String(because)}`)
}

test('which role of a group goes before does not depend on the order of the groups', () => {
  const held: HeldRole[] = roles.flatMap((role) => [
    { role, unitPath: ['firm'] },
    { role, unitPath: ['firm', 'b'] },
    { role, unitPath: ['firm', 'a'] },
  ])
  const once = held.toSorted(byPrecedence)
  assert.deepEqual(held.toReversed().toSorted(byPrecedence), once)
  assert.deepEqual([once[0]?.role, once.at(-1)?.role], ['admin', 'author'])
})

test('groups that name an administrator an auditor make an administrator, in whichever order they come (SEC-9)', async (t) => {
  const provider = await startLyingProvider(t)
  const oidc = { issuer: provider.issuer, ...providerClient, groupsClaim: 'groups', groupRoles: demoGroupRoles }
  const gateway = await startGateway(t, { config: { oidc: { ...oidc, scope: 'openid profile groups' } } })
  for (const groups of [
    ['audit', 'administration'],
    ['administration', 'audit'],
  ]) {
    provider.lie((claims, { kid }) => sign({ ...claims, groups }, provider.key, { kid }))
    const me = (await (await gateway.signIn('ruth')).get('/api/me')).json()
    assert.deepEqual(
      me.roles.map((held: { role: string }) => held.role),
      ['admin'],
    )
  }
  assert.deepEqual(await refusals(gateway), Array(2).fill('auditor beside admin: separate_duties'))
})

test('groups that make somebody author and only reviewer make a reviewer; with a second one, both', async (t) => {
  const provider = await startLyingProvider(t)
  const oidc = { issuer: provider.issuer, ...providerClient, groupsClaim: 'groups', groupRoles: demoGroupRoles }
  const gateway = await startGateway(t, { config: { oidc: { ...oidc, scope: 'openid profile groups' } } })
  provider.lie((claims, { kid }) => sign({ ...claims, groups: ['staff', 'compliance'] }, provider.key, { kid }))
  const rolesAtSignIn = async (login: string) => {
    const me = (await (await gateway.signIn(login)).get('/api/me')).json()
    return me.roles.map((held: { role: string }) => held.role).toSorted()
  }
  assert.deepEqual(await rolesAtSignIn('camille'), ['reviewer'])
  assert.deepEqual(await refusals(gateway), ['author beside reviewer: sole_reviewer'])
  assert.deepEqual(await rolesAtSignIn('tom'), ['author', 'reviewer'], 'Camille reviews too')
  assert.deepEqual(await rolesAtSignIn('camille'), ['author', 'reviewer'], 'and now Tom does')
  await gateway.db.updateTable('app_user').set({ active: false }).where('subject', '=', 'tom').execute()
  assert.deepEqual(await rolesAtSignIn('camille'), ['reviewer'], 'alone again')
  assert.deepEqual(
    (await recordsOf(gateway, 'role.revoked')).map(({ content }) => content['role']),
    ['author'],
  )
})

test('a provisioned group makes two people each other’s reviewers, and never one person their own', async (t) => {
  const { gateway, send, patch } = await startScim(t)
  const enter = async (name: string) =>
    (
      await send('POST', '/Users', {
        ...maya,
        userName: name,
        externalId: name,
        emails: [{ value: `${name}@firm.example` }],
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { employeeNumber: name },
      })
    ).json().id as string
  const [one, two] = [await enter('one'), await enter('two')]
  await send('POST', '/Groups', { displayName: 'staff', members: [{ value: one }, { value: two }] })
  const group = (await send('POST', '/Groups', { displayName: 'compliance', members: [{ value: one }] })).json()
  assert.deepEqual(await rolesOf(gateway, one), ['reviewer'])
  await patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: two }] })
  assert.deepEqual(await rolesOf(gateway, two), ['author', 'reviewer'])
  await patch(`/Groups/${group.id}`, { op: 'replace', path: 'members', value: [] })
  await patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: two }, { value: one }] })
  for (const person of [one, two]) assert.deepEqual(await rolesOf(gateway, person), ['author', 'reviewer'])
})

test('duties are a person’s, not an account’s: a second account does not hold what the first may not', async (t) => {
  const { gateway, ids, ask } = await startFirm(t)
  await joinAccounts(gateway, ids.ada, ids.camille)
  const asked = await ask(ids.camille, 'auditor')
  assert.deepEqual([asked.statusCode, asked.json().code], [403, 'duty_conflict'])
  await assert.rejects(grantByOperator(gateway, { person: 'camille', role: 'auditor' }), { code: 'duty_conflict' })
  await endRoles(gateway, ids.ines, 'reviewer')
  await joinAccounts(gateway, ids.tom, ids.ruth)
  const author = await ask(ids.ruth, 'author')
  assert.deepEqual([author.statusCode, author.json().code], [403, 'duty_conflict'], 'Tom alone reviews')
})

test('two accounts of one person are not the two people whom a role change needs (FIN-12)', async (t) => {
  const { gateway, people, ids, ask } = await startFirm(t)
  const { changeId } = (await ask(ids.camille, 'policy_owner')).json()
  await joinAccounts(gateway, ids.ada, ids.ruth)
  const decided = await people.ruth.post(`/api/roles/changes/${changeId}/decision`, { outcome: 'approved' })
  assert.deepEqual([decided.statusCode, decided.json().code], [403, 'second_person_required'])
})

test('a policy owner does not approve their own version by a second account (FIN-12)', async (t) => {
  const { gateway, people, ids } = await startFirm(t)
  const drafted = await people.ada.post('/api/policies/versions', { files: testPolicy })
  assert.equal(drafted.statusCode, 201, drafted.body)
  await joinAccounts(gateway, ids.ada, ids.ines)
  const approved = await people.ines.post(`/api/policies/versions/${drafted.json().version}/approve`)
  assert.deepEqual([approved.statusCode, approved.json().code], [403, 'second_person_required'])
})

test('neither a stop is lifted nor a hold released by one person with two accounts', async (t) => {
  const { gateway, people, ids, firmId } = await startFirm(t)
  await joinAccounts(gateway, ids.tom, ids.ines)
  const stop = await people.tom.post('/api/stops', { scope: 'unit', scopeId: firmId, reason: 'x' })
  const lift = (person: SignedIn) => person.post(`/api/stops/${stop.json().stopId}/lift`, { reason: 'x' })
  assert.equal((await lift(people.tom)).statusCode, 200)
  assert.equal((await lift(people.ines)).json().code, 'second_person_required')
  assert.equal((await lift(people.ada)).statusCode, 200)

  await grantByOperator(gateway, { person: 'camille', role: 'records_officer' })
  await grantByOperator(gateway, { person: 'ines', role: 'records_officer' })
  await joinAccounts(gateway, ids.ruth, ids.camille)
  await gateway.db.updateTable('app_user').set({ employee_number: '4712' }).where('id', '=', ids.ines).execute()
  const hold = await people.ruth.post('/api/holds', { name: 'x', reason: 'x', scope: {} })
  assert.equal(hold.statusCode, 201, hold.body)
  const release = (person: SignedIn) => person.post(`/api/holds/${hold.json().holdId}/release`, { reason: 'x' })
  assert.equal((await release(people.ruth)).statusCode, 200)
  assert.equal((await release(people.camille)).json().code, 'second_person_required')
  assert.equal((await release(people.ines)).statusCode, 200)
})

test('the operator makes nobody author and only reviewer of one unit', async (t) => {
  const { gateway, ids } = await startFirm(t)
  await endRoles(gateway, ids.ines, 'reviewer')
  await assert.rejects(grantByOperator(gateway, { person: 'tom', role: 'author' }), { code: 'duty_conflict' })
  await assert.rejects(grantByOperator(gateway, { person: 'nobody', role: 'author' }), { code: 'not_found' })
})

test('a second reviewer counts while they review: not before, not with an end in sight, and not on loan', async (t) => {
  const { gateway, people, ids, firmId, ask } = await startFirm(t)
  const paris = (await people.ada.post('/api/units', { parentId: firmId, name: 'Paris', slug: 'paris' })).json().unitId
  const inesReviews = (change: object) =>
    gateway.db
      .updateTable('role_grant')
      .set(change)
      .where('user_id', '=', ids.ines)
      .where('role', '=', 'reviewer')
      .execute()
  const code = async (more: object = {}) => (await ask(ids.tom, 'author', more)).json().code
  await inesReviews({ granted_at: '2026-06-01T00:00:00.000Z' })
  assert.equal(await code(), 'duty_conflict', 'only from June on')
  await inesReviews({ granted_at: '2026-01-01T00:00:00.000Z', revoked_at: '2026-06-01T00:00:00.000Z' })
  assert.equal(await code(), 'duty_conflict', 'only until June')
  await inesReviews({ revoked_at: null, unit_id: paris })
  const validUntil = '2026-03-09T09:00:00.000Z'
  const lent = await people.tom.post('/api/delegations', {
    toUserId: ids.ines,
    unitId: firmId,
    validUntil,
    reason: 'x',
  })
  assert.equal(lent.statusCode, 201, lent.body)
  assert.equal(await code(), 'duty_conflict', 'what Inès reviews for the firm is Tom’s own')
  await inesReviews({ unit_id: firmId })
  assert.equal(await code({ effectiveAt: '2026-04-01T00:00:00.000Z' }), undefined)
})

test('nobody lends reviewing to their own second account', async (t) => {
  const { gateway, people, ids, firmId } = await startFirm(t)
  await joinAccounts(gateway, ids.tom, ids.ines)
  const wish = { toUserId: ids.ines, unitId: firmId, validUntil: '2026-03-09T09:00:00.000Z', reason: 'x' }
  assert.equal((await people.tom.post('/api/delegations', wish)).statusCode, 422)
})

test('a role that a group gives is not taken away for show', async (t) => {
  const { ids, ask } = await startFirm(t)
  const asked = await ask(ids.tom, 'reviewer', { action: 'revoke' })
  assert.deepEqual([asked.statusCode, asked.json().code], [409, 'conflict'])
  assert.match(asked.json().detail, /out of the group/)
})
