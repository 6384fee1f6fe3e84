import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import type { EndpointShape } from '#shared/api/endpoint.ts'
import { roleAllows, roles, type Permission, type Role } from '#shared/permissions.ts'
import { simulate, testPolicy } from '#test/support/furnish-firm.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { bodies, namedInBodies, nowhere, places, startMatrixFirm, type Objects, type Person } from './matrix-firm.ts'

/** Every call that somebody signed in may or may not make; SCIM has a key of its own. */
const calls = allEndpoints.filter(
  ({ config }) => config.permission !== 'public' && config.permission !== 'scim.synchronise',
)
const nameOf = ({ method, url }: EndpointShape) => `${method} ${url}`
const permissionOf = ({ config }: EndpointShape) => config.permission as Permission

function call(person: Person, endpoint: EndpointShape, objects: Objects = {}) {
  const url = endpoint.url
    .replaceAll(/:(\w+)/g, (_all, name: string) => objects[name] ?? (name === 'version' ? 'a'.repeat(64) : nowhere))
    .replace('*', '0/000')
  const body = bodies[nameOf(endpoint)]
  return person.send(endpoint.method, url, body ?? (endpoint.method === 'POST' ? {} : undefined))
}

test('every call asks for its permission: each role that lacks it is refused and the denial is a record', async (t) => {
  const { gateway, enter } = await startMatrixFirm(t)
  let denials = 0
  for (const role of roles) {
    const person = await enter([role], 'north')
    for (const endpoint of calls) {
      const answer = await call(person, endpoint)
      const allowed = roleAllows(role, permissionOf(endpoint))
      const what = `${role}: ${nameOf(endpoint)} answers ${answer.statusCode} ${answer.body.slice(0, 200)}`
      assert.notEqual(answer.statusCode, 401, what)
      assert.ok(answer.statusCode < 500, what)
      const refusedAtTheGate =
        answer.statusCode === 403 && answer.body.includes(`needs the permission ${permissionOf(endpoint)}`)
      assert.equal(refusedAtTheGate, !allowed, what)
      if (!allowed) denials += 1
    }
  }
  const recorded = (await recordsOf(gateway, 'permission.denied')).filter(
    ({ content }) => content['code'] === 'forbidden' && content['permission'] !== undefined,
  )
  assert.ok(recorded.length >= denials, `${recorded.length} records of ${denials} denials`)
})

test('without any role every call is refused, and says that a role is missing', async (t) => {
  const { enter } = await startMatrixFirm(t)
  const person = await enter([], 'north')
  for (const endpoint of calls) {
    const answer = await call(person, endpoint)
    assert.deepEqual([answer.statusCode, answer.json().code], [403, 'no_role'], nameOf(endpoint))
  }
})

/** What a path may name: objects that lie in a unit, a person's own, and the firm's, which every unit shares. */
const inUnits = [
  'postId',
  'mediaId',
  'reviewId',
  'profileId',
  'recordId',
  'userId',
  'unitId',
  'changeId',
  'qualificationId',
  'examinerId',
  'exportId',
  'stopId',
  'holdId',
  'simulationId',
]
const personal = ['sessionId', 'tokenId', 'delegationId']
const firmWide = ['version', 'name']
const namedIn = (url: string) => [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
const aboutUnits = calls.filter(({ url }) => namedIn(url).some((name) => inUnits.includes(name)))

test('the matrix knows every call: whatever a path names is an object of a unit, of a person or of the firm', async (t) => {
  const { objects } = await startMatrixFirm(t)
  const known = [...inUnits, ...personal, ...firmWide]
  for (const endpoint of calls) {
    for (const name of namedIn(endpoint.url)) assert.ok(known.includes(name), `${nameOf(endpoint)}: what is ${name}?`)
    const wildcard = endpoint.url.includes('*')
    assert.ok(!wildcard || endpoint.url === '/tlog/tile/*', `${nameOf(endpoint)} reaches more than it names`)
  }
  for (const name of inUnits) for (const place of places) assert.ok(objects[place][name], `no ${name} in ${place}`)
})

/** What anybody may ask outside the contract: the console's files, the contract itself, figures, and the sandbox. */
const openToEverybody = [
  'GET /*',
  'GET /docs',
  'GET /metrics',
  'GET /openapi.yaml',
  'GET /sandbox',
  'GET /sandbox/@:handle',
  'GET /sandbox/feed.json',
  'GET /sandbox/media/:id/:index',
  'GET /sandbox/posts/:id',
  'GET /sandbox/style.css',
  'GET /sandbox/timeline.js',
]
const compare = (a: string, b: string) => (a < b ? -1 : 1)

test('no route stands outside the contract but those that are open to everybody', async (t) => {
  const found: { name: string; permission: unknown }[] = []
  const listen = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat())
        if (one !== 'HEAD') found.push({ name: `${one} ${url}`, permission: config?.permission })
    })
  }
  subscribe('fastify.initialization', listen)
  t.after(() => unsubscribe('fastify.initialization', listen))
  await startGateway(t)
  const contract = new Set(allEndpoints.map(nameOf))
  assert.ok(found.length > contract.size)
  // What the protocol knows and this service does not is answered with 501, to a provisioning client alone.
  const isProvisioning = ({ name, permission }: { name: string; permission: unknown }) =>
    permission === 'scim.synchronise' && / \/scim\/v2(\/|$)/.test(name)
  const outside = found.filter((one) => !contract.has(one.name) && !isProvisioning(one))
  assert.deepEqual(
    outside.filter(({ permission }) => permission !== 'public'),
    [],
  )
  assert.deepEqual([...new Set(outside.map(({ name }) => name))].toSorted(compare), openToEverybody)
})

