import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSql } from '#test/support/test-cluster.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { core, maya, person, rolesOf, startScim } from './scim-client.ts'

const bulkRequest = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
const nobody = '019cadc6-9a80-7180-a569-b26124ce212c'

interface Outcome {
  readonly method: string
  readonly bulkId?: string
  readonly status: string
  readonly location?: string
  readonly version?: string
  readonly response?: { readonly detail: string; readonly scimType?: string }
}

test('a version is told with each resource, and a change of another version is refused (RFC 7644 3.14)', async (t) => {
  const { gateway, send, patch, headed } = await startScim(t)
  const made = await send('POST', '/Users', maya)
  const { id, meta } = made.json()
  assert.match(meta.version, /^W\/".+"$/)
  assert.deepEqual([made.headers['etag'], made.headers['location']], [meta.version, meta.location])
  const url = `/Users/${id}`
  assert.equal((await send('GET', url)).json().meta.version, meta.version, 'reading changes nothing')
  const same = await headed('GET', url, { 'if-none-match': meta.version })
  assert.deepEqual([same.statusCode, same.body], [304, ''])

  const changed = await headed('PUT', url, { 'if-match': meta.version }, { ...maya, displayName: 'Maya S.' })
  assert.equal(changed.statusCode, 200, changed.body)
  const { version } = changed.json().meta
  assert.notEqual(version, meta.version)
  for (const refused of [
    await headed('PUT', url, { 'if-match': meta.version }, maya),
    await headed('PATCH', url, { 'if-match': `W/"1", ${meta.version}` }, { schemas: [], Operations: [] }),
    await headed('DELETE', url, { 'if-match': meta.version }),
  ]) {
    assert.deepEqual([refused.statusCode, refused.json().status], [412, '412'], refused.body)
    assert.deepEqual(refused.json().schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'])
  }
  assert.equal((await send('GET', url)).json().displayName, 'Maya S.')
  assert.equal((await recordsOf(gateway, 'user.deactivated')).length, 0)

  const group = (await send('POST', '/Groups', { displayName: 'records', members: [{ value: id }] })).json()
  const joined = (await send('GET', url)).json()
  assert.notEqual(joined.meta.version, version, 'the groups of a person are shown with them')
  const light = (await send('GET', `/Groups/${group.id}?excludedAttributes=members`)).json()
  assert.equal(light.meta.version, group.meta.version, 'what is left out of the answer changes no version')
  await patch(`/Groups/${group.id}`, { op: 'remove', path: 'members', value: [{ value: id }] })
  const stale = { 'if-match': group.meta.version }
  assert.equal((await headed('DELETE', `/Groups/${group.id}`, stale)).statusCode, 412)
  assert.equal((await headed('PUT', `/Groups/${group.id}`, stale, { displayName: 'records' })).statusCode, 412)
  assert.equal((await headed('DELETE', `/Groups/${group.id}`, { 'if-match': '*' })).statusCode, 204)
})

test('of two changes at once that name the same version one is made', async (t) => {
  const { send, headed } = await startScim(t)
  const { id, meta } = (await send('POST', '/Users', maya)).json()
  const answers = await Promise.all(
    ['one', 'two'].map((displayName) =>
      headed('PUT', `/Users/${id}`, { 'if-match': meta.version }, { ...maya, displayName }),
    ),
  )
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b),
    [200, 412],
  )
})

