import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantByOperator } from '#server/identity/grant-by-operator.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { startGateway } from '#test/support/start-gateway.ts'

test('The operator makes the first administrator, and the grant is a record (SEC-9)', async (t) => {
  const gateway = await startGateway(t)
  const camille = await gateway.signIn('camille')
  assert.equal((await camille.get('/api/profiles')).statusCode, 200)
  assert.equal(
    (await camille.post('/api/units', { parentId: crypto.randomUUID(), name: 'X', slug: 'x' })).statusCode,
    403,
  )

  assert.equal(await grantByOperator(gateway, { person: 'camille@demo.example', role: 'admin' }), 'granted')
  assert.equal(await grantByOperator(gateway, { person: 'camille', role: 'admin' }), 'held')

  const again = await gateway.signIn('camille')
  const me = (await again.get('/api/me')).json<{ userId: string; roles: { role: string }[] }>()
  assert.ok(me.roles.some(({ role }) => role === 'admin'))
  const grants = await recordsOf(gateway, 'role.granted')
  assert.equal(grants.filter(({ content }) => content['via'] === 'command line').length, 1)
})

test('The operator is told who is not known, which unit does not exist, and which duties do not mix', async (t) => {
  const gateway = await startGateway(t)
  await gateway.signIn('ruth')
  await assert.rejects(grantByOperator(gateway, { person: 'nobody', role: 'admin' }), { code: 'not_found' })
  await assert.rejects(grantByOperator(gateway, { person: 'ruth', role: 'author', unit: 'mars' }), {
    code: 'not_found',
  })
  await assert.rejects(grantByOperator(gateway, { person: 'ruth', role: 'admin' }), { code: 'duty_conflict' })
})
