import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemActor } from '#server/platform/actor.ts'
import { connectProfile } from '#server/profiles/connect-profile.ts'
import { registerProfile } from '#server/profiles/register-profile.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import type { PublicationStatus } from '#server/publishing/queries.ts'
import { releasable } from '#server/publishing/release-gate.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { statusFromPublications } from '#server/publishing/settle-publication.ts'
import type { Post } from '#shared/api/posts.ts'
import { postMoves, type PostStatus } from '#shared/post-status.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import { runSql } from '#test/support/test-cluster.ts'

const table: readonly [publications: readonly PublicationStatus[], post: PostStatus | undefined][] = [
  [[], undefined],
  [['cancelled'], undefined],
  [['waiting'], undefined],
  [['waiting', 'failed'], undefined],
  [['waiting', 'retracted'], undefined],
  [['published'], 'published'],
  [['published', 'cancelled'], 'published'],
  [['retracted', 'retracted'], 'retracted'],
  [['published', 'retracted'], 'partly_published'],
  [['published', 'failed'], 'partly_published'],
  [['published', 'waiting'], 'partly_published'],
  [['published', 'stopped'], 'partly_published'],
  [['published', 'publishing'], 'publishing'],
  [['publishing', 'unconfirmed'], 'unconfirmed'],
  [['published', 'unconfirmed'], 'unconfirmed'],
  [['stopped', 'failed'], 'stopped'],
  [['stopped', 'waiting'], 'stopped'],
  [['failed', 'failed'], 'failed'],
  [['failed', 'retracted'], 'failed'],
]

test('The state of a post is told by its publications', () => {
  for (const [publications, post] of table)
    assert.equal(statusFromPublications(publications), post, publications.join())
})

/** What can become of one publication, by whatever hand. */
const steps: Record<PublicationStatus, readonly PublicationStatus[]> = {
  // Published from anywhere: a network that answers late has it all the same.
  waiting: ['publishing', 'failed', 'stopped', 'cancelled', 'unconfirmed', 'published'],
  stopped: ['publishing', 'failed', 'cancelled', 'unconfirmed', 'published'],
  publishing: ['published', 'failed', 'unconfirmed', 'stopped', 'cancelled'],
  unconfirmed: ['published', 'waiting', 'failed'],
  published: ['retracted'],
  failed: ['published'],
  cancelled: ['published'],
  retracted: [],
}

test('Whatever becomes of three publications, in whatever order, their post can follow', () => {
  const seen = new Set<string>()
  const follow = (post: PostStatus, publications: readonly PublicationStatus[], past: string): void => {
    const here = `${post}: ${publications.join('+')}`
    if (seen.has(here)) return
    seen.add(here)
    publications.forEach((publication, index) => {
      for (const step of steps[publication]) {
        const next = publications.with(index, step).toSorted()
        const status = (releasable.includes(post) ? statusFromPublications(next) : undefined) ?? post
        assert.ok(status === post || postMoves[post].includes(status), `${past} > ${here} > ${status}`)
        const isOver = next.every((one) => ['failed', 'cancelled', 'retracted'].includes(one))
        assert.ok(releasable.includes(status) || isOver || !releasable.includes(post), `${past} > ${here}`)
        follow(status, next, `${past} > ${here}`)
      }
    })
  }
  follow('approved', ['waiting', 'waiting', 'waiting'], '')
  follow('scheduled', ['waiting', 'waiting', 'waiting'], '')
  assert.ok(seen.size > 100)
})

const text = 'We open our branch in Lyon on Monday.'

test('A post that is taken back leaves nowhere any more, and holds up no other under a stop (FCA-7)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const { unit_id: unitId } = await gateway.db.selectFrom('profile').select('unit_id').executeTakeFirstOrThrow()
  const wish = { network: 'sandbox', handle: 'branch', displayName: 'Branch', unitId }
  const paused = await registerProfile(gateway, systemActor, wish)
  await connectProfile(gateway, systemActor, paused.profileId, { credential: 'test' })
  const pause = (status: string) =>
    gateway.db.updateTable('profile').set({ status }).where('id', '=', paused.profileId).execute()
  const post = await submit(camille, profileId, text, { profileIds: [profileId, paused.profileId] })
  await approve(ines, post)
  await pause('paused')
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'partly_published')
  assert.equal((await camille.post(`/api/posts/${post.postId}/retract`, { reason: 'x' })).statusCode, 200)
  await runJobs(gateway)
  const stop = { scope: 'profile', scopeId: paused.profileId, reason: 'x' }
  assert.equal((await tom.post('/api/stops', stop)).statusCode, 201)
  const other = await submit(camille, profileId, `${text} Welcome.`)
  await approve(ines, other)
  gateway.clock.advance(20_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, other.postId)).status, 'published')
  await pause('connected')
  gateway.clock.advance(60_000)
  await runJobs(gateway)
  const taken = await readPost(camille, post.postId)
  assert.deepEqual(
    [taken.status, ...taken.publications.map(({ status }) => status).toSorted()],
    ['retracted', 'cancelled', 'retracted'],
  )
})

