import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import type { EndpointShape } from '#shared/api/endpoint.ts'
import { roleAllows, roles, type Permission, type Role } from '#shared/permissions.ts'
import { bodies, nowhere, startMatrixFirm, type Objects, type Person } from './matrix-firm.ts'

const calls = allEndpoints.filter(
  ({ config }) => config.permission !== 'public' && config.permission !== 'scim.synchronise',
)

const texts = [
  '',
  ' ',
  'a\u0000b',
  'half \ud800',
  '\u202Eevil\u202C',
  '2016-12-31T23:59:60Z',
  '9999-12-31T23:59:59-23:59',
  '0000-01-01T00:00:00Z',
  '1e400',
  '-1',
  nowhere,
  nowhere.toUpperCase(),
  '__proto__',
  '../../etc/passwd',
  'a\r\nBcc: x@y.example',
  '%',
  '"\\',
  '😀'.repeat(90),
]
const nested = JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown
const values: readonly unknown[] = [...texts, null, 0, -1, 1.5, 2 ** 53, 1e308, true, [], {}, [null], [{}], nested]

function fieldsOf(schema: TSchema | undefined): string[] {
  return schema !== undefined && 'properties' in schema ? Object.keys(schema.properties as object) : []
}

function urlOf({ url }: EndpointShape, objects: Objects): string {
  return url
    .replaceAll(/:(\w+)/g, (_all, name: string) => objects[name] ?? (name === 'version' ? 'a'.repeat(64) : nowhere))
    .replace('*', '0/000')
}

/** Every way in which one field of a call is wrong: in its address, its query and its body. */
function* hostile(endpoint: EndpointShape, objects: Objects): Generator<{ url: string; body?: object }> {
  const url = urlOf(endpoint, objects)
  const body = bodies[`${endpoint.method} ${endpoint.url}`] ?? (endpoint.method === 'POST' ? {} : undefined)
  for (const name of fieldsOf(endpoint.schema.params))
    for (const text of texts)
      yield {
        url: urlOf(endpoint, { ...objects, [name]: encodeURIComponent(text.toWellFormed()) || '%20' }),
        ...(body && { body }),
      }
  for (const name of fieldsOf(endpoint.schema.querystring))
    for (const text of texts)
      yield { url: `${url}?${name}=${encodeURIComponent(text.toWellFormed())}`, ...(body && { body }) }
  for (const name of fieldsOf(endpoint.schema.body))
    for (const value of values) yield { url, body: { ...body, [name]: value } }
}

test('No field of any call, whatever stands in it, breaks the gateway: every refusal is a problem with a code and a sentence', async (t) => {
  const { gateway, enter, objects } = await startMatrixFirm(t)
  const people = new Map<Role, Person>()
  for (const role of roles) people.set(role, await enter([role], 'north'))
  const broken: string[] = []
  for (const endpoint of calls) {
    const role = roles.find((name) => roleAllows(name, endpoint.config.permission as Permission))!
    for (const { url, body } of hostile(endpoint, objects.north)) {
      const answer = await people.get(role)!.send(endpoint.method, url, body)
      if (answer.statusCode < 400) continue
      const isProblem = String(answer.headers['content-type']).startsWith('application/problem+json')
      const { code, detail } = isProblem ? answer.json<{ code?: string; detail?: string }>() : {}
      if (answer.statusCode >= 500 || code === undefined || (detail ?? '').length < 10)
        broken.push(
          `${endpoint.method} ${url} ${JSON.stringify(body)?.slice(0, 200)}: ${answer.statusCode} ${answer.body.slice(0, 200)}`,
        )
    }
  }
  assert.deepEqual(broken, [])
  assert.deepEqual(
    gateway.logLines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50),
    [],
  )
})
