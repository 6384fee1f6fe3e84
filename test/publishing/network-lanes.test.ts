import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { sealOnce } from '#server/archive/seal-records.ts'
import { startJobs } from '#server/jobs.ts'
import { systemActor } from '#server/platform/actor.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import { NetworkError, type Network } from '#server/platform/network.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { findDueSteps } from '#server/publishing/queries.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, runJobs, submit, type Firm } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

interface Stage extends Firm {
  readonly camille: SignedIn
  /** The Sandbox itself. */
  readonly sandbox: Network
  /** A second profile, on the network of this name. */
  readonly addProfile: (handle: string, network?: string) => Promise<string>
  /** Submits and approves a post. */
  readonly approved: (profileId: string, text: string) => Promise<Post>
  /** The post as its author sees it, however long ago she signed in. */
  readonly read: (post: Post) => Promise<Post>
  readonly statusOf: (post: Post) => Promise<string>
}

async function setUp(t: TestContext): Promise<Stage> {
  const firm = await furnishFirm(t)
  const { gateway } = firm
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const unit = await gateway.db.selectFrom('profile').select('unit_id').executeTakeFirstOrThrow()
  const read = async (post: Post) => readPost(await gateway.signIn('camille'), post.postId)
  return {
    ...firm,
    camille,
    sandbox: gateway.networks.get('sandbox')!,
    async addProfile(handle, network = 'sandbox') {
      const wish = { network, handle, displayName: handle, unitId: unit.unit_id }
      const { profileId } = await registerProfile(gateway, systemActor, wish)
      await connectProfile(gateway, systemActor, profileId, { credential: 'test' })
      return profileId
    },
    async approved(profileId, text) {
      const post = await submit(camille, profileId, text)
      await approve(ines, post)
      return post
    },
    read,
    statusOf: async (post) => (await read(post)).status,
  }
}

/** The Sandbox under another way of publishing, and perhaps another name. */
function publishing(sandbox: Network, publish: Network['publish'], name = 'sandbox'): Network {
  return { ...sandbox, name, publish }
}

function on(gateway: TestGateway, ...networks: readonly Network[]): TestGateway {
  return { ...gateway, networks: new Map(networks.map((network) => [network.name, network])) }
}

async function releaseAndSeal(gateway: TestGateway): Promise<void> {
  await planPublications(gateway)
  await releasePublications(gateway)
  await sealOnce(gateway, { force: true })
  gateway.clock.advance(1_000)
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let looks = 0; !(await holds()); looks += 1) {
    assert.ok(looks < 600, 'half a minute of waiting')
    await wait(50)
  }
}

test('A profile whose server is silent holds up no other, and gets one post at a time', async (t) => {
  const { gateway, sandbox, profileId, addProfile, approved, statusOf } = await setUp(t)
  const silentId = await addProfile('silent')
  await approved(silentId, 'Our branch opens on Monday.')
  await approved(silentId, 'Our branch opens on Tuesday.')
  await releaseAndSeal(gateway)
  const posts = [await approved(profileId, 'We open on Monday.'), await approved(profileId, 'We open on Tuesday.')]
  await releaseAndSeal(gateway)
  let asked = 0
  let answer = () => {}
  const silence = new Promise<void>((resolve) => (answer = resolve))
  const silent = on(
    gateway,
    publishing(sandbox, async (account, payload, media) => {
      if (account.profileId !== silentId) return sandbox.publish(account, payload, media)
      asked += 1
      await silence
      return sandbox.publish(account, payload, media)
    }),
  )
  const round = attemptPublications(silent)
  await until(async () => (await statusOf(posts[0]!)) === 'published' && (await statusOf(posts[1]!)) === 'published')
  const second = await Promise.race([attemptPublications(silent), wait(20_000, 'held up')])
  assert.deepEqual([second, asked], [0, 1], 'a second round does not begin what comes next in a lane that is taken')
  answer()
  assert.equal(await round, 4, 'what waited in the lane leaves after it')
})

test('A lane ends where the network gives no answer; where it refuses one post for good, the next has its turn', async (t) => {
  const { gateway, sandbox, profileId, approved } = await setUp(t)
  for (const day of ['Monday', 'Tuesday', 'Wednesday']) await approved(profileId, `We open on ${day}.`)
  await releaseAndSeal(gateway)
  const answers = [new NetworkError('rejected', 'Too long.'), new NetworkError('retry_later', 'Not now.')]
  const network = publishing(sandbox, () => Promise.reject(answers.shift() ?? new Error('asked too often')))
  assert.equal(await attemptPublications(on(gateway, network)), 2)
})

