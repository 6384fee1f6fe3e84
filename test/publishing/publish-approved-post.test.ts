import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { sealOnce } from '#server/archive/seal-records.ts'
import { attemptPublications } from '#server/publishing/attempt-publications.ts'
import { planPublications } from '#server/publishing/plan-publications.ts'
import { releasePublications } from '#server/publishing/release-publications.ts'
import { SandboxStore } from '#server/publishing/sandbox-store.ts'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, readPost, runJobs, submit } from '#test/support/furnish-firm.ts'
import { recordsOf } from '#test/support/records-of.ts'
import { runSql } from '#test/support/test-cluster.ts'

test('A post goes from submission to published: judged, approved by a second person, sealed, then sent', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  assert.equal(post.status, 'in_review')
  await approve(ines, post)
  assert.equal((await readPost(camille, post.postId)).status, 'approved')
  await runJobs(gateway)
  const published = await readPost(camille, post.postId)
  assert.equal(published.status, 'published')
  assert.equal(published.publications.length, 1)
  assert.match(published.publications[0]!.permalink!, /^http/)
  const types = published.timeline.map((entry) => entry.type)
  for (const type of [
    'post.submitted',
    'review.decided',
    'publication.released',
    'publication.attempted',
    'publication.published',
    'publication.captured',
  ]) {
    assert.ok(types.includes(type), `${type} is missing from ${types.join(', ')}`)
  }
})

test('Each record of a post’s way has its number, its author, its time and its term, and one holds the approval (SEC-7, SEC-10, SEC-12, FIN-10, MKT-5)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  const approvedAt = gateway.clock.advance(1_000)
  await approve(ines, post)
  await runJobs(gateway)
  const { rows } = await sql<{ logIndex: number; header: Buffer; month: string; name: string | null }>`
    select l.log_index as "logIndex", r.header, r.dispose_month::text as month,
        convert_from(b.body, 'UTF8')::jsonb->'actor'->>'displayName' as name
      from archive.archive_record r
        join archive.leaf l on l.record_id = r.id
        join archive.archive_body b on b.id = r.id
      order by l.log_index`.execute(gateway.db)
  assert.ok(rows.length > 8)
  rows.forEach(({ logIndex, header, month, name }, index) => {
    const { actor, recordedAt } = JSON.parse(String(header)) as Record<string, string>
    assert.equal(logIndex, index, 'no number is left out or given twice')
    assert.ok(actor !== undefined && name, `record ${index} names nobody`)
    assert.ok(Number(month.slice(0, 4)) >= Number(recordedAt!.slice(0, 4)) + 7, `record ${index} goes in ${month}`)
  })
  const [decided] = await recordsOf(gateway, 'review.decided')
  const { outcome, contentHash, reviewer } = decided!.content
  assert.deepEqual([outcome, contentHash], ['approved', post.contentHash])
  assert.deepEqual(reviewer, { userId: (await ines.get('/api/me')).json().userId, displayName: 'Inès Moreau' })
  assert.equal(decided!.header['recordedAt'], approvedAt)
})

test('Nothing is sent before the evidence is sealed in the object store', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  await approve(ines, post)
  for (let round = 0; round < 3; round += 1) {
    await planPublications(gateway)
    await releasePublications(gateway)
    assert.equal(await attemptPublications(gateway), 0)
    gateway.clock.advance(1_000)
  }
  assert.equal((await readPost(camille, post.postId)).publications[0]!.attempts, 0)
})

test('A post that was changed in the database after its approval is refused', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  await approve(ines, post)
  const { Client } = (await import('pg')).default
  const owner = new Client({ connectionString: gateway.database.ownerUrl })
  await owner.connect()
  await owner.query(`update post_revision set text = 'guaranteed returns' where post_id = $1`, [post.postId])
  await owner.end()
  await runJobs(gateway)
  const refused = await readPost(camille, post.postId)
  assert.equal(refused.status, 'failed')
  assert.equal(refused.publications[0]!.attempts, 0)
  assert.ok(refused.timeline.some((entry) => entry.type === 'publication.refused'))
})

