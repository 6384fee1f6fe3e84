import assert from 'node:assert/strict'
import { test } from 'node:test'
import { furnishFirm, submit } from '#test/support/furnish-firm.ts'
import { startGateway, type TestGateway } from '#test/support/start-gateway.ts'
import { recordsOf } from '#test/support/records-of.ts'

const wish = {
  name: 'Anna Berg',
  organisation: 'FINRA',
  purpose: 'Rule 8210 request 2026-17',
  validUntil: '2026-03-16T09:00:00.000Z',
}

async function signInWith(gateway: TestGateway, secret: string) {
  const answer = await gateway.app.inject({ method: 'POST', url: '/auth/examiner', payload: { secret } })
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
  return {
    answer,
    get: (url: string) => gateway.app.inject({ url, headers: { cookie } }),
    post: (url: string, payload: object) => gateway.app.inject({ method: 'POST', url, headers: { cookie }, payload }),
  }
}

test('an examiner reads for a time and changes nothing', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const granted = await ruth.post('/api/examiners', wish)
  assert.equal(granted.statusCode, 201, granted.body)
  const { secret } = granted.json()
  assert.ok(!(await ruth.get('/api/examiners')).body.includes(secret))
  const examiner = await signInWith(gateway, secret)
  assert.equal(examiner.answer.statusCode, 200, examiner.answer.body)
  const me = (await examiner.get('/api/me')).json()
  assert.equal(me.displayName, 'Anna Berg (FINRA)')
  const people: { displayName: string }[] = (await ruth.get('/api/users')).json().items
  assert.ok(people.length > 0 && people.every((person) => person.displayName !== me.displayName), 'not one of the firm')
  assert.deepEqual(
    me.permissions.filter((permission: string) => !/\.(read|search|verify|status)$/.test(permission)),
    [],
  )
  for (const [url, body] of [
    ['/api/tokens', { name: 'x' }],
    ['/api/examiners', wish],
    ['/api/roles/changes', {}],
  ] as const) {
    assert.equal((await examiner.post(url, body)).statusCode, 403, url)
  }
  gateway.clock.set(wish.validUntil)
  assert.equal((await examiner.get('/api/me')).statusCode, 401)
  const late = (await signInWith(gateway, secret)).answer
  assert.deepEqual([late.statusCode, late.json().code], [401, 'session_expired'])
})

test('an examination ends at once, and a wrong secret is refused and recorded', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const { secret, examinerId } = (await ruth.post('/api/examiners', wish)).json()
  const examiner = await signInWith(gateway, secret)
  await ruth.post(`/api/examiners/${examinerId}/end`, {})
  assert.equal((await examiner.get('/api/me')).statusCode, 401)
  const revoked = (await signInWith(gateway, secret)).answer
  assert.deepEqual([revoked.statusCode, revoked.json().code], [410, 'gone'])
  assert.equal((await signInWith(gateway, 'guessed')).answer.json().code, 'unauthenticated')
  assert.deepEqual(
    (await recordsOf(gateway, 'session.refused')).map(({ content }) => content['reason']),
    ['examiner_ended', 'examiner_secret'],
  )
  assert.equal((await recordsOf(gateway, 'examiner.ended')).length, 1)
})

test('what an examiner could do on a day is answered from the records', async (t) => {
  const gateway = await startGateway(t)
  const ruth = await gateway.signIn('ruth')
  const before = gateway.clock.now()
  gateway.clock.advance(60_000)
  const { examinerId, userId, unitId } = (await ruth.post('/api/examiners', wish)).json()
  const during = gateway.clock.now()
  gateway.clock.advance(60_000)
  await ruth.post(`/api/examiners/${examinerId}/end`, {})
  const at = async (instant: string) => (await ruth.get(`/api/users/${userId}/permissions?at=${instant}`)).json()
  assert.deepEqual([(await at(before)).active, (await at(gateway.clock.now())).roles], [false, []])
  const { roles, permissions } = await at(during)
  assert.deepEqual([roles[0].role, roles[0].unitId, roles[0].examination], ['auditor', unitId, true])
  const may = permissions.map((held: { permission: string }) => held.permission)
  assert.ok(may.includes('archive.search') && !may.includes('export.create'), may.join())
})

