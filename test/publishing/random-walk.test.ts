import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sealOnce } from '#server/archive/seal-records.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { capturePublications, confirmPublications } from '#server/publishing/confirm-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { retractPublications } from '#server/publishing/retract-post.ts'
import { handOverReviews } from '#server/reviews/hand-over-reviews.ts'
import { openSampledReviews } from '#server/reviews/open-sampled-reviews.ts'
import { reevaluatePosts } from '#server/reviews/reevaluate-posts.ts'
import { furnishFirm, simulate, testPolicy } from '#test/support/furnish-firm.ts'
import { giveRole } from '#test/support/give-role.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { watchNetwork, type Mood, type Watch } from './law-watch.ts'

/** Numbers from 0 up to 1 that a seed fixes (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Walk {
  readonly gateway: TestGateway
  readonly watch: Watch
  readonly people: Readonly<Record<'camille' | 'ines' | 'tom' | 'ada', SignedIn>>
  readonly ids: Readonly<Record<string, string>>
  readonly profiles: readonly string[]
  readonly pick: <T>(from: readonly T[]) => T
  number: number
}

const routes = [
  `[{ name: compliance, need: 1 }]`,
  `[{ name: compliance, need: 2 }]`,
  `[{ name: compliance, need: 1 }, { name: legal, need: 1 }]`,
  `[{ name: compliance, need: 1, qualification: finra-principal }]`,
  `[]`,
]

/** Anybody who writes also reviews, so that everybody can try to decide on their own. */
async function begin(t: TestContext, seed: number): Promise<Walk> {
  const config = { session: { key: Buffer.alloc(32, 5), idleMinutes: 1e6, absoluteHours: 1e6 } }
  const { gateway: plain, profileId } = await furnishFirm(t, { config })
  const watch = watchNetwork(plain.networks.get('sandbox')!, () => gateway)
  const gateway: TestGateway = { ...plain, networks: new Map([['sandbox', watch.network]]) }
  const names = ['camille', 'ines', 'tom', 'ada'] as const
  const people: Record<string, SignedIn> = {}
  const ids: Record<string, string> = {}
  for (const name of names) {
    people[name] = await plain.signIn(name)
    ids[name] = (await people[name].get('/api/me')).json<{ userId: string }>().userId
  }
  const { unit_id: unitId } = await gateway.db.selectFrom('profile').select('unit_id').executeTakeFirstOrThrow()
  for (const [name, role] of [
    ['camille', 'reviewer'],
    ['ines', 'author'],
    ['tom', 'author'],
  ] as const)
    await giveRole(gateway, { userId: ids[name]!, role, unitId })
  const other = await registerProfile(gateway, systemActor, {
    network: 'sandbox',
    handle: 'branch',
    displayName: 'Branch',
    unitId,
  })
  await connectProfile(gateway, systemActor, other.profileId, { credential: 'test' })
  const random = randomOf(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  return {
    gateway,
    watch,
    people: people as Walk['people'],
    ids,
    profiles: [profileId, other.profileId],
    pick,
    number: 0,
  }
}

async function anyOf(walk: Walk, table: 'post' | 'review' | 'stop'): Promise<string> {
  const rows = await walk.gateway.db.selectFrom(table).select('id').orderBy('id', 'desc').limit(6).execute()
  return rows.length === 0 ? walk.profiles[0]! : walk.pick(rows).id
}

/** A call that may be refused, but only with a reason (law 6). */
async function call(person: SignedIn, url: string, body: object = {}): Promise<number> {
  const answer = await person.post(url, body)
  assert.ok(answer.statusCode < 500, `${url}: ${answer.body}`)
  if (answer.statusCode >= 400) {
    const { code, detail } = answer.json<{ code: string; detail: string }>()
    assert.ok(code.length > 2 && detail.length > 10, `${url}: ${answer.body}`)
  }
  return answer.statusCode
}

function content({ gateway, pick, profiles, number }: Walk): object {
  return {
    text: `${pick(['We open in Lyon', 'Our outlook for Lyon', 'guaranteed returns in Lyon', 'A moonshot in Lyon'])} ${number}.`,
    profileIds: pick([[profiles[0]], [profiles[1]], profiles]),
    ...pick([{}, {}, { scheduledAt: addMilliseconds(gateway.clock.now(), pick([30_000, 7_200_000])) }]),
    submit: pick([true, true, true, false]),
  }
}

/** Everybody has just signed in, as what is dangerous asks of them. */
async function signInAnew({ gateway }: Walk): Promise<void> {
  await gateway.db.updateTable('user_session').set({ authenticated_at: gateway.clock.now() }).execute()
}

type Act = (walk: Walk, person: SignedIn) => Promise<unknown>

const onPost =
  (verb: string, body: (walk: Walk) => object = () => ({})): Act =>
  async (walk, person) =>
    call(person, `/api/posts/${await anyOf(walk, 'post')}/${verb}`, body(walk))
const onReview =
  (verb: string, body: (walk: Walk) => object = () => ({})): Act =>
  async (walk, person) =>
    call(person, `/api/reviews/${await anyOf(walk, 'review')}/${verb}`, body(walk))

const decide: Act = async (walk, person) => {
  const reviewId = await anyOf(walk, 'review')
  const review = await walk.gateway.db
    .selectFrom('review')
    .select('content_hash')
    .where('id', '=', reviewId)
    .executeTakeFirst()
  const outcome = walk.pick(['approved', 'approved', 'approved', 'approved', 'rejected', 'changes_requested'])
  const contentHash = walk.pick([review?.content_hash, review?.content_hash, review?.content_hash, '0'.repeat(64)])
  return call(person, `/api/reviews/${reviewId}/decision`, {
    outcome,
    contentHash: contentHash ?? '0'.repeat(64),
    reason: 'Because.',
  })
}

async function changePolicy(walk: Walk): Promise<void> {
  const { gateway, people, pick, number } = walk
  const rule = `rules:\n  - { id: moon-${number}, severity: ${pick(['block', 'review', 'note'])}, any: [moonshot], message: { en: No., fr: Non. }, tests: [{ hit: "⟦moonshot⟧" }, { pass: x }] }\n`
  const route = pick(routes)
  const files = testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace('rules:\n', rule).replace('[{ name: compliance, need: 1 }]', route),
  }))
  const { version } = (await people.ada.post('/api/policies/versions', { files })).json<{ version: string }>()
  await simulate(gateway, people.ada, version)
  const approved = await people.ines.post(`/api/policies/versions/${version}/approve`)
  assert.equal(approved.statusCode, 200, approved.body)
  assert.equal(await call(people.ada, `/api/policies/versions/${version}/activate`, { reason: 'Now' }), 200)
}