/** Who may act on what lies in reach, beside the role: the author alone writes on a post, the requester has the export. */
const needsMore = new Set(['post.write', 'export.read', 'export.create'])

test('what lies in another unit does not exist; what lies in one’s own unit and below does', async (t) => {
  const { enter, objects } = await startMatrixFirm(t)
  for (const endpoint of aboutUnits) {
    for (const role of roles.filter((candidate) => roleAllows(candidate, permissionOf(endpoint)))) {
      await t.test(`${role}: ${nameOf(endpoint)}`, async () => {
        const person = await enter([role], 'north')
        const missing = await call(person, endpoint)
        const other = await call(person, endpoint, objects.south)
        assert.deepEqual(
          [other.statusCode, answerOf(other.body)],
          [missing.statusCode, answerOf(missing.body)],
          'like an id that was never given',
        )
        assert.equal(other.statusCode, 404, other.body)
        if (needsMore.has(permissionOf(endpoint)) || (role === 'author' && /:(postId|mediaId)/.test(endpoint.url)))
          return
        for (const place of ['team', 'north'] as const) {
          const within = await call(person, endpoint, objects[place])
          assert.ok(
            ![401, 403, 404].includes(within.statusCode),
            `${place}: ${within.statusCode} ${within.body.slice(0, 500)}`,
          )
        }
      })
    }
  }
})

function answerOf(body: string): { code?: string; detail?: string } {
  const { code, detail } = JSON.parse(body) as { code?: string; detail?: string }
  return { ...(code === undefined ? {} : { code }), ...(detail === undefined ? {} : { detail }) }
}

test('an author changes only their own posts, also within the unit', async (t) => {
  const { enter, objects } = await startMatrixFirm(t)
  const colleague = await enter(['author'], 'north')
  for (const endpoint of aboutUnits.filter(({ config }) => config.permission === 'post.write')) {
    const answer = await call(colleague, endpoint, objects.north)
    assert.ok([403, 404].includes(answer.statusCode), `${nameOf(endpoint)} answers ${answer.statusCode} ${answer.body}`)
  }
})

test('lists, searches, counts and facets show nothing of another unit', async (t) => {
  const { enter, objects, units } = await startMatrixFirm(t)
  const lists = calls.filter(
    ({ method, url }) =>
      method === 'GET' &&
      !url.includes(':') &&
      !url.includes('*') &&
      !url.startsWith('/api/units') &&
      !url.startsWith('/tlog'),
  )
  const foreign = Object.entries(objects.south)
    .filter(([name]) => name !== 'unitId')
    .map(([, id]) => id)
  for (const endpoint of lists) {
    for (const role of roles.filter((candidate) => roleAllows(candidate, permissionOf(endpoint)))) {
      const person = await enter([role], 'north')
      for (const query of ['', '?q=Secret', `?unit=${units.south}`]) {
        const answer = await person.send('GET', `${endpoint.url}${query}`)
        const what = `${role}: ${nameOf(endpoint)}${query}`
        assert.ok(answer.statusCode === 200 || answer.statusCode === 400, `${what} answers ${answer.statusCode}`)
        assert.doesNotMatch(answer.body, /Secret of south/, what)
        for (const id of foreign) assert.ok(!answer.body.includes(id), `${what} shows ${id}`)
      }
    }
  }
})

