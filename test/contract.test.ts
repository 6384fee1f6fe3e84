import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { describeApi } from '#server/platform/openapi.ts'
import { allEndpoints } from '#shared/api/all-endpoints.ts'
import { startGateway } from '#test/support/start-gateway.ts'

/** Calls that answer without signing in; every other call refuses. */
const publicCalls = ['GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /openapi.yaml', 'GET /docs']

test('openapi.yaml is what the contract says', async () => {
  const written = await readFile(new URL('../openapi.yaml', import.meta.url), 'utf8')
  assert.equal(
    written,
    stringify(describeApi(), { aliasDuplicateObjects: false, lineWidth: 120 }),
    'run: npm run openapi',
  )
})

test('Every call of the contract is registered', async (t) => {
  const { app } = await startGateway(t)
  const missing = allEndpoints.filter((endpoint) => !app.hasRoute({ method: endpoint.method, url: endpoint.url }))
  assert.deepEqual(
    missing.map(({ method, url }) => `${method} ${url}`),
    [],
  )
})

test('Without signing in, every call but the short public list refuses', async (t) => {
  const { app } = await startGateway(t)
  for (const endpoint of allEndpoints) {
    const url = endpoint.url.replaceAll(/:(\w+)/g, '01a00000-0000-7000-8000-000000000000').replace('*', 'x')
    const answer = await app.inject({
      method: endpoint.method,
      url,
      ...(endpoint.method === 'GET' ? {} : { payload: {} }),
    })
    const call = `${endpoint.method} ${endpoint.url}`
    if (publicCalls.includes(call)) assert.notEqual(answer.statusCode, 401, call)
    else if (!endpoint.url.startsWith('/auth/'))
      assert.equal(answer.statusCode, 401, `${call} answers ${answer.statusCode}`)
  }
})

test('The contract is served', async (t) => {
  const { app } = await startGateway(t)
  const answer = await app.inject('/openapi.yaml')
  assert.equal(answer.statusCode, 200)
  assert.match(answer.body, /openapi: 3\.1\.0/)
  const docs = await app.inject('/docs')
  assert.equal(docs.statusCode, 200)
  assert.match(docs.body, /\/api\/posts/)
})