test('What the tables are made to say lets nothing out: no status, verdict, decision or payload that nobody gave (FIN-1)', async (t) => {
  const { gateway, profileId, sandboxDirectory } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const inesId = (await ines.get('/api/me')).json<{ userId: string }>().userId
  // As whoever has the service's own login, and so past every use case.
  const say = (statement: string) => runSql(gateway.database.serviceUrl, statement)
  const lies: Record<string, (post: Post) => Promise<void>> = {
    'a status': (post) => say(`update post set status = 'approved' where id = '${post.postId}'`),
    'a verdict that asks for nobody': (post) =>
      say(`insert into policy_evaluation select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),
          'evaluated_at', e.evaluated_at + interval '1 second', 'verdict', 'pass', 'required_stages', '[]'::jsonb))).*
          from policy_evaluation e where revision_id = '${post.currentRevisionId}';
        update post set status = 'approved' where id = '${post.postId}'`),
    'a decision without its record': (post) =>
      say(`insert into review_decision (id, review_id, reviewer_id, author_id, outcome, content_hash, record_id, decided_at)
          select gen_random_uuid(), id, '${inesId}', author_id, 'approved', content_hash, id, created_at
          from review where post_id = '${post.postId}';
        update review set status = 'approved' where post_id = '${post.postId}';
        update post set status = 'approved' where id = '${post.postId}'`),
    'a decision with the record of another': async (post) => {
      await approve(ines, await submit(camille, profileId, 'An ordinary word.'))
      await say(`insert into review_decision (id, review_id, reviewer_id, author_id, outcome, content_hash, record_id, decided_at)
          select gen_random_uuid(), r.id, d.reviewer_id, r.author_id, 'approved', r.content_hash, d.record_id, d.decided_at
          from review r, review_decision d where r.post_id = '${post.postId}' order by d.decided_at desc limit 1;
        update review set status = 'approved' where post_id = '${post.postId}';
        update post set status = 'approved' where id = '${post.postId}'`)
    },
    'other bytes beside the approved ones': async (post) => {
      await approve(ines, post)
      await planPublications(gateway)
      await say(`update publication set stamped_payload = '{"handle":"meridian","key":"k","text":"Buy now.","media":[],"links":[]}'
        where post_id = '${post.postId}'`)
    },
    'other bytes under the record of a release': async (post) => {
      await approve(ines, post)
      await planPublications(gateway)
      await say(`update publication set status = 'publishing', next_attempt_at = created_at,
          stamped_payload = '{"handle":"meridian","key":"k","text":"Buy now.","media":[],"links":[]}',
          release_record_id = (select record_id from archive.leaf order by log_index limit 1)
        where post_id = '${post.postId}'`)
    },
  }
  for (const [lie, tell] of Object.entries(lies)) {
    const post = await submit(camille, profileId, `Buy our fund: ${lie}.`)
    await sealOnce(gateway, { force: true })
    gateway.clock.advance(2_000)
    await tell(post)
    await runJobs(gateway, 4)
    const [publication] = (await readPost(camille, post.postId)).publications
    assert.deepEqual([publication?.attempts ?? 0, publication?.publishedAt ?? null], [0, null], lie)
  }
  const live = await new SandboxStore(sandboxDirectory).list()
  assert.deepEqual(
    live.filter(({ text }) => text.startsWith('Buy')),
    [],
  )
})

test('A scheduled post waits for its slot and is then published', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = new Date(Date.parse(gateway.clock.now()) + 600_000).toISOString()
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.', { scheduledAt })
  await approve(ines, post)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'scheduled')
  gateway.clock.set(scheduledAt)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'published')
})

test('An approval after the slot publishes nothing late: the author is asked for a new time', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const scheduledAt = new Date(Date.parse(gateway.clock.now()) + 600_000).toISOString()
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.', { scheduledAt })
  gateway.clock.advance(700_000)
  await approve(ines, post)
  await runJobs(gateway)
  const expired = await readPost(camille, post.postId)
  assert.equal(expired.status, 'expired')
  assert.equal(expired.publications.length, 0)
})

test('A stop holds what is due, one person cannot lift it, two can, and the post then leaves', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines, tom] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ines'),
    await gateway.signIn('tom'),
  ]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  await approve(ines, post)
  const engaged = await tom.post('/api/stops', { scope: 'everything', reason: 'Market event' })
  assert.equal(engaged.statusCode, 201, engaged.body)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'stopped')
  const lift = `/api/stops/${engaged.json<{ stopId: string }>().stopId}/lift`
  assert.equal((await tom.post(lift)).statusCode, 200)
  const alone = await tom.post(lift)
  assert.equal(alone.statusCode, 403)
  assert.equal(alone.json<{ code: string }>().code, 'second_person_required')
  assert.equal((await ines.post(lift)).statusCode, 200)
  gateway.clock.advance(5_000)
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).status, 'published')
})

test('A published post is retracted at the network and its evidence stays (FCA-7)', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const post = await submit(camille, profileId, 'We open our branch in Lyon on Monday.')
  await approve(ines, post)
  await runJobs(gateway)
  const asked = await camille.post(`/api/posts/${post.postId}/retract`, { reason: 'The date moved.' })
  assert.equal(asked.statusCode, 200, asked.body)
  await runJobs(gateway)
  const retracted = await readPost(camille, post.postId)
  assert.equal(retracted.status, 'retracted')
  assert.ok(retracted.timeline.some((entry) => entry.type === 'publication.published'))
  assert.ok(retracted.timeline.some((entry) => entry.type === 'publication.retracted'))
})
