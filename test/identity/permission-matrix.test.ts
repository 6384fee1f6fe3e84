import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import type { EndpointShape } from '#shared/api/endpoint.ts'
import { roleAllows, roles, type Permission, type Role } from '#shared/permissions.ts'
import { recordsOf } from './gateway-browser.ts'
import { bodies, nowhere, places, startMatrixFirm, type Objects, type Person } from './matrix-firm.ts'

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

/** Calls whose object lies in a unit; the policy is the firm's, sessions, tokens and delegations are a person's own. */
const aboutUnits = calls.filter(({ url }) =>
  /:(postId|mediaId|reviewId|profileId|recordId|userId|unitId|changeId|qualificationId|examinerId|exportId|stopId)/.test(
    url,
  ),
)

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

test('another person’s session, token or delegation does not exist', async (t) => {
  const { enter, gateway } = await startMatrixFirm(t)
  const [owner, other] = [await enter(['reviewer'], 'north'), await enter(['reviewer'], 'north')]
  const { tokenId } = (await owner.send('POST', '/api/tokens', { name: 'x' })).json<{ tokenId: string }>()
  const session = await gateway.db
    .selectFrom('user_session')
    .select('id')
    .where('user_id', '=', owner.userId)
    .executeTakeFirstOrThrow()
  assert.equal((await other.send('DELETE', `/api/tokens/${tokenId}`)).statusCode, 404)
  assert.equal((await other.send('DELETE', `/api/sessions/${session.id}`)).statusCode, 404)
  assert.equal((await owner.send('GET', '/api/me')).statusCode, 200)
})
