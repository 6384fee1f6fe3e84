import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { Network, Published } from '#server/platform/network.ts'
import { NetworkError } from '#server/platform/network.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import { checkpointKey } from '#server/archive/object-keys.ts'
import { ObjectStoreError, type ObjectStore } from '#server/platform/object-store.ts'
import { systemActor } from '#server/platform/actor.ts'
import { sealOnce } from '#server/archive/seal-records.ts'
import { createSecretBox } from '#server/platform/secret-box.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { SandboxStore } from '#server/publishing/sandbox-store.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { approve, furnishFirm, readPost, runJobs, submit, type Firm } from '#test/support/furnish-firm.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { runSql } from '#test/support/test-cluster.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

const text = 'We open our branch in Lyon on Monday.'

/** The real Sandbox with a fault put before or behind its calls. */
function withFault(gateway: TestGateway, fault: Partial<Network>): TestGateway {
  const sandbox = gateway.networks.get('sandbox')!
  const faulty: Network = {
    name: sandbox.name,
    repeatable: sandbox.repeatable,
    render: (input, account) => sandbox.render(input, account),
    stamp: (payload, at) => sandbox.stamp(payload, at),
    publish: (account, payload, media) => sandbox.publish(account, payload, media),
    find: (account, payload) => sandbox.find(account, payload),
    capture: (account, id) => sandbox.capture(account, id),
    retract: (account, id) => sandbox.retract(account, id),
    connect: (account) => sandbox.connect(account),
    ...fault,
  }
  return { ...gateway, networks: new Map([['sandbox', faulty]]) }
}

async function approvedPost(
  t: TestContext,
): Promise<
  Firm & { postId: string; read: () => ReturnType<typeof readPost>; live: () => Promise<readonly unknown[]> }
> {
  const firm = await furnishFirm(t)
  const [camille, ines] = [await firm.gateway.signIn('camille'), await firm.gateway.signIn('ines')]
  const post = await submit(camille, firm.profileId, text)
  await approve(ines, post)
  const live = () => new SandboxStore(firm.sandboxDirectory).list()
  return {
    ...firm,
    postId: post.postId,
    read: async () => readPost(await firm.gateway.signIn('camille'), post.postId),
    live,
  }
}

async function releaseAndSeal(gateway: TestGateway): Promise<void> {
  await planPublications(gateway)
  await releasePublications(gateway)
  await sealOnce(gateway, { force: true })
  gateway.clock.advance(1_000)
}

test('Killed after the network took the post: it is found there, and stands there once', async (t) => {
  const { gateway, read, live } = await approvedPost(t)
  await releaseAndSeal(gateway)
  const sandbox = gateway.networks.get('sandbox')!
  let tell: () => void
  const reached = new Promise<void>((resolve) => (tell = resolve))
  const dying = withFault(gateway, {
    async publish(account, payload, media): Promise<Published> {
      await sandbox.publish(account, payload, media)
      tell()
      return new Promise(() => {})
    },
  })
  void attemptPublications(dying)
  await reached
  assert.equal((await read()).publications[0]!.status, 'publishing')
  await runJobs(gateway)
  assert.equal((await read()).publications[0]!.attempts, 1, 'nobody else touches an attempt under its lease')
  gateway.clock.advance(120_000)
  await runJobs(gateway)
  const post = await read()
  assert.equal(post.status, 'published')
  assert.ok(post.timeline.some((entry) => entry.type === 'publication.unconfirmed'))
  assert.equal((await live()).length, 1)
})

test('Killed before the network took the post: it is asked, and the same bytes are sent once more', async (t) => {
  const { gateway, read, live } = await approvedPost(t)
  await releaseAndSeal(gateway)
  let tell: () => void
  const reached = new Promise<void>((resolve) => (tell = resolve))
  const dying = withFault(gateway, {
    publish(): Promise<Published> {
      tell()
      return new Promise(() => {})
    },
  })
  void attemptPublications(dying)
  await reached
  gateway.clock.advance(120_000)
  await runJobs(gateway, 5)
  const post = await read()
  assert.equal(post.status, 'published')
  assert.equal(post.publications[0]!.attempts, 2)
  assert.equal((await live()).length, 1)
})

test('An outcome that cannot be seen waits as unconfirmed until the network answers, and is never guessed', async (t) => {
  const { gateway, read, live } = await approvedPost(t)
  const away = () => Promise.reject(new NetworkError('outcome_unknown', 'The network does not answer.'))
  const silent = withFault(gateway, { publish: away, find: away })
  await runJobs(silent, 6)
  assert.equal((await read()).status, 'unconfirmed')
  gateway.clock.advance(3_600_000)
  await runJobs(silent)
  assert.equal((await read()).status, 'unconfirmed')
  assert.equal((await live()).length, 0)
  gateway.clock.advance(3_600_000)
  await runJobs(gateway, 5)
  assert.equal((await read()).status, 'published')
  assert.equal((await live()).length, 1)
})

