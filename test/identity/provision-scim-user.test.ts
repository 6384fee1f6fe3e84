import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demoGroupRoles } from '#server/embedded/demo-people.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { isSamePerson } from '#server/identity/same-person.ts'
import { core, enterprise, maya, patchOp, person, rolesOf, scimToken, startScim } from './scim-client.ts'

test('a person is entered, read, replaced and found, in the protocol’s own form', async (t) => {
  const { gateway, send } = await startScim(t)
  const ada = await gateway.signIn('ada')
  const firm = (await ada.get('/api/me')).json().unit.unitId
  const paris = (await ada.post('/api/units', { parentId: firm, name: 'Paris', slug: 'paris' })).json().unitId
  const made = await send('POST', '/Users', maya)
  assert.equal(made.statusCode, 201, made.body)
  assert.match(String(made.headers['content-type']), /^application\/scim\+json/)
  const { id } = made.json()
  const row = await gateway.db
    .selectFrom('app_user')
    .select(['display_name', 'locale', 'unit_id', 'email', 'employee_number'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  assert.deepEqual(row, {
    display_name: 'Maya Stone',
    locale: 'fr',
    unit_id: paris,
    email: 'maya.stone@firm.example',
    employee_number: '4711',
  })
  assert.equal((await send('GET', `/Users/${id}`)).json().meta.resourceType, 'User')
  const found = (await send('GET', '/Users?filter=userName%20eq%20%22maya.stone@FIRM.example%22')).json()
  assert.deepEqual([found.totalResults, found.Resources[0].userName], [1, maya.userName])
  const replaced = await send('PUT', `/Users/${id}`, { ...maya, displayName: 'Maya S.', emails: undefined })
  assert.deepEqual([replaced.json().displayName, replaced.json().emails], ['Maya S.', undefined])
  assert.equal(
    (await recordsOf(gateway, 'user.provisioned')).filter(({ content }) => content['source'] === 'scim').length,
    1,
  )
})

test('the same name or external id is taken once', async (t) => {
  const { send } = await startScim(t)
  await send('POST', '/Users', maya)
  const again = await send('POST', '/Users', { ...maya, userName: maya.userName.toUpperCase(), externalId: 'other' })
  assert.deepEqual([again.statusCode, again.json().scimType, again.json().status], [409, 'uniqueness', '409'])
  assert.equal((await send('POST', '/Users', { ...maya, userName: 'other' })).statusCode, 409)
})

test('people who are entered at the same moment each have an outcome, a record and marks of their own', async (t) => {
  const { gateway, send } = await startScim(t)
  const at = (name: string, number: string) =>
    send('POST', '/Users', { ...person(name), schemas: [core, enterprise], [enterprise]: { employeeNumber: number } })
  const both = await Promise.all([at('ann', '7'), at('ann', '8')])
  assert.deepEqual(new Set(both.map(({ statusCode }) => statusCode)), new Set([201, 409]), 'one of two of one name')
  const answers = await Promise.all([
    at('bob', '1'),
    at('ann', '2'),
    at('robert', '01'),
    at('cy', '3'),
    at('dora', '4'),
  ])
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [201, 409, 201, 201, 201],
    'a name that is taken is nobody else’s loss',
  )
  const [bob, , robert, cy] = answers.map((answer) => answer.json<{ id: string; meta: { version: string } }>())
  assert.equal((await send('GET', `/Users/${cy!.id}`)).json().meta.version, cy!.meta.version)
  assert.equal(await isSamePerson(gateway.db, bob!.id, robert!.id), true)
  assert.equal(await isSamePerson(gateway.db, bob!.id, cy!.id), false)
  const names = (await recordsOf(gateway, 'user.provisioned')).map(({ content }) => String(content['displayName']))
  assert.deepEqual(names.toSorted(), ['ann', 'bob', 'cy', 'dora', 'robert'])
})

test('who is entered while nothing else is known of them belongs to the firm, or is who signed in before', async (t) => {
  const { gateway, send } = await startScim(t)
  const first = await send('POST', '/Users', person('first'))
  assert.equal(first.statusCode, 201, 'before there is a firm')
  await gateway.signIn('camille')
  const camille = await send('POST', '/Users', { ...person('camille'), externalId: 'camille' })
  const people = await gateway.db
    .selectFrom('app_user')
    .innerJoin('unit', 'unit.id', 'app_user.unit_id')
    .select(['app_user.id', 'subject', 'unit.slug'])
    .where('scim', 'is not', null)
    .orderBy('subject')
    .execute()
  assert.deepEqual(people, [
    { id: camille.json().id, subject: 'camille', slug: people[0]!.slug },
    { id: first.json().id, subject: 'id-first', slug: 'firm' },
  ])
  assert.equal((await recordsOf(gateway, 'user.updated')).length, 1, 'the same person goes on')
  const { version } = camille.json().meta
  const again = await send('PUT', `/Users/${camille.json().id}`, { ...person('camille'), externalId: 'camille' })
  assert.equal(again.json().meta.version, version, 'what changes nothing is no change')
  assert.equal((await recordsOf(gateway, 'user.updated')).length, 1)
})

test('what does not fit the schemas is refused in the protocol’s form of errors', async (t) => {
  const { send, patch } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  const errors = [
    await send('POST', '/Users', { schemas: [core] }),
    await send('POST', '/Users', { ...maya, userName: 'x', active: 'perhaps' }),
    await patch(`/Users/${id}`, { op: 'bogus', path: 'displayName', value: 'x' }),
    await patch(`/Users/${id}`, { op: 'remove', path: 'userName' }),
    await send('PATCH', `/Users/${id}`, { schemas: [patchOp] }),
    await send('GET', '/Users?filter=userName%20resembles%20%22x%22'),
    await send('GET', '/Users?filter=shoeSize%20eq%20%2242%22'),
  ]
  for (const answer of errors) {
    assert.equal(answer.statusCode, 400, answer.body)
    assert.deepEqual(answer.json().schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'])
  }
  const missing = await send('GET', '/Users/019cadc6-9a80-7180-a569-b26124ce212c')
  assert.deepEqual([missing.statusCode, missing.json().status], [404, '404'])
})

test('people are found by the filters that provisioning clients send', async (t) => {
  const { gateway, send } = await startScim(t)
  const names = ['anna', 'bert', 'cora']
  for (const [index, name] of names.entries()) {
    gateway.clock.advance(1000)
    await send('POST', '/Users', {
      schemas: [core],
      userName: `${name}@firm.example`,
      externalId: `id-${name}`,
      displayName: name,
      active: index !== 1,
      emails: [{ value: `${name}@mail.example` }],
    })
  }
  const find = async (filter: string) => {
    const answer = await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json().Resources.map((user: { displayName: string }) => user.displayName)
  }
  const cases: readonly [string, string[]][] = [
    ['userName eq "ANNA@firm.example"', ['anna']],
    ['externalId eq "id-bert"', ['bert']],
    ['externalId eq "ID-bert"', []],
    ['active eq false', ['bert']],
    ['active eq "True"', ['anna', 'cora']],
    ['displayName sw "a" or displayName ew "a"', ['anna', 'cora']],
    ['userName co "er" and active eq true', []],
    ['not (displayName eq "anna")', ['bert', 'cora']],
    ['emails.value eq "cora@mail.example"', ['cora']],
    ['emails[value eq "cora@mail.example"]', ['cora']],
    ['externalId pr', names],
    ['displayName ne "anna"', ['bert', 'cora']],
    ['(displayName eq "anna" or displayName eq "bert") and active eq true', ['anna']],
    ['meta.lastModified ge "2026-01-01T00:00:00Z"', names],
    ['displayName eq "a%"', []],
    ['displayName sw "%"', []],
  ]
  for (const [filter, expected] of cases) assert.deepEqual(await find(filter), expected, filter)
  const page = (await send('GET', '/Users?startIndex=2&count=1')).json()
  assert.deepEqual(
    [page.totalResults, page.startIndex, page.itemsPerPage, page.Resources[0].displayName],
    [3, 2, 1, 'bert'],
  )
  assert.equal((await send('GET', '/Users?count=0')).json().totalResults, 3)
})

test('active: false off-boards within the call, however the client writes it', async (t) => {
  const { gateway, send, patch } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  const off = async () =>
    (await gateway.db.selectFrom('app_user').select('active').where('id', '=', id).executeTakeFirstOrThrow()).active
  await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })
  assert.equal(await off(), false)
  await patch(`/Users/${id}`, { op: 'replace', value: { active: true } })
  assert.equal(await off(), true)
  await patch(`/Users/${id}`, { op: 'replace', value: { active: 'false' } })
  assert.equal(await off(), false)
  await send('PUT', `/Users/${id}`, maya)
  assert.equal(await off(), true)
  assert.equal((await send('DELETE', `/Users/${id}`)).statusCode, 204)
  assert.equal(await off(), false)
  assert.equal((await send('GET', `/Users/${id}`)).statusCode, 404)
  assert.equal((await recordsOf(gateway, 'user.deactivated')).length, 3)
  const back = await send('POST', '/Users', maya)
  assert.deepEqual([back.statusCode, back.json().id], [201, id], 'the same external id is the same person')
  assert.equal(await off(), true)
})

