import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadActor } from '#server/identity/load-actor.ts'
import { mayOnUnit, withoutDelegationsOf } from '#server/platform/actor.ts'
import { startGateway } from '#test/support/start-gateway.ts'

async function startFirm(t: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway(t)
  const [ada, ines, tom, camille] = [
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
    await gateway.signIn('camille'),
  ]
  const firmId = (await ada.get('/api/me')).json().unit.unitId
  const paris = (await ada.post('/api/units', { parentId: firmId, name: 'Paris', slug: 'paris' })).json().unitId
  const london = (await ada.post('/api/units', { parentId: firmId, name: 'London', slug: 'london' })).json().unitId
  const ids = {
    ines: (await ines.get('/api/me')).json().userId,
    tom: (await tom.get('/api/me')).json().userId,
    camille: (await camille.get('/api/me')).json().userId,
  }
  // Inès reviews Paris, Tom reviews London.
  const move = (userId: string, unit: string) =>
    gateway.db
      .updateTable('role_grant')
      .set({ unit_id: unit })
      .where('user_id', '=', userId)
      .where('role', '=', 'reviewer')
      .execute()
  await move(ids.ines, paris)
  await move(ids.tom, london)
  const tomReviews = async (unit: string) => {
    const actor = await loadActor(gateway.db, ids.tom, gateway.clock.now())
    return actor !== undefined && mayOnUnit(actor, 'review.decide', [firmId, unit])
  }
  return { gateway, ada, ines, tom, camille, paris, london, firmId, ids, tomReviews }
}

const until = '2026-03-09T09:00:00.000Z'

test('a reviewer lends a unit until a date, and not an instant longer', async (t) => {
  const { gateway, ines, paris, ids, tomReviews } = await startFirm(t)
  assert.equal(await tomReviews(paris), false)
  const lent = await ines.post('/api/delegations', {
    toUserId: ids.tom,
    unitId: paris,
    validUntil: until,
    reason: 'holidays',
  })
  assert.equal(lent.statusCode, 201, lent.body)
  assert.equal(await tomReviews(paris), true)
  gateway.clock.set('2026-03-09T08:59:59.999Z')
  assert.equal(await tomReviews(paris), true)
  gateway.clock.set(until)
  assert.equal(await tomReviews(paris), false)
})

test('a delegation never widens: what the lender loses, the borrower loses', async (t) => {
  const { gateway, ines, paris, ids, tomReviews } = await startFirm(t)
  await ines.post('/api/delegations', { toUserId: ids.tom, unitId: paris, validUntil: until, reason: 'holidays' })
  await gateway.db
    .updateTable('role_grant')
    .set({ revoked_at: gateway.clock.now() })
    .where('user_id', '=', ids.ines)
    .execute()
  assert.equal(await tomReviews(paris), false)
})

test('one lends only one’s own reviewing, to a reviewer, on a unit where one holds it', async (t) => {
  const { ines, tom, paris, london, firmId, ids } = await startFirm(t)
  const lend = async (from: typeof ines, toUserId: string, unitId: string, validUntil = until) =>
    (await from.post('/api/delegations', { toUserId, unitId, validUntil, reason: 'x' })).json().code
  assert.equal(await lend(ines, ids.tom, london), 'forbidden', 'not hers')
  assert.equal(await lend(ines, ids.tom, firmId), 'forbidden', 'wider than hers')
  assert.equal(await lend(ines, ids.camille, paris), 'forbidden', 'Camille is no reviewer')
  assert.equal(await lend(ines, ids.ines, paris), 'unprocessable')
  assert.equal(await lend(ines, ids.tom, paris, '2020-01-01T00:00:00.000Z'), 'unprocessable')
  assert.equal(await lend(ines, ids.tom, paris, '2028-01-01T00:00:00.000Z'), 'unprocessable')
  assert.equal(await lend(ines, ids.tom, paris), undefined)
  assert.equal(await lend(tom, ids.ines, paris), 'forbidden', 'what is lent is not lent on')
})

test('the lender ends it at once, and somebody else cannot', async (t) => {
  const { ines, tom, paris, ids, tomReviews } = await startFirm(t)
  const { delegationId } = (
    await ines.post('/api/delegations', { toUserId: ids.tom, unitId: paris, validUntil: until, reason: 'x' })
  ).json()
  assert.equal((await tom.inject({ method: 'DELETE', url: `/api/delegations/${delegationId}` })).statusCode, 404)
  assert.equal((await tom.get('/api/delegations')).json().items.length, 1)
  const ended = await ines.inject({ method: 'DELETE', url: `/api/delegations/${delegationId}` })
  assert.notEqual(ended.json().endedAt, null)
  assert.equal(await tomReviews(paris), false)
})

test('a delegate does not decide on the lender’s own post with the lender’s role (FIN-12)', async (t) => {
  const { gateway, ines, paris, firmId, ids } = await startFirm(t)
  await ines.post('/api/delegations', { toUserId: ids.tom, unitId: paris, validUntil: until, reason: 'x' })
  const tom = await loadActor(gateway.db, ids.tom, gateway.clock.now())
  assert.ok(tom)
  assert.equal(mayOnUnit(tom, 'review.decide', [firmId, paris]), true)
  assert.equal(mayOnUnit(withoutDelegationsOf(tom, ids.ines), 'review.decide', [firmId, paris]), false)
})