test('lists come in the order asked for', async (t) => {
  const { gateway, send } = await startScim(t)
  for (const [name, more] of [
    ['cora', { emails: [{ value: 'B@x.example' }] }],
    ['Anna', {}],
    ['bert', { emails: [{ value: 'a@x.example' }], active: false }],
  ] as const) {
    gateway.clock.advance(1000)
    await send('POST', '/Users', person(name, more))
  }
  const order = async (query: string) =>
    (await send('GET', `/Users?${query}`)).json().Resources.map((user: { displayName: string }) => user.displayName)
  assert.deepEqual(await order(''), ['cora', 'Anna', 'bert'], 'as entered')
  assert.deepEqual(await order('sortBy=displayName'), ['Anna', 'bert', 'cora'], 'case does not matter')
  assert.deepEqual(await order('sortBy=USERNAME&sortOrder=descending'), ['cora', 'bert', 'Anna'])
  assert.deepEqual(await order('sortBy=emails'), ['bert', 'cora', 'Anna'], 'who has none comes last')
  assert.deepEqual(await order('sortBy=emails.value&sortOrder=descending'), ['Anna', 'cora', 'bert'], 'or first')
  assert.deepEqual(await order(`sortBy=${core}:meta.created&sortOrder=descending`), ['bert', 'Anna', 'cora'])
  assert.deepEqual(await order('sortBy=displayName&startIndex=2&count=1'), ['bert'])
  const refused = await send('GET', '/Users?sortBy=shoeSize')
  assert.deepEqual([refused.statusCode, refused.json().scimType], [400, 'invalidPath'])
  for (const name of ['b', 'A']) await send('POST', '/Groups', { displayName: name })
  const groups = (await send('GET', '/Groups?sortBy=displayName')).json().Resources
  assert.deepEqual(
    groups.map((group: { displayName: string }) => group.displayName),
    ['A', 'b'],
  )
})

test('a text in a filter may carry quotes, brackets and the grammar’s own words', async (t) => {
  const { send } = await startScim(t)
  const names = ['O"Neill', 'a) or (b', '[x] eq "y"', 'back\\slash', 'É\u0000'.replace('\u0000', '!')]
  for (const [index, displayName] of names.entries()) await send('POST', '/Users', person(`p${index}`, { displayName }))
  for (const name of names) {
    for (const filter of [
      `displayName eq ${JSON.stringify(name)}`,
      `(displayName eq ${JSON.stringify(name)}) and active eq true`,
      `not (displayName ne ${JSON.stringify(name)})`,
    ]) {
      const found = (await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).json()
      assert.deepEqual(
        found.Resources?.map((user: { displayName: string }) => user.displayName),
        [name],
        filter,
      )
    }
  }
  const core20 = encodeURIComponent(`${core}:userName eq "p1@firm.example"`)
  assert.equal((await send('GET', `/Users?filter=${core20}`)).json().totalResults, 1)
  for (const filter of ['displayName eq "open', 'displayName eq "\\q"'])
    assert.equal((await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).statusCode, 400, filter)
})

test('only the attributes asked for are answered', async (t) => {
  const { send } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  const keys = async (query: string) => Object.keys((await send('GET', `/Users/${id}?${query}`)).json()).toSorted()
  assert.deepEqual(await keys('attributes=userName,name.familyName'), ['id', 'meta', 'name', 'schemas', 'userName'])
  assert.ok(!(await keys('excludedAttributes=emails,groups')).some((key) => key === 'emails' || key === 'groups'))
  const listed = (await send('GET', '/Users?attributes=userName')).json().Resources[0]
  assert.deepEqual(Object.keys(listed).toSorted(), ['id', 'meta', 'schemas', 'userName'])
})

test('what is not there, taken or nonsense is said with the protocol’s status', async (t) => {
  const { send, patch } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  for (const url of [
    `/Users/${nobody}`,
    '/Users/not-an-id',
    '/Groups/not-an-id',
    '/Schemas/none',
    '/ResourceTypes/Bot',
  ]) {
    const answer = await send('GET', url)
    assert.deepEqual([answer.statusCode, answer.json().status], [404, '404'], url)
  }
  const both = await Promise.all(['x', 'y'].map((externalId) => send('POST', '/Users', person('twin', { externalId }))))
  assert.deepEqual(
    both.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b),
    [201, 409],
    'at the same moment',
  )
  const [one, two] = [
    (await send('POST', '/Groups', { displayName: 'one' })).json(),
    (await send('POST', '/Groups', { displayName: 'two' })).json(),
  ]
  const renamed = await patch(`/Groups/${two.id}`, { op: 'replace', path: 'displayName', value: 'one' })
  assert.deepEqual([renamed.statusCode, renamed.json().scimType], [409, 'uniqueness'], renamed.body)
  const odd = await patch(`/Groups/${one.id}`, {
    op: 'add',
    path: 'members',
    value: [{ value: 'nobody' }, { value: id }],
  })
  assert.deepEqual(
    odd.json().members.map((member: { value: string }) => member.value),
    [id],
  )
  const removed = await patch(`/Groups/${one.id}`, { op: 'remove', path: 'members[value eq "nobody"]' })
  assert.equal(removed.statusCode, 200, removed.body)
})

