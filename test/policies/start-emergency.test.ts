import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findEmergencyObstacles } from '#server/policies/compare-emergency.ts'
import { endLapsedEmergencies } from '#server/policies/start-emergency.ts'
import { addMilliseconds } from '#server/platform/clock.ts'
import type { PolicyVersion } from '#shared/api/policies.ts'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

const day = 24 * 3_600_000

function withRule(word: string, severity = 'block', more = ''): { path: string; text: string }[] {
  const rule = `  - id: ban-${word}\n    severity: ${severity}\n${more}    any: ['${word}']\n    message: { en: Not this word., fr: Pas ce mot. }\n    tests: [{ hit: "a ⟦${word}⟧" }, { pass: "nothing" }]\n`
  return testPolicy.map(({ path, text }) => ({ path, text: text.replace('rules:\n', `rules:\n${rule}`) }))
}

async function start(ada: SignedIn, files: { path: string; text: string }[]) {
  const written = await ada.post('/api/policies/versions', { files })
  assert.equal(written.statusCode, 201, written.body)
  const { version } = written.json<PolicyVersion>()
  const answer = await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'A hoax', emergency: true })
  return { version, answer }
}

async function activeVersion(ada: SignedIn): Promise<string> {
  return (await ada.get('/api/policies')).json<{ activeVersion: string }>().activeVersion
}

async function switches(gateway: TestGateway): Promise<string[]> {
  const rows = await gateway.db
    .selectFrom('archive.archive_record')
    .select('type')
    .where('type', 'like', 'policy.version%')
    .orderBy('seq')
    .execute()
  return rows.map(({ type }) => type.replace('policy.version_', ''))
}

test('A policy owner starts a draft that only adds block rules at once; without a second person it lapses after 24 hours', async (t) => {
  const { gateway, profileId } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const before = await activeVersion(ada)
  const { version, answer } = await start(ada, withRule('moonshot'))
  assert.equal(answer.statusCode, 200, answer.body)
  const { state, emergencyUntil, approvedBy } = answer.json<PolicyVersion>()
  assert.deepEqual([state, emergencyUntil, approvedBy], ['active', addMilliseconds(gateway.clock.now(), day), null])
  const blocked = await submit(await gateway.signIn('camille'), profileId, 'A moonshot for Lyon.')
  assert.equal(blocked.status, 'blocked')

  gateway.clock.advance(day - 1)
  await endLapsedEmergencies(gateway)
  assert.equal(await activeVersion(await gateway.signIn('ada')), version)
  gateway.clock.advance(1)
  assert.equal(await endLapsedEmergencies(gateway), 1)
  assert.equal(await endLapsedEmergencies(gateway), 0)
  const later = await gateway.signIn('ada')
  assert.equal(await activeVersion(later), before)
  assert.deepEqual(
    await switches(gateway),
    [
      ['created', 'activated'],
      ['created', 'activated', 'retired'],
      ['activated', 'retired'],
    ].flat(),
  )
  const again = await later.post(`/api/policies/versions/${version}/activate`, { reason: 'Again' })
  assert.equal(again.json<{ code: string }>().code, 'second_person_required')
  const second = await later.post(`/api/policies/versions/${version}/activate`, { reason: 'Again', emergency: true })
  assert.equal(second.json<{ code: string }>().code, 'wrong_status')
})

test('A second person’s approval within 24 hours keeps the emergency version; nobody gives it to their own', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const { version } = await start(ada, withRule('moonshot'))
  const approve = `/api/policies/versions/${version}/approve`
  assert.equal((await ada.post(approve)).json<{ code: string }>().code, 'second_person_required')
  const approved = await ines.post(approve)
  assert.equal(approved.statusCode, 200, approved.body)
  const { state, emergencyUntil } = approved.json<PolicyVersion>()
  assert.deepEqual([state, emergencyUntil], ['active', null])
  gateway.clock.advance(2 * day)
  assert.equal(await endLapsedEmergencies(gateway), 0)
  assert.equal(await activeVersion(await gateway.signIn('ada')), version)
})

test('A second emergency on top of the first neither lengthens its time nor becomes what comes back', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const before = await activeVersion(ada)
  const first = await start(ada, withRule('moonshot'))
  gateway.clock.advance(60_000)
  const both = withRule('moonshot').map(({ path, text }) => ({
    path,
    text: text.replace(
      'rules:\n',
      `rules:\n${/rules:\n([\s\S]*?)(?= {2}- id: promise)/.exec(withRule('rocket')[0]!.text)![1]!}`,
    ),
  }))
  const second = await start(ada, both)
  assert.equal(second.answer.statusCode, 200, second.answer.body)
  assert.equal(second.answer.json<PolicyVersion>().emergencyUntil, first.answer.json<PolicyVersion>().emergencyUntil)
  gateway.clock.advance(day)
  await endLapsedEmergencies(gateway)
  assert.equal(await activeVersion(await gateway.signIn('ada')), before)
})

test('An emergency that does more than add block rules is refused, and says what', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const { answer } = await start(ada, withRule('moonshot', 'review'))
  assert.equal(answer.json<{ code: string }>().code, 'second_person_required')
  assert.match(answer.json<{ detail: string }>().detail, /“ban-moonshot” does not block/)
})

const base = testPolicy[0]!
const block = withRule('moonshot')[0]!.text
for (const [what, text, obstacle] of [
  ['changes a rule', block.replace("'outlook'", "'outlooks'").replace('⟦outlook⟧', '⟦outlooks⟧'), /“outlook” changed/],
  ['drops a rule', block.replace(/ {2}- id: outlook[\s\S]*?(?=routes)/, ''), /“outlook” changed/],
  ['changes a route', block.replace('need: 1', 'need: 2'), /“routes” of “test” changed/],
  ['sets a default', `${block}defaults: { evasion: off }\n`, /“defaults” of “test” changed/],
  ['only records', withRule('moonshot', 'block', '    mode: audit\n')[0]!.text, /does not block/],
  ['adds nothing', base.text, /adds no rule/],
  ['renames the policy', block.replace('policy: test', 'policy: other'), /“test” is gone/],
] as const) {
  test(`A draft that ${what} is no emergency`, () => {
    assert.match(findEmergencyObstacles([base], [{ path: base.path, text }]).join('\n'), obstacle)
  })
}

test('A draft that adds a block rule, a list for it or a file of block rules may start as an emergency', () => {
  const file = {
    path: 'new.yaml',
    text: 'policy: new\nlists: { hoax-words: [rocket] }\nrules:\n  - { id: hoax, severity: block, any: ["$hoax-words"] }\n',
  }
  assert.deepEqual(findEmergencyObstacles([base], [{ path: base.path, text: block }]), [])
  assert.deepEqual(findEmergencyObstacles([base], [base, file]), [])
})
