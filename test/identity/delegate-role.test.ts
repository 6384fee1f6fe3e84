import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendRecord } from '#server/archive/append-record.ts'
import { loadActor } from '#server/identity/load-actor.ts'
import { mayOnUnit, systemActor, withoutDelegationsOf } from '#server/platform/actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'

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

async function recordMove(gateway: TestGateway, from: string, to: Record<string, string>): Promise<void> {
  const at = gateway.clock.now()
  await inTransaction(gateway.db, async (tx) => {
    for (const [userId, unitId] of Object.entries(to)) {
      const append = (type: 'role.granted' | 'role.revoked', unit: string) =>
        appendRecord(tx, systemActor, {
          type,
          at,
          streams: { user: userId, unit },
          body: { userId, role: 'reviewer', unitId: unit, source: 'manual', effectiveAt: at },
        })
      await append('role.revoked', from)
      await append('role.granted', unitId)
    }
  })
}

test('what somebody could do on a day, on loan too, is answered from the records', async (t) => {
  const { gateway, ada, ines, paris, london, firmId, ids } = await startFirm(t)
  // The firm's records say what the tables were made to say: Inès reviews Paris, Tom reviews London.
  await recordMove(gateway, firmId, { [ids.ines]: paris, [ids.tom]: london })
  const team = (await ada.post('/api/units', { parentId: paris, name: 'Team', slug: 'team' })).json().unitId
  const moments: Record<string, string> = {}
  const mark = (name: string) => {
    moments[name] = gateway.clock.now()
    gateway.clock.advance(60_000)
  }
  mark('before')
  const lend = async (unitId: string) => {
    const wish = { toUserId: ids.tom, unitId, validUntil: until, reason: 'holidays' }
    return (await ines.post('/api/delegations', wish)).json().delegationId as string
  }
  const first = await lend(team)
  mark('lent')
  await ines.inject({ method: 'DELETE', url: `/api/delegations/${first}` })
  mark('ended')
  await lend(team)
  mark('again')
  await ada.inject({ method: 'PATCH', url: `/api/units/${team}`, payload: { parentId: firmId } })
  mark('moved out of the lender’s reach')
  await ada.inject({ method: 'PATCH', url: `/api/units/${team}`, payload: { parentId: paris } })
  mark('moved back')
  await ada.post(`/api/users/${ids.ines}/deactivate`, { reason: 'left' })
  mark('the lender left')
  gateway.clock.set(until)
  mark('over')
  const ruth = await gateway.signIn('ruth')
  // The tables of today are of no account.
  await gateway.db.updateTable('delegation').set({ ended_at: '2026-01-01T00:00:00.000Z' }).execute()
  const reviewed = async (at: string) => {
    const { permissions, roles } = (await ruth.get(`/api/users/${ids.tom}/permissions?at=${at}`)).json()
    const lent = roles.filter((held: { delegatedBy?: string }) => held.delegatedBy !== undefined)
    assert.ok(lent.every((held: { delegatedBy: string; recordId: string }) => held.delegatedBy === ids.ines))
    return permissions.find((held: { permission: string }) => held.permission === 'review.decide').unitIds
  }
  const found: Record<string, string[]> = {}
  for (const [name, at] of Object.entries(moments)) found[name] = await reviewed(at)
  assert.deepEqual(found, {
    before: [london],
    lent: [london, team],
    ended: [london],
    again: [london, team],
    'moved out of the lender’s reach': [london],
    'moved back': [london, team],
    'the lender left': [london],
    over: [london],
  })
})
