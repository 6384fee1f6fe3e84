import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { LightMyRequestResponse } from 'fastify'
import { systemActor, type Actor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import { storeMedia } from '#server/posts/store-media.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import type { Role } from '#shared/permissions.ts'
import { furnishFirm } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import { redDot } from '#test/support/image-form.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

export type Place = 'north' | 'team' | 'south'
export const places: readonly Place[] = ['north', 'team', 'south']

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Somebody with a session of their own; writing needs no token, because nothing says that a browser sends it. */
export interface Person {
  readonly userId: string
  send(method: Method, url: string, payload?: object): Promise<LightMyRequestResponse>
}

/** What can be named in a path, for each unit. */
export type Objects = Readonly<Record<string, string>>

export interface MatrixFirm {
  readonly gateway: TestGateway
  readonly units: Readonly<Record<Place, string>>
  readonly objects: Readonly<Record<Place, Objects>>
  /** A person who holds these roles on a unit, and lives there. */
  readonly enter: (roles: readonly Role[], place: Place) => Promise<Person>
}

/** A firm with a unit, a team below it and a unit beside it, and one of everything in each. */
export async function startMatrixFirm(t: TestContext): Promise<MatrixFirm> {
  const { gateway } = await furnishFirm(t)
  const root = await gateway.db.selectFrom('unit').select('id').where('parent_id', 'is', null).executeTakeFirstOrThrow()
  const units = {} as Record<Place, string>
  const unit = async (name: Place, parentId: string, path: string[]) => {
    units[name] = newId(gateway.clock.now())
    const row = { id: units[name], parent_id: parentId, name, slug: `matrix-${name}`, path: [...path, units[name]] }
    await gateway.db
      .insertInto('unit')
      .values({ ...row, created_at: gateway.clock.now() })
      .execute()
  }
  await unit('north', root.id, [root.id])
  await unit('team', units.north, [root.id, units.north])
  await unit('south', root.id, [root.id])
  const enter = (roles: readonly Role[], place: Place) => enterPerson(gateway, roles, units[place])
  const objects = {} as Record<Place, Objects>
  for (const place of places) objects[place] = await furnishUnit({ gateway, enter, place, unitId: units[place] })
  return { gateway, units, objects, enter }
}

let count = 0

async function enterPerson(gateway: TestGateway, roles: readonly Role[], unitId: string): Promise<Person> {
  const now = gateway.clock.now()
  const userId = newId(now)
  const name = `Person ${(count += 1)}`
  await gateway.db
    .insertInto('app_user')
    .values({
      id: userId,
      issuer: 'matrix',
      subject: name,
      display_name: name,
      unit_id: unitId,
      created_at: now,
      updated_at: now,
    })
    .execute()
  for (const role of roles) await giveRole(gateway, { userId, role, unitId })
  const sid = newId(now)
  await gateway.db
    .insertInto('user_session')
    .values({
      id: sid,
      user_id: userId,
      authenticated_at: now,
      created_at: now,
      last_seen_at: now,
      expires_at: addMilliseconds(now, 3_600_000),
    })
    .execute()
  const cookie = `gateway_session=${gateway.app.jwt.sign({ sid })}`
  return {
    userId,
    send: (method, url, payload) =>
      gateway.app.inject({
        method: method,
        url,
        headers: { cookie },
        ...(payload === undefined ? {} : { payload }),
      }),
  }
}

interface Corner {
  readonly gateway: TestGateway
  readonly enter: MatrixFirm['enter']
  readonly place: Place
  readonly unitId: string
}

async function furnishUnit({ gateway, enter, place, unitId }: Corner): Promise<Objects> {
  const author = await enter(['author'], place)
  const [admin, records, reviewer] = [
    await enter(['admin'], place),
    await enter(['records_officer'], place),
    await enter(['reviewer'], place),
  ]
  const made = async (person: Person, url: string, payload: object) => {
    const answer = await person.send('POST', url, payload)
    assert.ok(answer.statusCode < 300, `${url}: ${answer.body}`)
    return answer.json<Record<string, string>>()
  }
  const profile = await registerProfile(gateway, systemActor, {
    network: 'sandbox',
    handle: `matrix-${place}`,
    displayName: place,
    unitId,
  })
  await connectProfile(gateway, systemActor, profile.profileId, { credential: 'test' })
  const { mediaId } = await storeMedia(gateway, authorActor(author, unitId), redDot, `Picture of ${place}`)
  const post = await made(author, '/api/posts', {
    text: `Secret of ${place}`,
    profileIds: [profile.profileId],
    mediaIds: [mediaId],
    submit: true,
  })
  const review = await gateway.db
    .selectFrom('review')
    .select(['id', 'revision_id'])
    .where('post_id', '=', post['postId'] ?? '')
    .executeTakeFirstOrThrow()
  const record = await gateway.db
    .selectFrom('archive.findable')
    .select('record_id')
    .where('post_id', '=', post['postId'] ?? '')
    .executeTakeFirstOrThrow()
  const target = await enter(['reviewer'], place)
  const change = await made(admin, '/api/roles/changes', {
    userId: target.userId,
    role: 'policy_owner',
    unitId,
    action: 'grant',
    reason: 'x',
  })
  const qualification = await made(admin, '/api/qualifications', {
    userId: target.userId,
    qualification: 'principal',
    validFrom: gateway.clock.now(),
  })
  const validUntil = addMilliseconds(gateway.clock.now(), 86_400_000)
  const examiner = await made(records, '/api/examiners', {
    name: 'E',
    organisation: place,
    purpose: 'x',
    unitId,
    validUntil,
  })
  const exported = await made(records, '/api/exports', { reason: `export of ${place}` })
  const stop = await made(reviewer, '/api/stops', { scope: 'profile', scopeId: profile.profileId, reason: 'x' })
  const hold = await made(records, '/api/holds', { name: `hold of ${place}`, reason: 'x', scope: { unit: unitId } })
  const owner = await enter(['policy_owner'], place)
  const { activeVersion } = (await owner.send('GET', '/api/policies')).json<{ activeVersion: string }>()
  const simulation = await made(owner, '/api/policies/simulations', { version: activeVersion })
  return {
    unitId,
    profileId: profile.profileId,
    postId: String(post['postId']),
    mediaId,
    reviewId: review.id,
    recordId: String(record.record_id),
    userId: target.userId,
    changeId: String(change['changeId']),
    qualificationId: String(qualification['qualificationId']),
    examinerId: String(examiner['examinerId']),
    exportId: String(exported['exportId']),
    stopId: String(stop['stopId']),
    holdId: String(hold['holdId']),
    simulationId: String(simulation['simulationId']),
    revisionId: review.revision_id,
  }
}

/** An author as the use cases know them, for what no JSON body carries. */
function authorActor({ userId }: Person, unitId: string): Actor {
  return { ...systemActor, kind: 'user', userId, unitId }
}

export const nowhere = randomUUID()

/** A body that passes the schema of a call, so that the question of permission is reached. */
export const bodies: Readonly<Record<string, object>> = {
  'POST /api/policy/check': { text: 'x', profileIds: [] },
  'POST /api/policies/versions': { files: [{ path: 'x.yaml', text: 'x' }] },
  'POST /api/policies/versions/:version/activate': { reason: 'x' },
  'POST /api/policies/simulations': { version: 'a'.repeat(64) },
  'POST /api/policies/replays': { revisionId: nowhere },
  'POST /api/posts': { text: 'x', profileIds: [nowhere] },
  'POST /api/posts/:postId/revisions': { text: 'y', profileIds: [nowhere] },
  'POST /api/posts/:postId/reschedule': { scheduledAt: null },
  'POST /api/posts/:postId/retract': { reason: 'x' },
  'POST /api/posts/:postId/comments': { text: 'x' },
  'POST /api/reviews/:reviewId/escalate': { reason: 'x' },
  'POST /api/reviews/:reviewId/delegate': { userId: nowhere },
  'POST /api/reviews/:reviewId/decision': { outcome: 'approved', contentHash: 'a'.repeat(64) },
  'POST /api/reviews/decisions': { decisions: [] },
  'POST /api/stops': { scope: 'network', scopeId: 'nowhere', reason: 'x' },
  'POST /api/exports': { reason: 'x' },
  'POST /api/holds/:holdId/release': { reason: 'x' },
  'POST /api/profiles': { network: 'sandbox', handle: 'x', displayName: 'x', unitId: nowhere },
  'POST /api/profiles/:profileId/connect': { credential: 'x' },
  'POST /api/tokens': { name: 'x' },
  'POST /api/units': { parentId: nowhere, name: 'x', slug: 'matrix-x' },
  'PATCH /api/units/:unitId': { name: 'renamed' },
  'POST /api/users/:userId/deactivate': { reason: 'x' },
  'POST /api/users/:userId/reactivate': { reason: 'x' },
  'POST /api/roles/changes': { userId: nowhere, role: 'author', unitId: nowhere, action: 'grant', reason: 'x' },
  'POST /api/roles/changes/:changeId/decision': { outcome: 'rejected' },
  'POST /api/qualifications': { userId: nowhere, qualification: 'principal', validFrom: '2026-01-01T00:00:00.000Z' },
  'POST /api/qualifications/:qualificationId/end': { reason: 'x' },
  'POST /api/delegations': { toUserId: nowhere, unitId: nowhere, validUntil: '2026-03-09T09:00:00.000Z', reason: 'x' },
  'POST /api/examiners': {
    name: 'x',
    organisation: 'x',
    purpose: 'x',
    unitId: nowhere,
    validUntil: '2026-03-09T09:00:00.000Z',
  },
}

/** A body that names somebody else's object, beside one's own. */
export type NamedIn = (theirs: Objects, own: Objects) => object

/**
 * Calls that name objects in their body, with each field that does so; the path names one's own. Units as such are no
 * secret: GET /api/units names them to everybody.
 */
export const namedInBodies: readonly (readonly [call: string, field: string, body: NamedIn])[] = [
  ['POST /api/posts', 'profileIds', ({ profileId }) => ({ text: 'x', profileIds: [profileId] })],
  [
    'POST /api/posts',
    'mediaIds',
    ({ mediaId }, { profileId }) => ({ text: 'x', profileIds: [profileId], mediaIds: [mediaId] }),
  ],
  ['POST /api/posts/:postId/revisions', 'profileIds', ({ profileId }) => ({ text: 'y', profileIds: [profileId] })],
  [
    'POST /api/posts/:postId/revisions',
    'mediaIds',
    ({ mediaId }, { profileId }) => ({ text: 'y', profileIds: [profileId], mediaIds: [mediaId] }),
  ],
  ['POST /api/policy/check', 'profileIds', ({ profileId }) => ({ text: 'x', profileIds: [profileId] })],
  [
    'POST /api/policy/check',
    'mediaIds',
    ({ mediaId }, { profileId }) => ({ text: 'x', profileIds: [profileId], mediaIds: [mediaId] }),
  ],
  ['POST /api/policies/replays', 'revisionId', ({ revisionId }) => ({ revisionId })],
  [
    'POST /api/reviews/decisions',
    'reviewId',
    ({ reviewId }) => ({ decisions: [{ reviewId, outcome: 'approved', contentHash: 'a'.repeat(64) }] }),
  ],
  ['POST /api/reviews/:reviewId/delegate', 'userId', ({ userId }) => ({ userId })],
  ['POST /api/stops', 'profile', ({ profileId }) => ({ scope: 'profile', scopeId: profileId, reason: 'x' })],
  [
    'POST /api/roles/changes',
    'userId',
    ({ userId }, { unitId }) => ({ userId, role: 'author', unitId, action: 'grant', reason: 'x' }),
  ],
  [
    'POST /api/qualifications',
    'userId',
    ({ userId }) => ({ userId, qualification: 'principal', validFrom: '2026-01-01T00:00:00.000Z' }),
  ],
  ['POST /api/holds', 'unit', ({ unitId }) => ({ name: 'x', reason: 'x', scope: { unit: unitId } })],
  ['POST /api/erasures', 'profile', ({ profileId }) => ({ reason: 'x', scope: { profile: profileId } })],
  ['POST /api/exports', 'unit', ({ unitId }) => ({ reason: 'x', unit: unitId })],
]