test('Two publishers at once: the post leaves once', async (t) => {
  const { gateway, read, live } = await approvedPost(t)
  await Promise.all([planPublications(gateway), planPublications(gateway)])
  await Promise.all([releasePublications(gateway), releasePublications(gateway)])
  await sealOnce(gateway, { force: true })
  gateway.clock.advance(1_000)
  const sent = await Promise.all([attemptPublications(gateway), attemptPublications(gateway)])
  assert.equal(sent[0] + sent[1], 1)
  const post = await read()
  assert.equal(post.publications[0]!.attempts, 1)
  assert.equal((await live()).length, 1)
  const types = post.timeline.map((entry) => entry.type).filter((type) => type.startsWith('publication.'))
  const once = ['publication.released', 'publication.attempted', 'publication.published']
  assert.deepEqual(types, once, 'nobody took the other’s attempt for one whose end nobody saw')
})

test('A refusal of the network is told in its words and ends the matter', async (t) => {
  const { gateway, read } = await approvedPost(t)
  await runJobs(
    withFault(gateway, { publish: () => Promise.reject(new NetworkError('rejected', 'This account may not post.')) }),
  )
  const post = await read()
  assert.equal(post.status, 'failed')
  assert.equal(post.publications[0]!.lastError, 'This account may not post.')
})

test('A lost credential holds the post, tells who can help, and the post leaves after reconnection', async (t) => {
  const { gateway, profileId, read } = await approvedPost(t)
  await runJobs(
    withFault(gateway, { publish: () => Promise.reject(new NetworkError('reauthorise', 'The password was changed.')) }),
  )
  gateway.clock.advance(60_000)
  await runJobs(gateway)
  assert.match((await read()).publications[0]!.lastError!, /needs reauthorisation.*administrator/)
  await connectProfile(gateway, systemActor, profileId, { credential: 'new' })
  gateway.clock.advance(60_000)
  await runJobs(gateway)
  assert.equal((await read()).status, 'published')
})

test('Under an exchanged key a post waits for its profile to be connected, and holds up no other', async (t) => {
  const { gateway, profileId, read } = await approvedPost(t)
  const exchanged = { ...gateway, secretBox: createSecretBox(randomBytes(32)) }
  await releaseAndSeal(exchanged)
  await attemptPublications(exchanged)
  const told = (await recordsOf(gateway, 'publication.refused')).map(({ content }) => content['because'])
  assert.deepEqual(told, ['profile'], 'the profile changes with a record of the same act')
  const other = await registerProfile(gateway, systemActor, {
    network: 'sandbox',
    handle: 'branch',
    displayName: 'Branch',
    unitId: (await gateway.db.selectFrom('profile').select('unit_id').executeTakeFirstOrThrow()).unit_id,
  })
  await connectProfile(exchanged, systemActor, other.profileId, { credential: 'new' })
  const camille = await gateway.signIn('camille')
  const second = await submit(camille, other.profileId, 'The branch opens too.')
  await approve(await gateway.signIn('ines'), second)
  await runJobs(exchanged)
  assert.equal((await readPost(camille, second.postId)).status, 'published')
  gateway.clock.advance(60_000)
  await runJobs(exchanged)
  assert.match((await read()).publications[0]!.lastError!, /needs reauthorisation.*administrator/)
  await connectProfile(exchanged, systemActor, profileId, { credential: 'new' })
  gateway.clock.advance(60_000)
  await runJobs(exchanged)
  assert.equal((await read()).status, 'published')
})

test('The object store is down: posts are accepted and approved, none is published, all resumes by itself', async (t) => {
  const { gateway, profileId, read } = await approvedPost(t)
  const down = () => Promise.reject(new ObjectStoreError('The bucket does not answer.', { retryable: true }))
  const store: ObjectStore = { ...bind(gateway.objectStore), put: down, get: down, head: down, check: down }
  const cutOff = { ...gateway, objectStore: store }
  await planPublications(cutOff)
  await releasePublications(cutOff)
  assert.equal((await sealOnce(cutOff, { force: true })).state, 'unreachable')
  gateway.clock.advance(1_000)
  assert.equal(await attemptPublications(cutOff), 0)
  const camille = await gateway.signIn('camille')
  assert.equal((await submit(camille, profileId, 'Another one.')).status, 'in_review')
  await runJobs(gateway)
  assert.equal((await read()).status, 'published')
})

