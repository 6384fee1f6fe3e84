import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { addMilliseconds } from '#server/platform/clock.ts'
import { migrate } from '#server/platform/migrate.ts'
import { withClient } from '#server/platform/with-client.ts'
import { judgeBeforeRelease } from '#server/reviews/judge-before-release.ts'
import { reevaluatePosts } from '#server/reviews/reevaluate-posts.ts'
import { sha256 } from '#server/posts/post-content.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { JsonObject } from '#shared/json.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import type { Post } from '#shared/api/posts.ts'
import { approve, furnishFirm, simulate, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

const shipped = fileURLToPath(new URL('../../migrations/', import.meta.url))
const day = 86_400_000

/** The test policy, under which only an outlook is reviewed: all else that is not blocked goes straight through. */
const policy = testPolicy.map(({ path, text }) => ({
  path,
  text: text
    .replace("when: 'true'", `when: 'findings.exists(f, f.severity == "review")'`)
    .concat(`  - { when: 'true', stages: [] }\n`),
}))

/** Posts of every kind of past, one after the other. */
async function furnishPast(t: TestContext): Promise<TestGateway> {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const [camille, ines] = [await gateway.signIn('camille'), await gateway.signIn('ines')]
  const steps = pastSteps(gateway, camille, profileId)

  await steps.draft('A draft that stays one.')
  await steps.act(await steps.draft('A draft that is handed in.'), 'submit')
  await steps.act(await steps.draft('An outlook, first a draft.'), 'submit')
  await steps.act(await steps.draft('A draft that is withdrawn.'), 'withdraw')
  await steps.revise(
    await steps.draft('A draft with guaranteed returns, which its author sees.'),
    'Without them.',
    false,
  )
  await steps.revise(await steps.submit('Straight through, then better.'), 'Straight through, better.', true)
  await steps.revise(await steps.submit('Straight through, then a draft.'), 'Taken back.', false)
  await steps.revise(await steps.submit('Our outlook, reviewed.'), 'Our outlook, revised.', true)
  await steps.act(await steps.submit('Twice guaranteed returns.'), 'submit')
  await steps.revise(await steps.submit('Once guaranteed returns.'), 'Now without.', true)
  await steps.act(await steps.submit('Straight through, then withdrawn.'), 'withdraw')
  const outlook = await steps.submit('Our outlook, approved.')
  assert.equal((await ines.post(`/api/reviews/${outlook.reviews[0]!.reviewId}/claim`)).statusCode, 200)
  gateway.clock.advance(90_000)
  await approve(ines, outlook, { outlook: false })

  const scheduledAt = addMilliseconds(gateway.clock.now(), 3 * day)
  const due = await submit(camille, profileId, 'Due in three days.', { scheduledAt })
  gateway.clock.set(addMilliseconds(scheduledAt, 1_000))
  await judgeBeforeRelease(gateway, due.postId)
  await goLive(gateway)
  await reevaluatePosts(gateway)
  return gateway
}

function pastSteps(gateway: TestGateway, author: SignedIn, profileId: string) {
  const later = <T>(answer: T): T => (gateway.clock.advance(1_000), answer)
  return {
    submit: async (text: string) => later(await submit(author, profileId, text)),
    draft: async (text: string) => {
      const answer = await author.post('/api/posts', { text, profileIds: [profileId] })
      assert.equal(answer.statusCode, 201, answer.body)
      return later(answer.json<Post>())
    },
    revise: async ({ postId }: Post, text: string, isSubmitted: boolean) => {
      const wish = { text, profileIds: [profileId], submit: isSubmitted }
      const answer = await author.post(`/api/posts/${postId}/revisions`, wish)
      assert.equal(answer.statusCode, 201, answer.body)
      gateway.clock.advance(1_000)
    },
    act: async ({ postId }: Post, verb: 'submit' | 'withdraw') => {
      const answer = await author.post(`/api/posts/${postId}/${verb}`)
      assert.ok(answer.statusCode < 300, answer.body)
      gateway.clock.advance(1_000)
    },
  }
}

/** A version under which whatever speaks of three days is blocked. */
async function goLive(gateway: TestGateway): Promise<void> {
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const rule = `  - { id: days, severity: block, any: ['three days'], message: { en: No., fr: Non. }, tests: [{ hit: "⟦three days⟧" }, { pass: x }] }\n`
  const files = policy.map(({ path, text }) => ({ path, text: text.replace('rules:\n', `rules:\n${rule}`) }))
  const { version } = (await ada.post('/api/policies/versions', { files })).json<PolicyVersion>()
  await simulate(gateway, ada, version)
  await ines.post(`/api/policies/versions/${version}/approve`)
  const live = await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'Now' })
  assert.equal(live.statusCode, 200, live.body)
}

