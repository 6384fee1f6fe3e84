import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prepareInstallation } from '#server/prepare-installation.ts'
import { startGateway } from '#test/support/start-gateway.ts'

test('Three nodes that start together make one firm and one active policy', async (t) => {
  const gateway = await startGateway(t)
  await Promise.all([prepareInstallation(gateway), prepareInstallation(gateway), prepareInstallation(gateway)])
  const firms = await gateway.db.selectFrom('unit').select('slug').where('parent_id', 'is', null).execute()
  const active = await gateway.db.selectFrom('policy_version').select('state').where('state', '=', 'active').execute()
  assert.equal(firms.length, 1)
  assert.equal(active.length, 1)
})
