import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ArchiveStatus } from '#shared/api/archive.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import { newId } from '#server/platform/new-id.ts'

test('the status counts who can produce the whole archive alone: active, in force, on the whole firm, of the roles that may (SEC-9)', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const producers = async () => (await ada.get('/api/archive/status')).json<ArchiveStatus>().producers
  assert.equal(await producers(), 0, 'ruth has not signed in yet')
  await gateway.signIn('ruth')
  assert.equal(await producers(), 1, 'with two roles still one person')

  await gateway.signIn('camille')
  const camille = await gateway.db
    .selectFrom('app_user')
    .select(['id', 'unit_id'])
    .where('display_name', 'ilike', 'camille%')
    .executeTakeFirstOrThrow()
  const branch = newId(gateway.clock.now())
  await gateway.db
    .insertInto('unit')
    .values({
      id: branch,
      parent_id: camille.unit_id,
      name: 'Paris',
      slug: 'paris',
      path: [camille.unit_id, branch],
      created_at: gateway.clock.now(),
    })
    .execute()
  await giveRole(gateway, { userId: camille.id, role: 'auditor', unitId: branch })
  assert.equal(await producers(), 1, 'a branch is not everything')
  const soon = new Date(Date.parse(gateway.clock.now()) + 60_000).toISOString()
  await giveRole(gateway, { userId: camille.id, role: 'auditor', unitId: camille.unit_id, from: soon })
  assert.equal(await producers(), 1, 'not yet')
  gateway.clock.advance(60_000)
  assert.equal(await producers(), 2)
  await gateway.db.updateTable('app_user').set({ active: false }).where('id', '=', camille.id).execute()
  assert.equal(await producers(), 1, 'who left produces nothing')
})
