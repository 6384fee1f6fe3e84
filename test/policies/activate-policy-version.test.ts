import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Db } from '#server/platform/database.ts'
import { activateDueVersions } from '#server/policies/activate-policy-version.ts'
import { compiledPolicy, prepareVersions } from '#server/policies/compiled-policies.ts'
import { reevaluatePosts } from '#server/reviews/reevaluate-posts.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import { approve, furnishFirm, readPost, runJobs, simulate, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'

/** The test policy with one more blocked word. */
function stricter(word: string): { path: string; text: string }[] {
  const rule = `  - id: ban-${word}\n    severity: block\n    any: ['${word}']\n    message: { en: Not this word., fr: Pas ce mot. }\n    tests: [{ hit: "a ⟦${word}⟧" }, { pass: "nothing" }]\n`
  return testPolicy.map(({ path, text }) => ({ path, text: text.replace('rules:\n', `rules:\n${rule}`) }))
}

async function write(ada: SignedIn, word: string): Promise<string> {
  const answer = await ada.post('/api/policies/versions', { files: stricter(word), note: `ban ${word}` })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<PolicyVersion>().version
}

test('A version goes live only through a second person, and each step is a record', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const version = await write(ada, 'moonshot')
  const path = `/api/policies/versions/${version}`
  assert.equal((await ada.post(`${path}/approve`)).json<{ code: string }>().code, 'second_person_required')
  assert.equal(
    (await ines.post(`${path}/activate`, { reason: 'now' })).json<{ code: string }>().code,
    'second_person_required',
  )
  await simulate(gateway, ada, version)
  assert.equal((await ines.post(`${path}/approve`)).statusCode, 200)
  const active = await ada.post(`${path}/activate`, { reason: 'now' })
  assert.equal(active.statusCode, 200, active.body)
  assert.equal(active.json<PolicyVersion>().state, 'active')
  const list = (await ada.get('/api/policies')).json<{ activeVersion: string; versions: PolicyVersion[] }>()
  assert.equal(list.activeVersion, version)
  assert.deepEqual(list.versions.map((row) => row.state).toSorted(), ['active', 'retired'])
})

test('A version that goes live is compiled already: nobody waits for it, and nothing is read', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const version = await write(ada, 'sunshot')
  const nowhere = {} as Db
  await assert.rejects(compiledPolicy(nowhere, version), TypeError, 'a draft is not')
  await simulate(gateway, ada, version)
  await ines.post(`/api/policies/versions/${version}/approve`)
  await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'now' })
  assert.equal((await compiledPolicy(nowhere, version)).version, version)
})

test('An approved version that a later program cannot load is neither activated nor in the way of others', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const version = await write(ada, 'oldshot')
  await simulate(gateway, ada, version)
  await ines.post(`/api/policies/versions/${version}/approve`)
  const old = 'f'.repeat(64)
  const files = [{ path: 'old.yaml', text: 'policy: old\nrules:\n  - { id: r, any: [x], bygone: true }\n' }]
  await gateway.db
    .insertInto('policy_version')
    .columns(['version', 'files', 'rule_count', 'state', 'created_at', 'approved_at', 'activate_at'])
    .expression((from) =>
      from
        .selectFrom('policy_version')
        .select((row) => [
          row.val(old).as('version'),
          row.val(JSON.stringify(files)).as('files'),
          'rule_count',
          'state',
          'created_at',
          'approved_at',
          row.val('2020-01-01T00:00:00.000Z').as('activate_at'),
        ])
        .where('version', '=', version),
    )
    .execute()
  const answer = await ada.post(`/api/policies/versions/${old}/activate`, { reason: 'now' })
  assert.equal(answer.json<{ code: string }>().code, 'policy_invalid')
  await prepareVersions(gateway.db)
  await activateDueVersions(gateway)
  assert.notEqual((await ada.get('/api/policies')).json<{ activeVersion: string }>().activeVersion, old)
  assert.equal((await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'now' })).statusCode, 200)
})

test('Files with a mistake or a failing case are refused with every place, and the running version stays', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const before = (await ada.get('/api/policies')).json<{ activeVersion: string }>().activeVersion
  const broken = await ada.post('/api/policies/versions', {
    files: [{ path: 'a.yaml', text: 'policy: a\nrules:\n  - id: x\n    sevrity: block\n' }],
  })
  assert.equal(broken.statusCode, 422)
  assert.equal(broken.json<{ code: string }>().code, 'policy_invalid')
  assert.match(broken.json<{ problems: { field: string }[] }>().problems[0]!.field, /a\.yaml:\d+/)
  const failing = testPolicy.map(({ path, text }) => ({
    path,
    text: text.replace('{ pass: "returns" }', '{ pass: "guaranteed returns" }'),
  }))
  const refused = await ada.post('/api/policies/versions', { files: failing })
  assert.equal(refused.json<{ code: string }>().code, 'policy_invalid')
  assert.equal((await ada.get('/api/policies')).json<{ activeVersion: string }>().activeVersion, before)
})

test('Activation pulls back what was approved and is not yet released, and tells why', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada, ines] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
  ]
  const scheduledAt = new Date(Date.parse(gateway.clock.now()) + 3_600_000).toISOString()
  const hit = await submit(camille, profileId, 'A moonshot for Lyon.', { scheduledAt })
  const clean = await submit(camille, profileId, 'A branch for Lyon.', { scheduledAt })
  for (const post of [hit, clean]) await approve(ines, post)
  const version = await write(ada, 'moonshot')
  await simulate(gateway, ada, version)
  await ines.post(`/api/policies/versions/${version}/approve`)
  const at = new Date(Date.parse(gateway.clock.now()) + 60_000).toISOString()
  assert.equal(
    (await ada.post(`/api/policies/versions/${version}/activate`, { at, reason: 'Board decision' })).statusCode,
    200,
  )
  await activateDueVersions(gateway)
  assert.equal((await readPost(camille, hit.postId)).status, 'scheduled')

  gateway.clock.set(at)
  await activateDueVersions(gateway)
  await reevaluatePosts(gateway)
  const pulled = await readPost(camille, hit.postId)
  assert.equal(pulled.status, 'blocked')
  assert.deepEqual(
    pulled.findings.map((finding) => finding.ruleId),
    ['ban-moonshot'],
  )
  assert.ok(pulled.timeline.some((entry) => entry.type === 'post.pulled_back'))

  gateway.clock.set(scheduledAt)
  await runJobs(gateway)
  assert.equal((await readPost(await gateway.signIn('camille'), clean.postId)).status, 'published')
  assert.equal(
    (await readPost(await gateway.signIn('camille'), hit.postId)).publications.filter((row) => row.attempts > 0).length,
    0,
  )
})

test('The gate itself refuses a post that the active policy has not judged', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const [camille, ada, ines] = [
    await gateway.signIn('camille'),
    await gateway.signIn('ada'),
    await gateway.signIn('ines'),
  ]
  const post = await submit(camille, profileId, 'A moonshot for Lyon.')
  await approve(ines, post)
  const version = await write(ada, 'moonshot')
  await simulate(gateway, ada, version)
  await ines.post(`/api/policies/versions/${version}/approve`)
  await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'now' })
  await runJobs(gateway)
  assert.equal((await readPost(camille, post.postId)).publications[0]!.attempts, 0)
})