test('Of each profile one publication has its turn before any has two', async (t) => {
  const { gateway, profileId, addProfile, approved } = await setUp(t)
  const later = await addProfile('later')
  for (const day of ['Monday', 'Tuesday', 'Wednesday']) await approved(profileId, `We open on ${day}.`)
  await approved(later, 'We open, too.')
  await releaseAndSeal(gateway)
  const due = await findDueSteps(gateway.db, 'attempt', gateway.clock.now(), { most: 3 })
  const turns = due.map((one) => one.profileId)
  assert.deepEqual([turns.slice(0, 2).toSorted(), turns[2]], [[profileId, later].toSorted(), profileId])
  assert.deepEqual(await findDueSteps(gateway.db, 'attempt', gateway.clock.now(), { network: 'bluesky' }), [])
})

test('A limit that a network names is the account’s: all that waits for it rests until then, a day at most, and nothing else', async (t) => {
  const { gateway, sandbox, profileId, addProfile, approved, read, statusOf } = await setUp(t)
  const limitedId = await addProfile('limited')
  const first = await approved(limitedId, 'Our branch opens on Monday.')
  const second = await approved(limitedId, 'Our branch opens on Tuesday.')
  const other = await approved(profileId, 'We open on Monday.')
  await releaseAndSeal(gateway)
  let asked = 0
  const limiting = (retryAt: string) =>
    on(
      gateway,
      publishing(sandbox, async (account, payload, media) => {
        if (account.profileId !== limitedId) return sandbox.publish(account, payload, media)
        asked += 1
        throw new NetworkError('retry_later', 'Too many posts.', { retryAt })
      }),
    )
  const now = gateway.clock.now()
  await runJobs(limiting(addMilliseconds(now, 7_200_000)))
  assert.equal(asked, 1)
  assert.equal(await statusOf(other), 'published')
  const nextTry = async (post: Post) => (await read(post)).publications[0]!.nextAttemptAt
  assert.equal(await nextTry(second), addMilliseconds(now, 7_200_000))
  gateway.clock.advance(7_200_000)
  const later = gateway.clock.now()
  await attemptPublications(limiting('2099-01-01T00:00:00.000Z'))
  assert.deepEqual(
    [await nextTry(first), await nextTry(second)],
    [addMilliseconds(later, 86_400_000), addMilliseconds(later, 86_400_000)],
  )
  gateway.clock.advance(86_400_000)
  await runJobs(gateway)
  assert.deepEqual([await statusOf(first), await statusOf(second)], ['published', 'published'])
})

test('A call that takes minutes lengthens its lease, and nobody takes it for dead', async (t) => {
  const { gateway, sandbox, profileId, approved, read } = await setUp(t)
  const post = await approved(profileId, 'A long film.')
  await releaseAndSeal(gateway)
  t.mock.timers.enable({ apis: ['setInterval'] })
  let answer = () => {}
  const sending = new Promise<void>((resolve) => (answer = resolve))
  let reached = false
  const slow = publishing(sandbox, async (account, payload, media) => {
    reached = true
    await sending
    return sandbox.publish(account, payload, media)
  })
  const round = attemptPublications(on(gateway, slow))
  await until(() => reached)
  for (let minute = 0; minute < 3; minute += 1) {
    gateway.clock.advance(60_000)
    t.mock.timers.tick(30_000)
    const alive = addMilliseconds(gateway.clock.now(), 60_000)
    await until(async () => {
      const { lease_until: lease } = await gateway.db
        .selectFrom('publication')
        .select('lease_until')
        .executeTakeFirstOrThrow()
      return lease !== null && lease > alive
    })
    await runJobs(gateway, 1)
    assert.equal((await read(post)).publications[0]!.status, 'publishing')
  }
  answer()
  await round
  const { status, publications } = await read(post)
  assert.deepEqual([status, publications[0]!.attempts], ['published', 1])
})

