import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { LightMyRequestResponse } from 'fastify'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { Post } from '#shared/api/posts.ts'
import type { RecordType } from '#shared/record-event.ts'
import { furnishFirm, simulate, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

interface Stage {
  readonly gateway: TestGateway
  readonly profileId: string
  readonly unitId: string
  readonly people: Readonly<Record<'camille' | 'ines' | 'tom' | 'ruth' | 'ada', SignedIn>>
  readonly ids: Readonly<Record<keyof Stage['people'], string>>
  /** Does what is asked, and fails the test unless the records of these types, and no others, were written by it. */
  readonly leaves: (types: readonly RecordType[], who: SignedIn, act: Act) => Promise<Answer>
}

type Act = readonly [method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object]
type Answer = Readonly<Record<string, string>>

async function setUp(t: TestContext): Promise<Stage> {
  const { gateway, profileId } = await furnishFirm(t)
  const people = {
    camille: await gateway.signIn('camille'),
    ines: await gateway.signIn('ines'),
    tom: await gateway.signIn('tom'),
    ruth: await gateway.signIn('ruth'),
    ada: await gateway.signIn('ada'),
  }
  const ids: Record<string, string> = {}
  let unitId = ''
  for (const [name, person] of Object.entries(people)) {
    const me = (await person.get('/api/me')).json<{ userId: string; unit: { unitId: string } }>()
    ids[name] = me.userId
    unitId = me.unit.unitId
  }
  const actors = new Map(Object.entries(people).map(([name, person]) => [person, ids[name]]))
  let last = await lastSeq(gateway)
  return {
    gateway,
    profileId,
    unitId,
    people,
    ids: ids as Stage['ids'],
    async leaves(types, who, [method, url, payload]) {
      last = await lastSeq(gateway)
      const answer: LightMyRequestResponse = await who.inject({
        method,
        url,
        ...(method === 'POST' || method === 'PATCH' ? { payload: payload ?? {} } : {}),
      })
      assert.ok(answer.statusCode < 300, `${method} ${url}: ${answer.body}`)
      const written = await gateway.db
        .selectFrom('archive.archive_record')
        .select(['type', 'header'])
        .where('seq', '>', last)
        .orderBy('seq')
        .execute()
      assert.deepEqual(
        written.map(({ type }) => type),
        types,
        `${method} ${url}`,
      )
      const { actor } = JSON.parse(written.at(-1)!.header.toString()) as { actor: string }
      assert.equal(actor, actors.get(who), `${method} ${url} is theirs`)
      return answer.body === '' ? {} : answer.json<Answer>()
    },
  }
}

async function lastSeq(gateway: TestGateway): Promise<number> {
  const { last } = await gateway.db
    .selectFrom('archive.archive_record')
    .select((eb) => eb.fn.max('seq').as('last'))
    .executeTakeFirstOrThrow()
  return last
}

test('Everything that somebody does with a post is a record of theirs (SEC-10)', async (t) => {
  const { gateway, profileId, people, leaves } = await setUp(t)
  const { camille, ines } = people
  const wish = { text: 'We open our branch in Lyon on Monday.', profileIds: [profileId] }
  const { postId } = await leaves(['post.drafted'], camille, ['POST', '/api/posts', wish])
  const url = `/api/posts/${postId}`
  await leaves(['post.revised'], camille, ['POST', `${url}/revisions`, { ...wish, text: 'We open in Lyon.' }])
  await leaves(['post.commented'], camille, ['POST', `${url}/comments`, { text: 'Soon?' }])
  await leaves(['post.submitted'], camille, ['POST', `${url}/submit`])
  const scheduledAt = addMilliseconds(gateway.clock.now(), 600_000)
  const again = ['review.voided', 'post.rescheduled', 'post.submitted'] as const
  await leaves(again, camille, ['POST', `${url}/reschedule`, { scheduledAt }])
  const revised = ['review.voided', 'post.revised', 'post.submitted'] as const
  await leaves(revised, camille, ['POST', `${url}/revisions`, { ...wish, scheduledAt, submit: true }])
  await leaves(['review.voided', 'post.withdrawn'], camille, ['POST', `${url}/withdraw`])
  const promise = { ...wish, text: 'Guaranteed returns of 8 %.' }
  const blocked = await leaves(['post.blocked'], camille, ['POST', '/api/posts', { ...promise, submit: true }])
  await leaves(['post.blocked'], camille, ['POST', `/api/posts/${blocked['postId']}/submit`])
  await leaves(['post.revised', 'post.blocked'], camille, [
    'POST',
    `/api/posts/${blocked['postId']}/revisions`,
    { ...promise, submit: true },
  ])
  const handed = { ...wish, scheduledAt, submit: true }
  const late = (await leaves(['post.submitted'], camille, ['POST', '/api/posts', handed])) as unknown as Post
  const [review] = late.reviews
  gateway.clock.set(addMilliseconds(scheduledAt, 1))
  await leaves(['review.decided', 'post.expired'], ines, [
    'POST',
    `/api/reviews/${review!.reviewId}/decision`,
    { outcome: 'approved', contentHash: late.contentHash },
  ])
})

test('Everything that somebody does with stops and profiles is a record of theirs (SEC-10)', async (t) => {
  const { unitId, people, leaves } = await setUp(t)
  const { tom, ines, ada } = people
  const stop = await leaves(['stop.engaged'], tom, ['POST', '/api/stops', { scope: 'everything', reason: 'x' }])
  await leaves(['stop.lift_requested'], tom, ['POST', `/api/stops/${stop['stopId']}/lift`])
  await leaves(['stop.lifted'], ines, ['POST', `/api/stops/${stop['stopId']}/lift`])
  const wish = { network: 'sandbox', handle: 'branch', displayName: 'Branch', unitId }
  const { profileId } = await leaves(['profile.registered'], ada, ['POST', '/api/profiles', wish])
  const url = `/api/profiles/${profileId}`
  await leaves(['profile.connected'], ada, ['POST', `${url}/connect`, { credential: 'x' }])
  await leaves(['profile.paused'], ada, ['POST', `${url}/pause`])
  await leaves(['profile.disconnected'], ada, ['POST', `${url}/disconnect`])
})

test('Everything that somebody does about people and their rights is a record of theirs (SEC-10)', async (t) => {
  const { gateway, unitId, people, ids, leaves } = await setUp(t)
  const { ines, tom, ruth, ada } = people
  const now = gateway.clock.now()
  const validUntil = addMilliseconds(now, 86_400_000)
  const unit = await leaves(['unit.created'], ada, ['POST', '/api/units', { parentId: unitId, name: 'P', slug: 'p' }])
  await leaves(['unit.updated'], ada, ['PATCH', `/api/units/${unit['unitId']}`, { name: 'Paris' }])
  const change = { userId: ids.camille, role: 'policy_owner', unitId, reason: 'x' }
  const asked = await leaves(['role.change_requested'], ada, [
    'POST',
    '/api/roles/changes',
    { ...change, action: 'grant' },
  ])
  await giveRole(gateway, { userId: ids.tom, role: 'admin', unitId })
  const decide = (changeId: string | undefined, outcome: string): Act => [
    'POST',
    `/api/roles/changes/${changeId}/decision`,
    { outcome },
  ]
  await leaves(['role.change_decided'], tom, decide(asked['changeId'], 'rejected'))
  for (const [action, types] of [
    ['grant', ['role.granted']],
    ['revoke', ['session.ended', 'role.revoked']],
  ] as const) {
    const { changeId } = await leaves(['role.change_requested'], ada, [
      'POST',
      '/api/roles/changes',
      { ...change, action },
    ])
    await leaves(['role.change_decided', ...types], tom, decide(changeId, 'approved'))
  }
  const right = { userId: ids.ines, qualification: 'principal', validFrom: now }
  const held = await leaves(['qualification.granted'], ada, ['POST', '/api/qualifications', right])
  const end = `/api/qualifications/${held['qualificationId']}/end`
  await leaves(['qualification.revoked'], ada, ['POST', end, { reason: 'x' }])
  const loan = { toUserId: ids.tom, unitId, validUntil, reason: 'leave' }
  const lent = await leaves(['delegation.granted'], ines, ['POST', '/api/delegations', loan])
  await leaves(['delegation.ended'], ines, ['DELETE', `/api/delegations/${lent['delegationId']}`])
  const token = await leaves(['token.created'], ada, ['POST', '/api/tokens', { name: 'x', scopes: ['unit.read'] }])
  await leaves(['token.revoked'], ada, ['DELETE', `/api/tokens/${token['tokenId']}`])
  const exam = { name: 'E', organisation: 'AMF', purpose: 'x', unitId, validUntil }
  const examiner = await leaves(['examiner.granted'], ruth, ['POST', '/api/examiners', exam])
  await leaves(['examiner.ended'], ruth, ['POST', `/api/examiners/${examiner['examinerId']}/end`])
  const left = ['session.ended', 'role.revoked', 'role.revoked', 'role.revoked', 'user.deactivated'] as const
  await leaves(left, ada, ['POST', `/api/users/${ids.tom}/deactivate`, { reason: 'x' }])
  await leaves(['user.reactivated'], ada, ['POST', `/api/users/${ids.tom}/reactivate`, { reason: 'x' }])
  const sessions = (await ines.get('/api/sessions')).json<{ items: { sessionId: string }[] }>()
  await leaves(['session.ended'], ines, ['DELETE', `/api/sessions/${sessions.items[0]!.sessionId}`])
})

test('Everything that somebody does with policies is a record of theirs (SEC-10)', async (t) => {
  const { gateway, people, leaves } = await setUp(t)
  const { ines, ada } = people
  const files = testPolicy.map(({ path, text }) => ({ path, text: text.replace('outlook', 'forecast') }))
  const made = await leaves(['policy.version_created'], ines, ['POST', '/api/policies/versions', { files }])
  const url = `/api/policies/versions/${made['version']}`
  await simulate(gateway, ines, made['version']!)
  await leaves(['policy.version_approved'], ada, ['POST', `${url}/approve`])
  const live = ['policy.version_activated', 'policy.version_retired'] as const
  await leaves(live, ada, ['POST', `${url}/activate`, { reason: 'x' }])
})

test('Everything that somebody does with the archive, looking included, is a record of theirs (SEC-10)', async (t) => {
  const { gateway, profileId, people, leaves } = await setUp(t)
  const { camille, ruth } = people
  const wish = { text: 'We open our branch in Lyon on Monday.', profileIds: [profileId], submit: true }
  const { postId } = await leaves(['post.submitted'], camille, ['POST', '/api/posts', wish])
  const { id: recordId } = await gateway.db
    .selectFrom('archive.archive_record')
    .select('id')
    .where('type', '=', 'post.submitted')
    .executeTakeFirstOrThrow()
  await leaves(['archive.searched'], ruth, ['GET', '/api/archive/records?q=Lyon'])
  await leaves(['archive.viewed'], ruth, ['GET', `/api/archive/records/${recordId}`])
  await leaves(['archive.viewed'], ruth, ['GET', `/api/archive/posts/${postId}/timeline`])
  await leaves(['archive.verified'], ruth, ['POST', '/api/archive/verifications'])
  const exported = await leaves(['export.requested'], ruth, ['POST', '/api/exports', { reason: 'x' }])
  await leaves(['export.failed'], ruth, ['POST', `/api/exports/${exported['exportId']}/cancel`])
  const hold = await leaves(['hold.placed'], ruth, [
    'POST',
    '/api/holds',
    { name: 'M', reason: 'x', scope: { q: 'Lyon' } },
  ])
  await leaves(['hold.release_requested'], ruth, ['POST', `/api/holds/${hold['holdId']}/release`, { reason: 'x' }])
  const asked = { scope: { q: 'Lyon' }, reason: 'x' }
  await leaves(['erasure.answered'], ruth, ['POST', '/api/erasures', asked])
  await leaves(['retention.extended'], ruth, ['POST', '/api/retention/mifid-7y', { years: 8, reason: 'x' }])
})