test('What the gate finds wrong with a stopped post when the stop is lifted ends that post alone', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const approved = async (words: string): Promise<Post> => {
    const post = await submit(camille, profileId, words)
    await approve(ines, post)
    return post
  }
  const post = await approved(text)
  const stop = (await tom.post('/api/stops', { scope: 'everything', reason: 'x' })).json<{ stopId: string }>()
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'stopped')
  const tampered = `update publication set payload_sha256 = '${'0'.repeat(64)}'`
  await runSql(gateway.database.ownerUrl, `${tampered} where post_id = '${post.postId}'`)
  for (const person of [tom, ines]) await person.post(`/api/stops/${stop.stopId}/lift`)
  const other = await approved(`${text} Welcome.`)
  gateway.clock.advance(5_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'failed')
  assert.equal((await readPost(camille, other.postId)).status, 'published')
})

test('A post that is withdrawn under a stop stays withdrawn when its publications end', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const { unit_id: unitId } = await gateway.db.selectFrom('profile').select('unit_id').executeTakeFirstOrThrow()
  const wish = { network: 'sandbox', handle: 'branch', displayName: 'Branch', unitId }
  const second = await registerProfile(gateway, systemActor, wish)
  await connectProfile(gateway, systemActor, second.profileId, { credential: 'test' })
  const post = await submit(camille, profileId, text, { profileIds: [profileId, second.profileId] })
  await approve(ines, post)
  await planPublications(gateway)
  const tampered = `update publication set payload_sha256 = '${'0'.repeat(64)}'`
  await runSql(gateway.database.ownerUrl, `${tampered} where profile_id = '${profileId}'`)
  await ines.post('/api/stops', { scope: 'profile', scopeId: second.profileId, reason: 'x' })
  await releasePublications(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'stopped')
  assert.equal((await camille.post(`/api/posts/${post.postId}/withdraw`)).statusCode, 200)
  gateway.clock.advance(5_000)
  await runJobs(gateway)
  const after = await readPost(camille, post.postId)
  assert.equal(after.status, 'withdrawn')
  assert.deepEqual(after.publications.map(({ status }) => status).toSorted(), ['cancelled', 'failed'])
})

test('A post that a bug keeps from leaving waits, is told to the operator, and holds up no other', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const posts = [await submit(camille, profileId, text), await submit(camille, profileId, `${text} Welcome.`)]
  for (const post of posts) {
    await approve(ines, post)
    await planPublications(gateway)
    gateway.clock.advance(1_000)
  }
  const sandbox = gateway.networks.get('sandbox')!
  let stamped = 0
  const stamp: typeof sandbox.stamp = (payload, at) => {
    stamped += 1
    if (stamped === 1) throw new Error('a bug of the adapter')
    return sandbox.stamp(payload, at)
  }
  await releasePublications({ ...gateway, networks: new Map([['sandbox', { ...sandbox, stamp }]]) })
  const states = await Promise.all(posts.map(async (post) => (await readPost(camille, post.postId)).status))
  assert.deepEqual(states, ['approved', 'publishing'])
  assert.ok(gateway.logLines.some((line) => line.includes('a bug of the adapter')))
  gateway.clock.advance(30_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, posts[0]!.postId)).status, 'published')
})

test('What the gate cannot judge rests, so that however much of it there is, the others have their turn', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  for (let number = 0; number < 51; number += 1)
    await approve(ines, await submit(camille, profileId, `${text} No. ${number}`))
  await planPublications(gateway)
  // A network that this program does not know: a bug, not a refusal.
  const broken = { ...gateway, networks: new Map() }
  assert.deepEqual([await releasePublications(broken), await releasePublications(broken)], [50, 1])
  assert.equal(await releasePublications(gateway), 0)
  gateway.clock.advance(30_000)
  assert.deepEqual([await releasePublications(gateway), await releasePublications(gateway)], [50, 1])
})
