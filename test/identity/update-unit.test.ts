import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadActor } from '#server/identity/load-actor.ts'
import { unitPathOf } from '#server/identity/unit-path.ts'
import { mayOnUnit } from '#server/platform/actor.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { giveRole } from '#test/support/give-role.ts'

async function startFirm(t: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway(t)
  const ada = await gateway.signIn('ada')
  const firm = (await ada.get('/api/me')).json().unit.unitId
  const enter = async (parentId: string, slug: string) =>
    (await ada.post('/api/units', { parentId, name: slug, slug })).json().unitId as string
  const europe = await enter(firm, 'europe')
  const paris = await enter(europe, 'paris')
  const team = await enter(paris, 'paris-funds')
  const asia = await enter(firm, 'asia')
  return { gateway, ada, firm, europe, paris, team, asia }
}

test('a unit moves with everything below it, and roles follow the tree', async (t) => {
  const { gateway, ada, firm, europe, paris, team, asia } = await startFirm(t)
  const moved = await ada.inject({
    method: 'PATCH',
    url: `/api/units/${paris}`,
    payload: { parentId: asia, name: 'Paris desk' },
  })
  assert.deepEqual([moved.statusCode, moved.json().name, moved.json().parentId], [200, 'Paris desk', asia])
  assert.deepEqual(await unitPathOf(gateway.db, team), [firm, asia, paris, team])
  const { userId } = (await ada.get('/api/me')).json()
  await gateway.db
    .updateTable('role_grant')
    .set({ unit_id: europe })
    .where('user_id', '=', userId)
    .where('role', '=', 'admin')
    .execute()
  const actor = await loadActor(gateway.db, userId, gateway.clock.now())
  assert.ok(actor !== undefined && !mayOnUnit(actor, 'unit.manage', await unitPathOf(gateway.db, team)))
  assert.equal((await recordsOf(gateway, 'unit.updated')).length, 1)
})

test('a move makes nobody the auditor of what they administer (SEC-9)', async (t) => {
  const { gateway, ada, europe, paris, asia } = await startFirm(t)
  const ruth = await gateway.signIn('ruth')
  const { userId } = (await ruth.get('/api/me')).json()
  const hold = (role: 'auditor' | 'admin', unitId: string) => giveRole(gateway, { userId, role, unitId })
  await gateway.db
    .updateTable('role_grant')
    .set({ revoked_at: gateway.clock.now() })
    .where('user_id', '=', userId)
    .execute()
  await hold('auditor', paris)
  await hold('admin', asia)
  const move = async (parentId: string) => {
    const answer = await ada.inject({ method: 'PATCH', url: `/api/units/${paris}`, payload: { parentId } })
    return [answer.statusCode, answer.json().code]
  }
  assert.deepEqual(await move(asia), [403, 'duty_conflict'])
  assert.equal((await unitPathOf(gateway.db, paris)).at(-2), europe, 'and nothing moved')
  await gateway.db
    .updateTable('role_grant')
    .set({ revoked_at: gateway.clock.now() })
    .where('role', '=', 'auditor')
    .execute()
  assert.deepEqual(await move(asia), [200, undefined])
})

test('no unit is moved below itself, and the firm stays on top', async (t) => {
  const { gateway, ada, firm, europe, team, asia } = await startFirm(t)
  const move = async (unitId: string, parentId: string) =>
    (await ada.inject({ method: 'PATCH', url: `/api/units/${unitId}`, payload: { parentId } })).statusCode
  assert.equal(await move(europe, team), 409)
  assert.equal(await move(europe, europe), 409)
  assert.equal(await move(firm, asia), 409)
  const statuses = await Promise.all([move(europe, asia), move(asia, europe)])
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 409],
    'two moves at once make no ring',
  )
  for (const { path, id } of await gateway.db.selectFrom('unit').select(['id', 'path']).execute()) {
    assert.equal(path[0], firm)
    assert.equal(new Set(path).size, path.length)
    assert.equal(path.at(-1), id)
  }
})

test('a slug is used once, and a unit outside one’s reach does not exist', async (t) => {
  const { gateway, ada, firm, europe, asia } = await startFirm(t)
  assert.equal((await ada.post('/api/units', { parentId: firm, name: 'Again', slug: 'paris' })).json().code, 'conflict')
  const { userId } = (await ada.get('/api/me')).json()
  await gateway.db
    .updateTable('role_grant')
    .set({ unit_id: europe })
    .where('user_id', '=', userId)
    .where('role', '=', 'admin')
    .execute()
  assert.equal(
    (await ada.inject({ method: 'PATCH', url: `/api/units/${asia}`, payload: { name: 'Mine' } })).statusCode,
    404,
  )
  assert.equal((await ada.post('/api/units', { parentId: asia, name: 'X', slug: 'x' })).statusCode, 403)
})
