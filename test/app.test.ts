import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from '#test/support/start-gateway.ts'

test('The process says that it lives', async (t) => {
  const { app } = await startGateway(t)
  const answer = await app.inject('/healthz')
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json(), { status: 'ok' })
})