test('what somebody sees grows with the unit on which they hold the role, never beyond', async (t) => {
  const { enter } = await startMatrixFirm(t)
  const seen = async (role: Role, place: (typeof places)[number]) => {
    const { items } = (await (await enter([role], place)).send('GET', '/api/reviews?status=open')).json<{
      items: { text: string }[]
    }>()
    return items.map(({ text }) => text).toSorted()
  }
  assert.deepEqual(await seen('reviewer', 'north'), ['Secret of north', 'Secret of team'])
  assert.deepEqual(await seen('reviewer', 'team'), ['Secret of team'])
  assert.deepEqual(await seen('reviewer', 'south'), ['Secret of south'])
})

test('what somebody writes lies where they are an author, before the eyes of that unit’s reviewers', async (t) => {
  const { enter, gateway, objects, units } = await startMatrixFirm(t)
  // At home in the south, author in the north: the provider names no unit, or another one.
  const author = await enter(['author'], 'north')
  await gateway.db.updateTable('app_user').set({ unit_id: units.south }).where('id', '=', author.userId).execute()
  const wish = { text: 'From afar', profileIds: [objects.north['profileId']], submit: true }
  const made = await author.send('POST', '/api/posts', wish)
  assert.equal(made.json<{ unitId: string }>().unitId, units.north, made.body)
  const queue = async (place: (typeof places)[number]) =>
    (await (await enter(['reviewer'], place)).send('GET', '/api/reviews?status=open')).body.includes('From afar')
  assert.deepEqual([await queue('north'), await queue('south')], [true, false])
})

test('another person’s session, token or delegation does not exist, whatever one’s role', async (t) => {
  const { enter, gateway, units } = await startMatrixFirm(t)
  const [owner, friend] = [await enter(['reviewer'], 'north'), await enter(['reviewer'], 'north')]
  const { tokenId } = (await owner.send('POST', '/api/tokens', { name: 'x' })).json<{ tokenId: string }>()
  const validUntil = '2026-03-09T09:00:00.000Z'
  const wish = { toUserId: friend.userId, unitId: units.north, validUntil, reason: 'x' }
  const { delegationId } = (await owner.send('POST', '/api/delegations', wish)).json<{ delegationId: string }>()
  const session = await gateway.db
    .selectFrom('user_session')
    .select('id')
    .where('user_id', '=', owner.userId)
    .executeTakeFirstOrThrow()
  const theirs = { tokenId, delegationId, sessionId: session.id }
  const own = calls.filter(({ url }) => namedIn(url).some((name) => personal.includes(name)))
  assert.ok(own.length >= 3)
  for (const endpoint of own) {
    for (const role of roles.filter((candidate) => roleAllows(candidate, permissionOf(endpoint)))) {
      const other = await enter([role], 'north')
      const [answer, missing] = [await call(other, endpoint, theirs), await call(other, endpoint)]
      const what = `${role}: ${nameOf(endpoint)}`
      assert.deepEqual([answer.statusCode, answerOf(answer.body)], [missing.statusCode, answerOf(missing.body)], what)
      assert.equal(answer.statusCode, 404, what)
    }
  }
  assert.equal((await owner.send('GET', '/api/me')).statusCode, 200)
})

test('what a body names in another unit is answered as what does not exist', async (t) => {
  const { enter, objects } = await startMatrixFirm(t)
  const none = Object.fromEntries(Object.keys(objects.south).map((name) => [name, nowhere]))
  for (const [name, field, body] of namedInBodies) {
    const endpoint = calls.find((candidate) => nameOf(candidate) === name)
    assert.ok(endpoint, name)
    for (const role of roles.filter((candidate) => roleAllows(candidate, permissionOf(endpoint)))) {
      await t.test(`${role}: ${name} ${field}`, async () => {
        const person = await enter([role], 'north')
        const own = await withOwnPost(person, endpoint.url, objects.north)
        const url = endpoint.url.replaceAll(/:(\w+)/g, (_all, id: string) => own[id] ?? nowhere)
        const said = async (theirs: Objects) => {
          const answer = await person.send(endpoint.method, url, body(theirs, objects.north))
          const asked = new Set([...Object.values(theirs), nowhere])
          return [answer.statusCode, withoutIds(answer.body, asked)]
        }
        const [foreign, missing] = [await said(objects.south), await said(none)]
        assert.deepEqual(foreign, missing)
        assert.doesNotMatch(String(foreign[1]), /Secret of south|Person \d/)
      })
    }
  }
})