test('off-boarding somebody who is signed in ends their session at once', async (t) => {
  const { gateway, send, patch } = await startScim(t)
  const tom = await gateway.signIn('tom')
  const made = await send('POST', '/Users', {
    schemas: [core],
    userName: 'tom',
    externalId: 'tom',
    displayName: 'Tom Baker',
  })
  assert.equal(made.json().id, (await tom.get('/api/me')).json().userId, 'the provider’s subject is the external id')
  await patch(`/Users/${made.json().id}`, { op: 'replace', path: 'active', value: false })
  assert.equal((await tom.get('/api/me')).json().code, 'session_expired')
  await assert.rejects(gateway.signIn('tom'), /forbidden/)
})

test('groups give the roles that their names are mapped to, and take them back', async (t) => {
  const { gateway, send, patch } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  const other = (await send('POST', '/Users', { schemas: [core], userName: 'other' })).json().id
  const group = (await send('POST', '/Groups', { displayName: 'compliance', members: [{ value: id }] })).json()
  assert.deepEqual(await rolesOf(gateway, id), ['reviewer'])
  assert.deepEqual((await send('GET', `/Users/${id}`)).json().groups[0].display, 'compliance')
  await patch(
    `/Groups/${group.id}`,
    { op: 'Add', path: 'members', value: [{ value: other }] },
    { op: 'Remove', path: `members[value eq "${id}"]` },
  )
  assert.deepEqual([await rolesOf(gateway, id), await rolesOf(gateway, other)], [[], ['reviewer']])
  await patch(`/Groups/${group.id}`, { op: 'replace', path: 'members', value: [{ value: id }] })
  assert.deepEqual([await rolesOf(gateway, id), await rolesOf(gateway, other)], [['reviewer'], []])
  await patch(`/Groups/${group.id}`, { op: 'replace', value: { displayName: 'records' } })
  assert.deepEqual(await rolesOf(gateway, id), ['records_officer'])
  await patch(`/Groups/${group.id}`, { op: 'remove', path: 'members', value: [{ value: id }] })
  assert.deepEqual(await rolesOf(gateway, id), [])
  await send('PUT', `/Groups/${group.id}`, { displayName: 'audit', members: [{ value: id }, { value: other }] })
  assert.deepEqual([await rolesOf(gateway, id), await rolesOf(gateway, other)], [['auditor'], ['auditor']])
  const light = (await send('GET', `/Groups/${group.id}?excludedAttributes=members`)).json()
  assert.deepEqual([light.displayName, light.members], ['audit', undefined])
  assert.equal((await send('DELETE', `/Groups/${group.id}`)).statusCode, 204)
  assert.deepEqual([await rolesOf(gateway, id), await rolesOf(gateway, other)], [[], []])
  assert.ok((await recordsOf(gateway, 'scim.synchronised')).length >= 6)
})