const jobs: readonly ((gateway: TestGateway) => Promise<unknown>)[] = [
  planPublications,
  releasePublications,
  (gateway) => sealOnce(gateway, { force: true }),
  (gateway) => attemptPublications(gateway),
  (gateway) => confirmPublications(gateway),
  (gateway) => capturePublications(gateway),
  (gateway) => retractPublications(gateway),
  reevaluatePosts,
  openSampledReviews,
  handOverReviews,
]

async function runAll({ gateway }: Walk): Promise<void> {
  for (const job of jobs) await job(gateway)
}

const stop: Act = (walk, person) =>
  call(person, '/api/stops', {
    reason: 'Market event',
    ...walk.pick([
      { scope: 'everything' },
      { scope: 'network', scopeId: 'sandbox' },
      { scope: 'profile', scopeId: walk.profiles[0] },
    ]),
  })

/** Each act as often as its number says. */
const acts: readonly (readonly [name: string, often: number, act: Act])[] = [
  ['submit', 6, (walk, person) => call(person, '/api/posts', content(walk))],
  ['revise', 2, onPost('revisions', content)],
  ['hand in', 2, onPost('submit')],
  ['withdraw', 1, onPost('withdraw')],
  [
    'reschedule',
    2,
    onPost('reschedule', ({ gateway, pick }) => ({
      scheduledAt: pick([null, addMilliseconds(gateway.clock.now(), 60_000)]),
    })),
  ],
  ['retract', 2, onPost('retract', () => ({ reason: 'A mistake.' }))],
  ['comment', 1, onPost('comments', () => ({ text: 'Look again.' }))],
  ['claim', 1, onReview('claim')],
  ['release', 1, onReview('release')],
  ['escalate', 1, onReview('escalate', () => ({ reason: 'Hard.' }))],
  ['delegate', 2, onReview('delegate', ({ ids, pick }) => ({ userId: pick(Object.values(ids)), reason: 'Yours.' }))],
  ['decide', 14, decide],
  ['stop', 1, stop],
  ['lift', 4, async (walk, person) => call(person, `/api/stops/${await anyOf(walk, 'stop')}/lift`)],
  ['pause', 1, (walk) => call(walk.people.ada, `/api/profiles/${walk.pick(walk.profiles)}/pause`)],
  [
    'connect',
    2,
    (walk) => call(walk.people.ada, `/api/profiles/${walk.pick(walk.profiles)}/connect`, { credential: 'test' }),
  ],
  ['policy', 1, changePolicy],
  ['one job', 6, ({ gateway, pick }) => pick(jobs)(gateway)],
  ['all jobs', 8, runAll],
]