function bind(store: ObjectStore): ObjectStore {
  return {
    put: (key, bytes, retainUntil) => store.put(key, bytes, retainUntil),
    get: (key, versionId) => store.get(key, versionId),
    head: (key, versionId) => store.head(key, versionId),
    list: (prefix) => store.list(prefix),
    extend: (key, versionId, retainUntil) => store.extend(key, versionId, retainUntil),
    destroy: (key, versionId) => store.destroy(key, versionId),
    setLegalHold: (key, versionId, held) => store.setLegalHold(key, versionId, held),
    check: () => store.check(),
  }
}

/** The tables as a dump of before the release, or of before the attempt, holds them; the archive as it is after its rebuild. */
async function restore(gateway: TestGateway, before: 'release' | 'attempt'): Promise<TestGateway> {
  const forgotten =
    before === 'release'
      ? "status = 'waiting', release_record_id = null, stamped_payload = null"
      : "status = 'publishing', lease_until = null"
  await runSql(
    gateway.config.database.ownerUrl!,
    `delete from publication_attempt;
     alter table publication disable trigger publication_guard;
     update publication set ${forgotten}, attempts = 0, remote_id = null, permalink = null, published_at = null,
       captured_at = null, retract_requested_by = null, next_attempt_at = created_at;
     alter table publication enable trigger publication_guard;
     update post set status = '${before === 'release' ? 'approved' : 'publishing'}'`,
  )
  return startAnew(gateway)
}

/** The gateway as the next process has it: what it remembers of the database and the bucket is gone. */
function startAnew(gateway: TestGateway): TestGateway {
  gateway.clock.advance(1_000)
  return { ...gateway, db: openDatabase(openPool(gateway.config.database.url, gateway.log, 5)) }
}

for (const before of ['release', 'attempt'] as const) {
  test(`After a restore from a dump of before the ${before} the network is asked: what is there is published, once`, async (t) => {
    const { gateway, read, live } = await approvedPost(t)
    await runJobs(gateway)
    const sent = await live()
    assert.equal(sent.length, 1)
    const restored = await restore(gateway, before)
    t.after(() => restored.db.destroy())
    await runJobs(restored)
    assert.deepEqual(await live(), sent, 'it is out once')
    const post = await read()
    assert.deepEqual([post.status, post.publications[0]!.lastError], ['published', null])
    assert.ok(post.timeline.some(({ type }) => type === 'publication.unconfirmed'))
  })

  test(`After a restore from a dump of before the ${before} what was taken back meanwhile does not go out again`, async (t) => {
    const { gateway, postId, read, live } = await approvedPost(t)
    await runJobs(gateway)
    const camille = await gateway.signIn('camille')
    assert.equal((await camille.post(`/api/posts/${postId}/retract`, { reason: 'A mistake.' })).statusCode, 200)
    await runJobs(gateway)
    assert.equal((await live()).length, 0)
    const restored = await restore(gateway, before)
    t.after(() => restored.db.destroy())
    await runJobs(restored)
    assert.equal((await live()).length, 0)
    const post = await read()
    assert.equal(post.status, 'failed')
    assert.match(post.publications[0]!.lastError ?? '', /it may have been deleted since/)
  })
}

test('A database that is older than the bucket sends nothing, also what was released and sealed before its backup', async (t) => {
  const { gateway, live } = await approvedPost(t)
  await releaseAndSeal(gateway)
  const next = startAnew(gateway)
  t.after(() => next.db.destroy())
  const later: ObjectStore = {
    ...bind(gateway.objectStore),
    async *list(prefix) {
      yield* gateway.objectStore.list(prefix)
      const key = checkpointKey(9_999)
      if (key.startsWith(prefix)) yield { key, versionId: '1', size: 1, deleteMarker: false }
    },
  }
  assert.equal(await attemptPublications({ ...next, objectStore: later }), 0)
  assert.equal((await live()).length, 0)
  assert.equal(await attemptPublications(next), 1, 'after the rebuild')
  assert.equal((await live()).length, 1)
})

test('Where a repeat makes a second post, what was released before a start is looked up before it is sent', async (t) => {
  const { gateway, read, live } = await approvedPost(t)
  await releaseAndSeal(gateway)
  const calls: string[] = []
  const sandbox = gateway.networks.get('sandbox')!
  const next = startAnew(
    withFault(gateway, {
      repeatable: false,
      find: (account, payload) => (calls.push('find'), sandbox.find(account, payload)),
      publish: (account, payload, media) => (calls.push('publish'), sandbox.publish(account, payload, media)),
    }),
  )
  t.after(() => next.db.destroy())
  await runJobs(next)
  assert.deepEqual(calls, ['find', 'publish'])
  assert.equal((await live()).length, 1)
  assert.equal((await read()).status, 'published')
})