test('the protocol’s documents tell the truth, each at its own address too', async (t) => {
  const { send } = await startScim(t)
  const config = (await send('GET', '/ServiceProviderConfig')).json()
  for (const able of ['patch', 'bulk', 'filter', 'sort', 'etag']) assert.equal(config[able].supported, true, able)
  assert.equal(config.changePassword.supported, false)
  for (const list of ['/Schemas', '/ResourceTypes'])
    for (const { id } of (await send('GET', list)).json().Resources)
      assert.equal((await send('GET', `${list}/${id}`)).json().id, id)
})

test('a list can be asked for by a message, and answers what the same address does (RFC 7644 3.4.3)', async (t) => {
  const { gateway, send } = await startScim(t)
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest']
  for (const name of ['anna', 'bert', 'carl']) await send('POST', '/Users', person(name))
  for (const displayName of ['north', 'south']) await send('POST', '/Groups', { displayName })
  const asked = await send(
    'GET',
    '/Users?filter=userName%20ne%20%22bert@firm.example%22&sortBy=userName&sortOrder=descending&startIndex=2&count=1&attributes=userName,active',
  )
  assert.deepEqual([asked.json().totalResults, asked.json().Resources.length], [2, 1])
  const search = {
    schemas,
    filter: 'userName ne "bert@firm.example"',
    sortBy: 'userName',
    sortOrder: 'descending',
    startIndex: 2,
    count: 1,
    attributes: ['userName', 'active'],
  }
  const found = await send('POST', '/Users/.search', search)
  assert.equal(found.statusCode, 200, found.body)
  assert.deepEqual(found.json(), asked.json())
  assert.match(String(found.headers['content-type']), /^application\/scim\+json/)
  const groups = await send('POST', '/Groups/.search', {
    schemas,
    sortBy: 'displayName',
    excludedAttributes: ['members'],
  })
  assert.deepEqual(
    groups.json().Resources.map((group: object) => ['displayName' in group, 'members' in group]),
    [
      [true, false],
      [true, false],
    ],
  )
  assert.equal((await send('POST', '/Users/.search', {})).json().scimType, 'invalidSyntax')
  for (const filter of ['nonsense', 'not userName', 'userName eq', '(userName eq "b"']) {
    const wrong = await send('POST', '/Users/.search', { schemas, filter })
    assert.deepEqual([wrong.statusCode, wrong.json().scimType], [400, 'invalidFilter'], `${filter}: ${wrong.body}`)
  }
  const stranger = await gateway.app.inject({ method: 'POST', url: '/scim/v2/Users/.search', payload: search })
  assert.equal(stranger.statusCode, 401)
})

test('what the protocol knows and this service does not is said in the protocol’s form of errors (RFC 7644 3.11)', async (t) => {
  const { send } = await startScim(t)
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
  for (const [method, url, status] of [
    ['GET', '/Me', 501],
    ['PATCH', '/Me', 501],
    ['DELETE', '/Me?attributes=id', 501],
    ['POST', '/.search', 501],
    ['GET', '/', 501],
    ['GET', '', 501],
    ['GET', '/Devices', 404],
    ['POST', `/Users/${nobody}`, 405],
  ] as const) {
    const answer = await send(method, url, method === 'PATCH' || method === 'POST' ? { schemas: [] } : undefined)
    const { detail, ...error } = answer.json()
    assert.deepEqual([answer.statusCode, error], [status, { schemas, status: String(status) }], `${method} ${url}`)
    assert.match(detail, /\w/)
    assert.match(String(answer.headers['content-type']), /^application\/scim\+json/, `${method} ${url}`)
  }
})

