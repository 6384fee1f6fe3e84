import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockPerson } from '#server/identity/people-queries.ts'
import { AppError } from '#server/platform/app-error.ts'
import { requireStillEntitled } from '#server/identity/deactivate-person.ts'
import { loadActor } from '#server/identity/load-actor.ts'
import { inTransaction } from '#server/platform/database.ts'
import { startGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'

test('off-boarding ends sessions, tokens and roles at once, and nothing that was done disappears', async (t) => {
  const gateway = await startGateway(t)
  const [ada, tom] = [await gateway.signIn('ada'), await gateway.signIn('tom')]
  const { token } = (await tom.post('/api/tokens', { name: 'script' })).json()
  const { userId } = (await tom.get('/api/me')).json()
  const answer = await ada.post(`/api/users/${userId}/deactivate`, { reason: 'left the firm' })
  assert.deepEqual([answer.statusCode, answer.json().active, answer.json().roles], [200, false, []])
  assert.equal((await tom.get('/api/me')).json().code, 'session_expired')
  assert.equal(
    (await gateway.app.inject({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })).statusCode,
    401,
  )
  const [record] = await recordsOf(gateway, 'user.deactivated')
  assert.deepEqual(
    [record?.content['sessionsEnded'], record?.content['tokensRevoked'], record?.content['rolesRevoked']],
    [1, 1, 2],
  )
  assert.equal((await recordsOf(gateway, 'session.started')).length, 2)
  const login = await gateway.app.inject({ url: '/auth/login' })
  assert.equal(login.statusCode, 302)
  await assert.rejects(gateway.signIn('tom'), /forbidden/)
  assert.equal((await recordsOf(gateway, 'session.refused')).length, 1)
})

test('who comes back has no role until one is given', async (t) => {
  const gateway = await startGateway(t, {})
  const [ada, camille] = [await gateway.signIn('ada'), await gateway.signIn('camille')]
  const { userId } = (await camille.get('/api/me')).json()
  await ada.post(`/api/users/${userId}/deactivate`, { reason: 'left' })
  const back = await ada.post(`/api/users/${userId}/reactivate`, { reason: 'came back' })
  assert.deepEqual([back.json().active, back.json().roles], [true, []])
  const again = await gateway.signIn('camille')
  assert.deepEqual((await again.get('/api/me')).json().roles.length, 1, 'the group gives it anew')
})

test('nobody off-boards themselves, and repeating it changes nothing', async (t) => {
  const gateway = await startGateway(t)
  const [ada, tom] = [await gateway.signIn('ada'), await gateway.signIn('tom')]
  const own = (await ada.get('/api/me')).json().userId
  assert.equal((await ada.post(`/api/users/${own}/deactivate`, { reason: 'x' })).json().code, 'second_person_required')
  const { userId } = (await tom.get('/api/me')).json()
  await Promise.all([1, 2, 3].map(() => ada.post(`/api/users/${userId}/deactivate`, { reason: 'left' })))
  assert.equal((await recordsOf(gateway, 'user.deactivated')).length, 1)
})

test('a decision and an off-boarding at the same moment have an order', async (t) => {
  const gateway = await startGateway(t)
  const [ada, tom] = [await gateway.signIn('ada'), await gateway.signIn('tom')]
  const { userId } = (await tom.get('/api/me')).json()
  const actor = await loadActor(gateway.db, userId, gateway.clock.now())
  assert.ok(actor)
  let offboarding: Promise<unknown> | undefined
  await inTransaction(gateway.db, async (tx) => {
    await requireStillEntitled(tx, actor, gateway.clock)
    offboarding = ada.post(`/api/users/${userId}/deactivate`, { reason: 'left' })
    const first = await Promise.race([
      offboarding.then(() => 'off-boarded'),
      new Promise((resolve) => setTimeout(() => resolve('waits'), 300)),
    ])
    assert.equal(first, 'waits', 'the off-boarding waits for the decision')
  })
  await offboarding
  await assert.rejects(
    inTransaction(gateway.db, (tx) => requireStillEntitled(tx, actor, gateway.clock)),
    { code: 'session_expired' },
  )
})

test('a role that ends while its holder decides ends the decision: what was waited for is seen', async (t) => {
  const gateway = await startGateway(t)
  const tom = await gateway.signIn('tom')
  const { userId } = (await tom.get('/api/me')).json()
  const actor = await loadActor(gateway.db, userId, gateway.clock.now())
  assert.ok(actor)
  let decision: Promise<unknown> | undefined
  await inTransaction(gateway.db, async (tx) => {
    await lockPerson(tx, userId)
    decision = inTransaction(gateway.db, (other) => requireStillEntitled(other, actor, gateway.clock)).catch(
      (error: unknown) => error,
    )
    const first = await Promise.race([
      decision.then(() => 'decided'),
      new Promise((resolve) => setTimeout(() => resolve('waits'), 300)),
    ])
    assert.equal(first, 'waits', 'the decision waits for the change of roles')
    const revokedAt = gateway.clock.advance(1_000)
    await tx
      .updateTable('role_grant')
      .set({ revoked_at: revokedAt })
      .where('user_id', '=', userId)
      .where('role', '=', 'reviewer')
      .execute()
  })
  const refused = await decision
  assert.ok(refused instanceof AppError)
  assert.deepEqual([refused.code, refused.message.slice(0, 18)], ['conflict', 'Your roles changed'])
})