/** Posts are revised by their author alone: the path then names one of the person's own. */
async function withOwnPost(person: Person, url: string, own: Objects): Promise<Objects> {
  if (!url.includes('/revisions')) return own
  const made = await person.send('POST', '/api/posts', { text: 'x', profileIds: [own['profileId']] })
  assert.equal(made.statusCode, 201, made.body)
  return { ...own, postId: made.json<{ postId: string }>().postId }
}

/** Ids in bodies that the test above need not try, and why. */
const harmless: Readonly<Record<string, string>> = {
  unitId: 'units are named to everybody',
  parentId: 'units are named to everybody',
  scopeId: 'tried as the profile that a stop names',
  toUserId: 'reviewing may be lent to a reviewer anywhere, whose id one must know',
  evaluationId: 'found by its revision',
  ruleId: 'rules are the firm’s',
}

test('every id that a body may carry is tried or known to be harmless', () => {
  const tried = new Set<string>(namedInBodies.map(([call, field]) => `${call} ${field}`))
  const untried = calls.flatMap((endpoint) =>
    idsIn(endpoint.schema.body)
      .filter((field) => !(field in harmless) && !tried.has(`${nameOf(endpoint)} ${field}`))
      .map((field) => `${nameOf(endpoint)} ${field}`),
  )
  assert.deepEqual(untried, [])
})

/** The names of a schema's properties, at any depth, that carry ids. */
function idsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([name, inner]) =>
    name === 'properties' && typeof inner === 'object' && inner !== null
      ? [...Object.keys(inner).filter((field) => /[a-z]Ids?$/.test(field)), ...Object.values(inner).flatMap(idsIn)]
      : idsIn(inner),
  )
}

test('a look at what lies elsewhere is a record, and names the path', async (t) => {
  const { enter, objects, gateway } = await startMatrixFirm(t)
  const reviewer = await enter(['reviewer'], 'north')
  const path = `/api/reviews/${objects.south['reviewId']}`
  assert.equal((await reviewer.send('GET', path)).statusCode, 404)
  const denials = (await recordsOf(gateway, 'permission.denied')).map(({ content }) => content)
  assert.deepEqual(
    denials.filter((content) => content['path'] === path).map(({ code, route }) => [code, route]),
    [['not_found', '/api/reviews/:reviewId']],
  )
})

test('what binds the whole firm is put in force by those who hold the role on the firm', async (t) => {
  const { enter, gateway } = await startMatrixFirm(t)
  const firm = [await gateway.signIn('ada'), await gateway.signIn('ines')] as const
  const files = testPolicy.map(({ path, text }) => ({ path, text: text.replace('the aim and', 'the aim and all of') }))
  const { version } = (await firm[0].post('/api/policies/versions', { files })).json<{ version: string }>()
  const url = `/api/policies/versions/${version}`
  const owner = await enter(['policy_owner'], 'north')
  const refused = async (path: string, body: object) => {
    const answer = await owner.send('POST', path, body)
    return [answer.statusCode, answerOf(answer.body).code]
  }
  assert.deepEqual(await refused(`${url}/approve`, {}), [403, 'forbidden'])
  assert.deepEqual(await refused(`${url}/activate`, { reason: 'x', emergency: true }), [403, 'forbidden'])
  await simulate(gateway, firm[0], version)
  assert.equal((await firm[1].post(`${url}/approve`)).statusCode, 200)
  assert.deepEqual(await refused(`${url}/activate`, { reason: 'x' }), [403, 'forbidden'])
  assert.equal((await firm[1].post(`${url}/activate`, { reason: 'x' })).statusCode, 200)
  const keeper = await enter(['records_officer'], 'north')
  const longer = await keeper.send('POST', '/api/retention/mifid-7y', { years: 9, reason: 'x' })
  assert.deepEqual([longer.statusCode, answerOf(longer.body).code], [403, 'forbidden'])
})

/** An answer without what differs from call to call: the ids that were asked for, new ids, digests, numbers of requests. */
function withoutIds(body: string, asked: ReadonlySet<string>): string {
  let text = body
  for (const id of asked) text = text.replaceAll(id, 'ASKED')
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/urn:request:[^"]+/g, 'REQUEST')
}