/** A database with the schema before a migration. */
async function openOlder(t: TestContext, gateway: TestGateway, before: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-older-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const name of (await readdir(shipped)).filter((file) => file < before))
    await cp(join(shipped, name), join(folder, name))
  const name = `${gateway.database.name}_older`
  await withClient(gateway.database.ownerUrl, (client) => client.query(`create database ${name}`))
  t.after(() => withClient(gateway.database.ownerUrl, (client) => client.query(`drop database ${name} with (force)`)))
  const url = new URL(`/${name}`, gateway.database.ownerUrl).href
  await migrate(url, folder)
  return url
}

const tables = [
  'unit',
  'app_user',
  'policy_version',
  'profile',
  'post',
  'post_revision',
  'policy_evaluation',
  'review',
  'review_decision',
]

/** Carries the rows over; what an older schema has no column for is left behind, as the older program would have. */
async function copyRows(from: string, to: string): Promise<void> {
  await withClient(from, (source) =>
    withClient(to, async (target) => {
      await target.query('set session_replication_role = replica') // the order of rows that name each other
      for (const table of tables) {
        const { rows } = await source.query(`select to_jsonb(r) as row from ${table} r`)
        const text = JSON.stringify(rows.map(({ row }) => row))
        await target.query(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`, [text])
      }
      await target.query('set session_replication_role = origin')
      const { rows } = await source.query(
        `select r.header, b.salt, b.body from archive.archive_record r join archive.archive_body b using (recorded_at, id) order by r.seq`,
      )
      for (const { header, salt, body } of rows)
        await target.query('select archive.append_record($1, $2, $3)', [header, salt, body])
    }),
  )
}

interface VerdictRow {
  readonly text: string
  readonly verdict: string
  readonly occasion: string
  readonly handed_in: boolean
  readonly repeated: boolean
}

async function readVerdicts(url: string): Promise<VerdictRow[]> {
  const { rows } = await withClient(url, (client) =>
    client.query<VerdictRow>(`select r.text, e.verdict, e.occasion, e.handed_in, e.repeated
      from policy_evaluation e join post_revision r on r.id = e.revision_id order by e.evaluated_at, e.id`),
  )
  return rows
}

/** What is kept of each rule’s hits, for the report of its precision. */
async function readHits(url: string): Promise<Record<string, unknown>[]> {
  const { rows } = await withClient(url, (client) =>
    client.query<Record<string, unknown>>('select * from rule_hit order by found_at, evaluation_id, rule_id'),
  )
  return rows
}

for (const before of ['0013', '0020', '0021']) {
  test(`What was handed in before the schema of ${before} is told as today’s program would have written it`, async (t) => {
    const gateway = await furnishPast(t)
    const url = await openOlder(t, gateway, before)
    await copyRows(gateway.database.ownerUrl, url)
    if (before === '0021')
      // as an older program writes beside the newer schema
      await withClient(url, (client) =>
        client.query('update policy_evaluation set handed_in = false, repeated = false'),
      )
    const applied = await migrate(url)
    assert.ok(applied.some((name) => name.startsWith('0021')))
    const truth = await readVerdicts(gateway.database.ownerUrl)
    assert.deepEqual(await readVerdicts(url), truth)
    const hits = await readHits(gateway.database.ownerUrl)
    assert.deepEqual(await readHits(url), hits)
    assert.ok(hits.some((hit) => hit['judged'] === false && hit['minutes'] === 1.5))
    assert.ok(hits.some((hit) => hit['superseded_at'] !== null))
    // The past has every kind: handed in and not, for the second time, after activation and before release.
    const kinds = new Set(truth.map((row) => `${row.occasion} ${row.verdict} ${row.handed_in} ${row.repeated}`))
    for (const kind of [
      'submission pass false false',
      'submission pass true false',
      'submission block false false',
      'submission block true false',
      'submission block true true',
      'submission review true false',
      'release pass false false',
      'activation block false false',
    ])
      assert.ok(kinds.has(kind), kind)
  })
}

test('Inputs that were kept in another form of JSON still have the hash that identifies their verdict', async (t) => {
  const gateway = await furnishPast(t)
  const url = await openOlder(t, gateway, '0013')
  await copyRows(gateway.database.ownerUrl, url)
  await migrate(url)
  const { rows } = await withClient(url, (client) =>
    client.query<{ inputs: JsonObject; inputs_hash: string }>('select inputs, inputs_hash from policy_evaluation'),
  )
  assert.ok(rows.length > 20)
  for (const { inputs, inputs_hash: hash } of rows) assert.equal(sha256(canonicalJson(inputs)), hash)
})
