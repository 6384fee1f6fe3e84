import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { addMilliseconds } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import { recordsOf } from '#test/support/records-of.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'
import { runSql } from '#test/support/test-cluster.ts'

const text = 'We open our branch in Lyon on Monday.'

/** Engages a stop behind the API's back; answers how to lift it. */
async function engage(gateway: TestGateway, scope: string, scopeId: string | null): Promise<() => Promise<unknown>> {
  const at = gateway.clock.now()
  const people = await gateway.db.selectFrom('app_user').select('id').orderBy('id').limit(2).execute()
  const [one, two] = [people[0]!.id, people[1]!.id]
  const id = newId(at)
  const stop = { id, scope, scope_id: scopeId, reason: `a stop of ${scope}`, engaged_by: one, engaged_at: at }
  await gateway.db.insertInto('stop').values(stop).execute()
  const lift = { lift_requested_by: one, lift_requested_at: at, lifted_by: two, lifted_at: at }
  return () => gateway.db.updateTable('stop').set(lift).where('id', '=', id).execute()
}

test('A stop holds everything in its scope and nothing outside it', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const write = async (): Promise<Post> => {
    const post = await submit(camille, profileId, text)
    await approve(ines, post)
    return post
  }
  const unit = await gateway.db
    .selectFrom('unit')
    .select(['id'])
    .where('parent_id', 'is', null)
    .executeTakeFirstOrThrow()
  const scopes: [string, string | null][] = [
    ['everything', null],
    ['unit', unit.id],
    ['network', 'sandbox'],
    ['profile', profileId],
  ]
  for (const [scope, scopeId] of scopes) {
    const post = await write()
    const lift = await engage(gateway, scope, scopeId)
    await runJobs(gateway, 1)
    const held = await readPost(camille, post.postId)
    assert.deepEqual(
      [held.status, held.publications[0]!.status, held.publications[0]!.lastError],
      ['stopped', 'stopped', `A stop is engaged: a stop of ${scope}`],
    )
    await lift()
    gateway.clock.advance(2_000)
    await runJobs(gateway)
    assert.equal((await readPost(camille, post.postId)).status, 'published', `${scope} is lifted`)
  }
  for (const [scope, scopeId] of [
    ['unit', crypto.randomUUID()],
    ['network', 'bluesky'],
    ['profile', crypto.randomUUID()],
  ] as const)
    await engage(gateway, scope, scopeId)
  const free = await write()
  await runJobs(gateway)
  assert.equal((await readPost(camille, free.postId)).status, 'published')
})

test('A stop of a unit holds what others publish on its profiles, and not what its neighbours do', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, ada] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('ada'),
  ]
  const firm = (await camille.get('/api/me')).json<{ unit: { unitId: string } }>().unit.unitId
  const addUnit = async (slug: string) =>
    (await ada.post('/api/units', { parentId: firm, name: slug, slug })).json<{ unitId: string }>().unitId
  const [lyon, nice] = [await addUnit('lyon'), await addUnit('nice')]
  await runSql(gateway.database.ownerUrl, `update profile set unit_id = '${lyon}' where id = '${profileId}'`)
  const post = await submit(camille, profileId, text)
  await approve(ines, post)
  await engage(gateway, 'unit', nice)
  const lift = await engage(gateway, 'unit', lyon)
  await runJobs(gateway, 1)
  assert.equal((await readPost(camille, post.postId)).status, 'stopped')
  await lift()
  gateway.clock.advance(2_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'published')
})

test('A stop after the release holds what was not sent yet', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, text)
  await approve(ines, post)
  await planPublications(gateway)
  await releasePublications(gateway)
  const lift = await engage(gateway, 'everything', null)
  gateway.clock.advance(1_000)
  await runJobs(gateway)
  const held = await readPost(camille, post.postId)
  assert.deepEqual([held.status, held.publications[0]!.attempts], ['stopped', 0])
  await lift()
  gateway.clock.advance(2_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'published')
})

test('Why the gate refuses is one record, however often it looks, and each other reason is one more', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, text)
  await approve(ines, post)
  const connected = (status: string) =>
    gateway.db.updateTable('profile').set({ status }).where('id', '=', profileId).execute()
  const reasons = async () =>
    (await recordsOf(gateway, 'publication.refused')).map(({ content }) => content['because'] as string)
  const lookOften = async () => {
    for (let round = 0; round < 3; round += 1) {
      gateway.clock.advance(20_000)
      await runJobs(gateway, 1)
    }
  }
  await connected('paused')
  await lookOften()
  assert.deepEqual(await reasons(), ['profile'])
  const lift = await engage(gateway, 'everything', null)
  await lookOften()
  assert.deepEqual(await reasons(), ['profile', 'stopped'])
  await lift()
  await lookOften()
  assert.deepEqual(await reasons(), ['profile', 'stopped', 'profile'])
  const [publication] = (await readPost(camille, post.postId)).publications
  assert.match(publication!.lastError!, /The profile is paused/)
  await connected('connected')
  await lookOften()
  assert.equal((await readPost(camille, post.postId)).status, 'published')
  assert.equal((await reasons()).length, 3)
})

test('A publication that is cancelled or failed is looked at no more', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, text)
  await approve(ines, post)
  await planPublications(gateway)
  await runSql(gateway.database.ownerUrl, `update publication set payload_sha256 = '${'0'.repeat(64)}'`)
  await releasePublications(gateway)
  const row = await gateway.db
    .selectFrom('publication')
    .select(['status', 'next_attempt_at', 'release_record_id', 'stamped_payload'])
    .executeTakeFirstOrThrow()
  assert.deepEqual(row, { status: 'failed', next_attempt_at: null, release_record_id: null, stamped_payload: null })
  assert.equal((await readPost(camille, post.postId)).status, 'failed')
})

test('A slot to come is waited for without a record, and the gate looks again at the slot', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = addMilliseconds(gateway.clock.now(), 600_000)
  const post = await submit(camille, profileId, text, { scheduledAt })
  await approve(ines, post)
  await planPublications(gateway)
  await sql`update publication set next_attempt_at = created_at`.execute(gateway.db)
  await releasePublications(gateway)
  const [publication] = (await readPost(camille, post.postId)).publications
  assert.deepEqual(
    [publication!.status, publication!.nextAttemptAt, publication!.lastError],
    ['waiting', scheduledAt, null],
  )
  assert.deepEqual(await recordsOf(gateway, 'publication.refused'), [])
})

test('An author’s newer revision cancels what was planned for the older one', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = addMilliseconds(gateway.clock.now(), 600_000)
  const post = await submit(camille, profileId, text, { scheduledAt })
  await approve(ines, post)
  await planPublications(gateway)
  const again = { text: `${text} Welcome.`, profileIds: [profileId], scheduledAt, submit: true }
  const revised = await camille.post(`/api/posts/${post.postId}/revisions`, again)
  assert.equal(revised.statusCode, 201, revised.body)
  gateway.clock.set(addMilliseconds(scheduledAt, 1_000))
  await runJobs(gateway)
  const rows = await gateway.db.selectFrom('publication').select(['status', 'attempts', 'revision_id']).execute()
  assert.deepEqual(rows, [{ status: 'cancelled', attempts: 0, revision_id: post.reviews[0]!.revisionId }])
})