const moods: readonly Mood[] = [
  'well',
  'well',
  'well',
  'busy',
  'refused',
  'locked_out',
  'lost_before',
  'lost_after',
  'silent',
]
const often = acts.flatMap(([name, times, act]) => Array.from({ length: times }, () => ({ name, act })))

/** Nobody stands in the way any more: whatever was accepted gets where it goes, or to somebody who must act (law 5). */
async function settle(walk: Walk): Promise<void> {
  const { gateway, watch, people } = walk
  await signInAnew(walk)
  watch.mood = 'well'
  for (const { id } of await gateway.db.selectFrom('stop').select('id').where('lifted_at', 'is', null).execute())
    for (const person of [people.ines, people.tom, people.ines]) await call(person, `/api/stops/${id}/lift`)
  for (const profileId of walk.profiles)
    await call(people.ada, `/api/profiles/${profileId}/connect`, { credential: 'test' })
  for (let round = 0; round < 4; round += 1) {
    gateway.clock.advance(1_000_000)
    for (let pass = 0; pass < 3; pass += 1) {
      await runAll(walk)
      gateway.clock.advance(1_000)
      await watch.check(gateway, 'settling')
    }
  }
  gateway.clock.advance(7_200_000)
  for (let pass = 0; pass < 4; pass += 1) {
    await runAll(walk)
    gateway.clock.advance(1_000)
  }
  await watch.check(gateway, 'settled')
  const stuck = await gateway.db
    .selectFrom('post')
    .leftJoin('publication', 'publication.revision_id', 'post.current_revision_id')
    .select(['post.id', 'post.status', 'publication.status as publication', 'publication.last_error as lastError'])
    .where('post.status', 'in', ['approved', 'scheduled', 'publishing', 'unconfirmed', 'stopped'])
    .execute()
  assert.deepEqual(stuck, [], 'a post is under way and nothing moves it')
  const live = await gateway.db
    .selectFrom('publication')
    .select(['revision_id', 'profile_id'])
    .where('status', '=', 'published')
    .execute()
  assert.deepEqual(
    live.map((row) => `${row.revision_id}:${row.profile_id}`).toSorted(),
    [...watch.shown].toSorted(),
    'what is out is known',
  )
}

async function wander(t: TestContext, seed: number, steps: number): Promise<void> {
  const walk = await begin(t, seed)
  const { gateway, watch, pick, people } = walk
  const trail: string[] = []
  try {
    for (walk.number = 0; walk.number < steps; walk.number += 1) {
      watch.mood = pick(moods)
      const { name, act } = pick(often)
      const who = pick(Object.keys(people) as (keyof Walk['people'])[])
      trail.push(`${walk.number} ${who} ${name} (${watch.mood})`)
      await signInAnew(walk)
      await act(walk, people[who])
      await watch.check(gateway, name)
      gateway.clock.advance(pick([1, 1_000, 15_000, 90_000, 1_200_000]))
    }
    trail.push('settle')
    await settle(walk)
  } catch (error) {
    t.diagnostic(`seed ${seed}: ${trail.slice(-25).join(' > ')}`)
    throw error
  }
}

/** Others are walked by hand: `GATEWAY_WALK=100-150:400 node --test test/publishing/random-walk.test.ts`, seeds and steps. */
const [, first = '4', last = '5', steps = '100'] = /^(\d+)-(\d+):(\d+)$/.exec(process.env['GATEWAY_WALK'] ?? '') ?? []

for (let seed = Number(first); seed <= Number(last); seed += 1)
  test(`Whatever people and networks do, in whatever order, the laws hold after each step (seed ${seed}, FIN-1, FIN-12)`, (t) =>
    wander(t, seed, Number(steps)))