test('who loses a role by a group is signed out at once, and who gains one goes on', async (t) => {
  const { gateway, send, patch } = await startScim(t)
  const camille = await gateway.signIn('camille')
  const { id } = (await send('POST', '/Users', { ...person('camille'), externalId: 'camille' })).json()
  const group = (await send('POST', '/Groups', { displayName: 'records', members: [{ value: id }] })).json()
  const me = await camille.get('/api/me')
  assert.deepEqual(
    me.json().roles.map(({ role }: { role: string }) => role),
    ['author', 'records_officer'],
  )
  await patch(`/Groups/${group.id}`, { op: 'remove', path: 'members', value: [{ value: id }] })
  assert.deepEqual([(await camille.get('/api/me')).statusCode, await rolesOf(gateway, id)], [401, ['author']])
})

test('a group does not make an administrator an auditor, and the refusal is a record', async (t) => {
  const { gateway, send } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  await send('POST', '/Groups', { displayName: 'administration', members: [{ value: id }] })
  await send('POST', '/Groups', { displayName: 'audit', members: [{ value: id }] })
  assert.deepEqual(await rolesOf(gateway, id), ['admin'])
  assert.deepEqual(
    (await recordsOf(gateway, 'permission.denied')).map(({ content }) => content['code']),
    ['duty_conflict'],
  )
  assert.ok('audit' in demoGroupRoles)
})

test('the provisioning token opens SCIM and nothing else, and no person’s session opens SCIM', async (t) => {
  const { gateway } = await startScim(t)
  const as = (url: string, token: string) => gateway.app.inject({ url, headers: { authorization: `Bearer ${token}` } })
  assert.equal((await as('/scim/v2/Users', scimToken)).statusCode, 200)
  assert.equal((await as('/scim/v2/Users', `${scimToken}x`)).statusCode, 401)
  assert.equal((await as('/api/users', scimToken)).statusCode, 401)
  const ada = await gateway.signIn('ada')
  assert.equal((await ada.get('/scim/v2/Users')).statusCode, 401)
  const closed = await startGateway(t)
  assert.equal(
    (await closed.app.inject({ url: '/scim/v2/Users', headers: { authorization: 'Bearer undefined' } })).statusCode,
    401,
  )
})

test('what the service can do is told in the protocol’s documents', async (t) => {
  const { send } = await startScim(t)
  assert.equal((await send('GET', '/ServiceProviderConfig')).json().patch.supported, true)
  assert.deepEqual(
    (await send('GET', '/ResourceTypes')).json().Resources.map((type: { id: string }) => type.id),
    ['User', 'Group'],
  )
  assert.equal((await send('GET', '/Schemas')).json().totalResults, 3)
})