test('an examination has an end within a year, and a records officer opens it', async (t) => {
  const gateway = await startGateway(t)
  const [ruth, ada] = [await gateway.signIn('ruth'), await gateway.signIn('ada')]
  assert.equal((await ruth.post('/api/examiners', { ...wish, validUntil: '2030-01-01T00:00:00.000Z' })).statusCode, 422)
  assert.equal((await ada.post('/api/examiners', wish)).statusCode, 403)
})

test('an examiner sees the records that the examination is about and no others, and each look is a record', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [ruth, camille] = [await gateway.signIn('ruth'), await gateway.signIn('camille')]
  const before = await submit(camille, profileId, 'Before the period.')
  gateway.clock.advance(60_000)
  const from = gateway.clock.now()
  const within = await submit(camille, profileId, 'Within the period.')
  gateway.clock.advance(60_000)
  const to = gateway.clock.now()
  await submit(camille, profileId, 'After the period.')
  const { secret } = (await ruth.post('/api/examiners', { ...wish, filter: { from, to, profile: profileId } })).json()
  const examiner = await signInWith(gateway, secret)
  const all = (await ruth.get('/api/archive/records?limit=200')).json()
  const seen = (await examiner.get('/api/archive/records?limit=200')).json()
  assert.ok(seen.items.length > 0 && seen.items.length < all.items.length)
  assert.equal(seen.total, seen.items.length)
  for (const item of seen.items)
    assert.deepEqual([item.profileId, item.recordedAt >= from && item.recordedAt < to], [profileId, true])
  const outside = all.items.find(
    (item: { recordId: string }) => !seen.items.some((own: { recordId: string }) => own.recordId === item.recordId),
  )
  assert.equal((await examiner.get(`/api/archive/records/${outside.recordId}`)).statusCode, 404)
  assert.equal((await examiner.get(`/api/archive/records/${seen.items[0].recordId}`)).statusCode, 200)
  const wider = (await examiner.get(`/api/archive/records?limit=200&from=2020-01-01T00:00:00.000Z`)).json()
  assert.equal(wider.total, seen.total, 'asking for more shows no more')
  assert.equal((await examiner.get(`/api/archive/posts/${before.postId}/timeline`)).statusCode, 404)
  assert.ok((await recordsOf(gateway, 'archive.searched')).length >= 3)
  assert.equal(within.status, 'in_review')
})

test('the records officer sees what an examiner searched, opened and was refused, and that look is a record', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [ruth, ada, camille] = [
    await gateway.signIn('ruth'),
    await gateway.signIn('ada'),
    await gateway.signIn('camille'),
  ]
  const { postId } = await submit(camille, profileId, 'Within the period.')
  const { secret, examinerId } = (await ruth.post('/api/examiners', wish)).json()
  const acts = async (query = '') => (await ruth.get(`/api/examiners/${examinerId}/acts${query}`)).json()
  assert.deepEqual(await acts(), { items: [], nextCursor: null })
  const examiner = await signInWith(gateway, secret)
  const { items } = (await examiner.get('/api/archive/records?q=period')).json()
  gateway.clock.advance(1_000)
  await examiner.get(`/api/archive/records/${items[0].recordId}`)
  gateway.clock.advance(1_000)
  await examiner.get(`/api/archive/posts/${postId}/timeline`)
  gateway.clock.advance(1_000)
  assert.equal((await examiner.post('/api/exports', { reason: 'x' })).statusCode, 403)
  const all = (await acts()).items as {
    type: string
    summary: Record<string, unknown>
    actor: { displayName: string }
  }[]
  assert.deepEqual(
    all.map(({ type }) => type),
    ['permission.denied', 'archive.viewed', 'archive.viewed', 'archive.searched'],
  )
  assert.deepEqual([all[1]?.summary['postId'], all[2]?.summary['recordId']], [postId, items[0].recordId])
  assert.deepEqual(all[3]?.summary['filter'], { q: 'period' })
  assert.ok(all.every(({ actor }) => actor.displayName === 'Anna Berg (FINRA)'))
  const first = await acts('?limit=3')
  const rest = await acts(`?limit=3&cursor=${first.nextCursor}`)
  assert.deepEqual([...first.items, ...rest.items], all)
  const looks = (await recordsOf(gateway, 'archive.viewed')).filter(
    ({ content }) => content['examinerId'] === examinerId,
  )
  assert.equal(looks.length, 4)
  assert.equal((await ada.get(`/api/examiners/${examinerId}/acts`)).statusCode, 403)
  assert.equal((await examiner.get(`/api/examiners/${examinerId}/acts`)).statusCode, 403)
})
