import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from '#test/support/start-gateway.ts'

test('a demo person signs in and sees their roles, permissions and unit', async (t) => {
  const gateway = await startGateway(t)
  const ines = await gateway.signIn('ines')
  const me = (await ines.get('/api/me')).json()
  assert.equal(me.displayName, 'Inès Moreau')
  assert.deepEqual(me.roles.map((held: { role: string }) => held.role).toSorted(), ['policy_owner', 'reviewer'])
  assert.equal(me.unit.name, 'Firm')
  assert.ok(me.permissions.includes('review.decide'))
  assert.ok(!me.permissions.includes('post.write'))
})
