import assert from 'node:assert/strict'
import { test } from 'node:test'
import { core, enterprise, maya, person, startScim } from './scim-client.ts'

test('no path, key or filter of a provisioning client reaches what all objects inherit', async (t) => {
  const { send, patch } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  const inherited = ['__proto__.taken', '__proto__', 'name.__proto__.taken', 'constructor.prototype.taken', 'toString']
  for (const path of inherited)
    for (const op of ['add', 'replace', 'remove']) {
      const answer = await patch(`/Users/${id}`, { op, path, value: 'x' })
      assert.deepEqual([answer.statusCode, answer.json().scimType], [400, 'invalidPath'], `${op} ${path}`)
    }
  assert.equal(Reflect.get({}, 'taken'), undefined)
  for (const value of [{ constructor: { prototype: { taken: 1 } } }, { name: { toString: 'x' } }])
    assert.equal((await patch(`/Users/${id}`, { op: 'add', value })).statusCode, 400)
  for (const body of [
    { ...maya, hasOwnProperty: 1 },
    { ...maya, name: { valueOf: 1 } },
  ])
    assert.equal((await send('PUT', `/Users/${id}`, body)).statusCode, 400)
  for (const filter of ['__proto__.x eq "x"', 'constructor pr', 'toString eq "x"'])
    assert.equal((await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).statusCode, 400, filter)
  for (const name of ['constructor', '__proto__', 'tostring'])
    assert.equal((await send('GET', `/Users?sortBy=${name}`)).statusCode, 400, name)
  assert.equal((await send('GET', '/Users?filter=displayName eq "__proto__"')).statusCode, 200, 'a text may say so')
})

test('what no index or record could hold is refused in the protocol’s form, never as a fault of ours', async (t) => {
  const { send, patch } = await startScim(t)
  const { id } = (await send('POST', '/Users', maya)).json()
  const group = (await send('POST', '/Groups', { displayName: 'records' })).json()
  const long = 'x'.repeat(501)
  const users = [
    person(long),
    person('a', { externalId: long }),
    person('b', { emails: [{ value: long }] }),
    person('c', { schemas: [core, enterprise], [enterprise]: { employeeNumber: long } }),
  ]
  for (const body of users) {
    const answer = await send('POST', '/Users', body)
    assert.deepEqual([answer.statusCode, answer.json().scimType], [400, 'invalidValue'], answer.body)
  }
  const groups: object[] = [{ displayName: long }, { displayName: ' ' }, { displayName: 'a', externalId: long }]
  for (const body of groups) assert.equal((await send('POST', '/Groups', body)).statusCode, 400, JSON.stringify(body))
  for (const operation of [
    { op: 'replace', value: null },
    { op: 'add', value: true },
    { op: 'replace', path: 'displayName', value: '' },
    { op: 'replace', value: { displayName: long } },
  ])
    assert.equal((await patch(`/Groups/${group.id}`, operation)).statusCode, 400, JSON.stringify(operation))
  const filters = [
    '[]',
    'userName eq "a\\u0000"',
    'userName eq "\\ud800"',
    'meta.created gt "+275760-09-13T00:00:00Z"',
    'meta.created gt "0000-01-01T00:00:00Z"',
    'meta.created co "2020"',
    'displayName gt "a"',
  ]
  for (const filter of filters) {
    const answer = await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)
    assert.deepEqual([answer.statusCode, answer.json().scimType], [400, 'invalidFilter'], filter)
  }
  const found = async (filter: string) =>
    (await send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).json().totalResults
  const { created } = (await send('GET', `/Users/${id}`)).json().meta
  assert.deepEqual([await found(`meta.created eq "${created}"`), await found(`meta.created ne "${created}"`)], [1, 0])
  const page = await send('GET', '/Users?startIndex=99999999999999999999')
  assert.deepEqual([page.statusCode, page.json().Resources], [200, []])
})

test('a person with values without end is refused before they hold everybody up', async (t) => {
  const { send, patch } = await startScim(t)
  const emails = Array.from({ length: 2_000 }, (_, at) => ({ value: `a${at}@firm.example` }))
  const unknown = Object.fromEntries(emails.map(({ value }) => [value, 1]))
  const { id } = (await send('POST', '/Users', person('usual', { groups: emails }))).json()
  for (const answer of [
    await send('POST', '/Users', person('sprawling', { emails })),
    await send('POST', '/Users', person('sprawling', unknown)),
    await send('PUT', `/Users/${id}`, person('usual', { emails })),
    await patch(`/Users/${id}`, { op: 'add', path: 'emails', value: emails }),
  ])
    assert.deepEqual([answer.statusCode, answer.json().detail], [400, 'A user has at most 2000 values.'])
})

test('one name is one person, however its accents are written', async (t) => {
  const { send } = await startScim(t)
  const [composed, apart] = ['René@firm.example'.normalize('NFC'), 'RENÉ@firm.example'.normalize('NFD')]
  assert.equal((await send('POST', '/Users', { schemas: [core], userName: composed })).statusCode, 201)
  assert.equal((await send('POST', '/Users', { schemas: [core], userName: apart })).statusCode, 409)
  const filter = encodeURIComponent(`userName eq "${apart}"`)
  assert.equal((await send('GET', `/Users?filter=${filter}`)).json().totalResults, 1)
})