test('the limits that the service’s configuration names are those that hold', async (t) => {
  const { gateway, send } = await startScim(t)
  const { bulk, filter } = (await send('GET', '/ServiceProviderConfig')).json()
  const operations = Array.from({ length: bulk.maxOperations + 1 }, () => ({
    method: 'DELETE',
    path: `/Users/${nobody}`,
  }))
  const many = await send('POST', '/Bulk', { schemas: [bulkRequest], Operations: operations })
  assert.equal(many.statusCode, 413, many.body)
  const large = await send('POST', '/Bulk', {
    schemas: [bulkRequest],
    Operations: [],
    filler: 'x'.repeat(bulk.maxPayloadSize),
  })
  assert.deepEqual([large.statusCode, large.json().status], [413, '413'])
  await send('POST', '/Users', person('p0'))
  await runSql(
    gateway.database.ownerUrl,
    `insert into app_user select c.* from app_user u, generate_series(1, ${filter.maxResults}) g, jsonb_populate_record(null::app_user, to_jsonb(u)
      || jsonb_build_object('id', gen_random_uuid(), 'user_name', 'p' || g, 'external_id', 'p' || g, 'subject', 'p' || g)) c where u.external_id = 'id-p0'`,
  )
  const { totalResults, itemsPerPage } = (await send('GET', `/Users?count=${filter.maxResults + 1}`)).json()
  assert.deepEqual([totalResults, itemsPerPage], [filter.maxResults + 1, filter.maxResults])
})

test('a bulk request makes people and their group, in whichever order they come, each with its own outcome', async (t) => {
  const { gateway, send } = await startScim(t)
  const bulk = async (Operations: object[], more: object = {}): Promise<Outcome[]> => {
    const answer = await send('POST', '/Bulk', { schemas: [bulkRequest], Operations, ...more })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json().Operations
  }
  const members = [{ value: 'bulkId:a' }, { value: 'bulkId:b' }]
  const made = await bulk([
    { method: 'POST', path: '/Groups', bulkId: 'g', data: { displayName: 'compliance', members } },
    { method: 'POST', path: '/Users', bulkId: 'a', data: person('anna') },
    { method: 'post', path: '/Users', bulkId: 'b', data: person('bert') },
    { method: 'POST', path: '/Users', bulkId: 'c', data: { schemas: [core] } },
    {
      method: 'PATCH',
      path: '/Users/bulkId:a',
      data: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'displayName', value: 'Anna B.' }],
      },
    },
    { method: 'PATCH', path: '/Groups/bulkId:lost', data: {} },
    { method: 'DELETE', path: `/Users/${nobody}` },
    { method: 'POST', path: '/Robots', data: {} },
    { method: 'PUT', path: '/Groups/bulkId:g', version: 'W/"0"', data: { displayName: 'x' } },
  ])
  const by = (bulkId: string) => made.find((outcome) => outcome.bulkId === bulkId)
  assert.deepEqual([by('g')?.status, by('a')?.status, by('b')?.status, by('c')?.status], ['201', '201', '201', '400'])
  const rest = made.filter(({ bulkId }) => bulkId === undefined)
  assert.deepEqual(rest.map(({ status }) => status).toSorted(), ['200', '400', '404', '409', '412'])
  const id = by('a')?.location?.split('/').at(-1) ?? ''
  assert.equal((await send('GET', `/Users/${id}`)).json().displayName, 'Anna B.')
  assert.deepEqual(await rolesOf(gateway, id), ['reviewer'])

  const circle = await bulk([
    { method: 'POST', path: '/Groups', bulkId: 'x', data: { displayName: 'x', members: [{ value: 'bulkId:y' }] } },
    { method: 'POST', path: '/Groups', bulkId: 'y', data: { displayName: 'y', members: [{ value: 'bulkId:x' }] } },
  ])
  assert.deepEqual(
    circle.map(({ status }) => status),
    ['409', '409'],
  )
  const stopped = await bulk(
    [1, 2, 3].map((at) => ({ method: 'DELETE', path: `/Users/${nobody}`, bulkId: String(at) })),
    { failOnErrors: 2 },
  )
  assert.equal(stopped.length, 2)
  const many = Array.from({ length: 1001 }, () => ({ method: 'DELETE', path: `/Users/${nobody}` }))
  const tooMany = await send('POST', '/Bulk', { schemas: [bulkRequest], Operations: many })
  assert.deepEqual([tooMany.statusCode, tooMany.json().status], [413, '413'])
  const data = { displayName: 'x'.repeat(1_100_000) }
  const tooLarge = await send('POST', '/Bulk', {
    schemas: [bulkRequest],
    Operations: [{ method: 'POST', path: '/Groups', data }],
  })
  assert.deepEqual([tooLarge.statusCode, tooLarge.json().status], [413, '413'])
})