test('While one network is silent, another publishes, and a recall there is carried out (FCA-7)', async (t) => {
  const { gateway, sandbox, profileId, addProfile, approved, statusOf, camille } = await setUp(t)
  let answer = () => {}
  let asked = 0
  const silence = new Promise<void>((resolve) => (answer = resolve))
  const silent = publishing(
    sandbox,
    async (account, payload, media) => {
      asked += 1
      await silence
      return sandbox.publish(account, payload, media)
    },
    'mastodon',
  )
  const networks = gateway.networks as Map<string, Network>
  networks.set('mastodon', silent)
  const waiting = await approved(await addProfile('silent', 'mastodon'), 'Our branch opens on Monday.')
  const jobs = startJobs(gateway)
  t.after(() => jobs.stop())
  // The clock of the firm stands still unless it is told to go on.
  const soon = (holds: () => Promise<boolean> | boolean) =>
    until(() => {
      gateway.clock.advance(100)
      return holds()
    })
  await soon(() => asked === 1)
  const post = await approved(profileId, 'We open on Monday.')
  await soon(async () => (await statusOf(post)) === 'published')
  assert.equal((await camille.post(`/api/posts/${post.postId}/retract`, { reason: 'The day moved.' })).statusCode, 200)
  await soon(async () => (await statusOf(post)) === 'retracted')
  assert.equal(await statusOf(waiting), 'publishing')
  answer()
  await soon(async () => (await statusOf(waiting)) === 'published')
  assert.equal(asked, 1)
})

/** A network that answers nothing until it is told to. */
function silent(sandbox: Network, end: Promise<unknown>): Network {
  return publishing(sandbox, async (account, payload, media) => {
    await end
    return sandbox.publish(account, payload, media)
  })
}

test('An answer that comes when everybody gave the attempt up: what is shown is known, what is refused touches no later attempt', async (t) => {
  const { gateway, profileId, sandbox, approved, read } = await setUp(t)
  const tom = await gateway.signIn('tom')
  const shown = await approved(profileId, 'Shown late.')
  await planPublications(gateway)
  gateway.clock.advance(1_000)
  const refused = await approved(profileId, 'Refused late.')
  const row = async ({ postId }: Post) =>
    gateway.db
      .selectFrom('publication')
      .select(['status', 'attempts', 'lease_until as leaseUntil'])
      .where('post_id', '=', postId)
      .executeTakeFirstOrThrow()
  await releaseAndSeal(gateway)
  const first = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  // One profile has one lane: each post is sent by a process of its own, which then hangs.
  const sending = []
  for (const [at, post] of [shown, refused].entries()) {
    sending.push(attemptPublications(on(gateway, silent(sandbox, first[at]!.promise))))
    await until(async () => (await row(post)).attempts === 1)
    gateway.clock.advance(120_000)
  }
  const stop = (await tom.post('/api/stops', { scope: 'everything', reason: 'x' })).json<{ stopId: string }>()
  await runJobs(gateway)
  assert.deepEqual([(await row(shown)).status, (await row(refused)).status], ['stopped', 'stopped'])
  first[0].resolve()
  await sending[0]
  assert.deepEqual([(await row(shown)).status, (await read(shown)).status], ['published', 'published'])

  const ines = await gateway.signIn('ines')
  for (const person of [tom, ines]) await person.post(`/api/stops/${stop.stopId}/lift`)
  gateway.clock.advance(60_000)
  await releaseAndSeal(gateway)
  const second = Promise.withResolvers<void>()
  const again = attemptPublications(on(gateway, silent(sandbox, second.promise)))
  await until(async () => (await row(refused)).attempts === 2)
  const before = await row(refused)
  first[1].reject(new NetworkError('retry_later', 'Too busy.'))
  await sending[1]
  assert.deepEqual(await row(refused), before, 'the second attempt is still under way')
  second.resolve()
  await again
  assert.deepEqual([(await read(refused)).status, (await row(refused)).attempts], ['published', 2])
})

test('What leaves through a profile begins before it is paused, never after', async (t) => {
  const { gateway, profileId, approved } = await setUp(t)
  const ada = await gateway.signIn('ada')
  await approved(profileId, 'On the way out.')
  await releaseAndSeal(gateway)
  const fence = new pg.Client({ connectionString: gateway.database.serviceUrl })
  await fence.connect()
  t.after(() => fence.end())
  const waiting = async () =>
    (await fence.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
      .rowCount
  // Holds the attempt up when it has seen that the profile is connected.
  await fence.query(`begin; select pg_advisory_xact_lock(hashtext('publishing.stop'))`)
  const sent = attemptPublications(gateway)
  await until(async () => (await waiting()) === 1)
  let isPaused = false
  const paused = ada.post(`/api/profiles/${profileId}/pause`).then(() => (isPaused = true))
  await until(async () => isPaused || (await waiting()) === 2)
  await fence.query('commit')
  await Promise.all([sent, paused])
  const acts = await gateway.db
    .selectFrom('archive.archive_record')
    .select('type')
    .where('type', 'in', ['publication.attempted', 'profile.paused'])
    .orderBy('seq')
    .execute()
  assert.deepEqual(
    acts.map(({ type }) => type),
    ['publication.attempted', 'profile.paused'],
  )
})
