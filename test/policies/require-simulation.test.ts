import assert from 'node:assert/strict'
import { test } from 'node:test'
import { activateDueVersions } from '#server/policies/activate-policy-version.ts'
import { endLapsedEmergencies } from '#server/policies/start-emergency.ts'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { getPolicyVersion, PolicyVersion } from '#shared/api/policies.ts'
import { startMatrixFirm } from '#test/identity/matrix-firm.ts'
import { furnishFirm, simulate, testPolicy } from '#test/support/furnish-firm.ts'
import type { SignedIn } from '#test/support/sign-in.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

type Found = AnswerOf<typeof getPolicyVersion>

/** The test policy with one more rule for each word. */
function withRules(words: readonly string[]): { path: string; text: string }[] {
  const rules = words.map(
    (word) =>
      `  - id: ban-${word}\n    severity: block\n    any: ['${word}']\n    message: { en: Not this word., fr: Pas ce mot. }\n    tests: [{ hit: "a ⟦${word}⟧" }, { pass: "nothing" }]\n`,
  )
  return testPolicy.map(({ path, text }) => ({ path, text: text.replace('rules:\n', `rules:\n${rules.join('')}`) }))
}

async function write(ada: SignedIn, ...words: string[]): Promise<string> {
  const answer = await ada.post('/api/policies/versions', { files: withRules(words) })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json<PolicyVersion>().version
}

async function gateOf(person: SignedIn, version: string): Promise<Found['simulation']> {
  return (await person.get(`/api/policies/versions/${version}`)).json<Found>().simulation
}

function approve(person: SignedIn, version: string) {
  return person.post(`/api/policies/versions/${version}/approve`)
}

function activate(person: SignedIn, version: string, more: object = {}) {
  return person.post(`/api/policies/versions/${version}/activate`, { reason: 'Board decision', ...more })
}

async function contents(gateway: TestGateway, type: string): Promise<Record<string, unknown>[]> {
  const rows = await gateway.db
    .selectFrom('archive.archive_record as record')
    .innerJoin('archive.archive_body as body', 'body.id', 'record.id')
    .select('body.body')
    .where('record.type', '=', type)
    .orderBy('record.seq')
    .execute()
  return rows.map(({ body }) => (JSON.parse(String(body)) as { content: Record<string, unknown> }).content)
}

test('A version without a finished simulation is neither approved nor activated; with one it is, and both records name it', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const version = await write(ada, 'moonshot')
  assert.deepEqual(await gateOf(ines, version), { state: 'missing', simulationId: null })
  const refused = await approve(ines, version)
  assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [409, 'not_simulated'])
  assert.match(refused.json<{ detail: string }>().detail, /Simulate it over the past/)

  const asked = await ada.post('/api/policies/simulations', { version })
  const { simulationId } = asked.json<{ simulationId: string }>()
  assert.deepEqual(await gateOf(ines, version), { state: 'under_way', simulationId })
  assert.match((await approve(ines, version)).json<{ detail: string }>().detail, /under way/)
  await runSimulations(gateway)

  assert.deepEqual(await gateOf(ines, version), { state: 'ready', simulationId })
  const approved = await approve(ines, version)
  assert.equal(approved.statusCode, 200, approved.body)
  assert.equal(approved.json<PolicyVersion>().simulationId, simulationId)
  gateway.clock.advance(1_000)
  await simulate(gateway, ada, version)
  assert.equal(
    (await gateOf(ines, version))!.simulationId,
    simulationId,
    'it goes live with the report that was approved',
  )
  const active = await activate(ada, version)
  assert.deepEqual(
    [active.json<PolicyVersion>().state, active.json<PolicyVersion>().simulationId],
    ['active', simulationId],
  )
  assert.equal((await contents(gateway, 'policy.version_approved')).at(-1)!['simulationId'], simulationId)
  assert.equal((await contents(gateway, 'policy.version_activated')).at(-1)!['simulationId'], simulationId)
  assert.equal(await gateOf(ines, version), null)
})

test('A cancelled simulation, one of other files and one of some units are not the report of a version', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const version = await write(ada, 'moonshot')
  const { simulationId } = (await ada.post('/api/policies/simulations', { version })).json<{ simulationId: string }>()
  await ada.post(`/api/policies/simulations/${simulationId}/cancel`)
  await ada.post('/api/policies/simulations', { version, exclusions: [{ ruleId: 'outlook', unless: 'mail outlook' }] })
  await runSimulations(gateway)
  assert.deepEqual(await gateOf(ines, version), { state: 'missing', simulationId: null })
  assert.equal((await approve(ines, version)).json<{ code: string }>().code, 'not_simulated')
})

test('A simulation over some units does not let a version bind the firm', async (t) => {
  const { gateway, enter } = await startMatrixFirm(t)
  const [north, ada] = [await enter(['reviewer'], 'north'), await gateway.signIn('ada')]
  const version = await write(ada, 'moonshot')
  await north.send('POST', '/api/policies/simulations', { version })
  await runSimulations(gateway)
  assert.equal((await gateOf(ada, version))!.state, 'partial')
  const refused = await approve(await gateway.signIn('ines'), version)
  assert.match(refused.json<{ detail: string }>().detail, /some units only/)
})

test('A report counts beside the version in force: when another has come into force, it is simulated again', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const [first, second] = [await write(ada, 'moonshot'), await write(ada, 'sunshot')]
  for (const version of [first, second]) {
    await simulate(gateway, ada, version)
    assert.equal((await approve(ines, version)).statusCode, 200)
  }
  assert.equal((await activate(ada, first)).statusCode, 200)
  assert.equal((await gateOf(ada, second))!.state, 'outdated')
  const refused = await activate(ada, second)
  assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [409, 'not_simulated'])
  assert.match(refused.json<{ detail: string }>().detail, /Another version has come into force/)
  const again = await simulate(gateway, ada, second)
  assert.equal((await activate(ada, second)).json<PolicyVersion>().simulationId, again)
})

test('A version whose time comes after an emergency does not take the emergency back unseen', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const planned = await write(ada, 'moonshot')
  await simulate(gateway, ada, planned)
  await approve(ines, planned)
  const at = new Date(Date.parse(gateway.clock.now()) + 60_000).toISOString()
  assert.equal((await activate(ada, planned, { at })).statusCode, 200)
  const urgent = await write(ada, 'rumour')
  assert.equal((await activate(ada, urgent, { emergency: true })).statusCode, 200)
  gateway.clock.set(at)
  await activateDueVersions(gateway)
  await simulate(gateway, ada, planned)
  await activateDueVersions(gateway)
  const { activeVersion } = (await ada.get('/api/policies')).json<{ activeVersion: string }>()
  assert.equal(activeVersion, urgent, 'a new report alone brings nothing into force')
  assert.equal((await activate(ines, planned)).json<PolicyVersion>().state, 'active')
})

test('What goes live without a report says why in its record: shipped, an emergency, and what comes back after it', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  assert.equal((await activate(ada, await write(ada, 'rumour'), { emergency: true })).statusCode, 200)
  gateway.clock.advance(24 * 3_600_000)
  assert.equal(await endLapsedEmergencies(gateway), 1)
  assert.deepEqual(
    (await contents(gateway, 'policy.version_activated')).map(({ exception, simulationId }) => [
      exception,
      simulationId,
    ]),
    [
      ['shipped', null],
      ['emergency', null],
      ['emergency_lapsed', null],
    ],
  )
})

test('The database refuses a version that goes live or is approved without its report, and a report that is changed', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const version = await write(ada, 'moonshot')
  const inesId = (await ines.get('/api/me')).json<{ userId: string }>().userId
  const set = (values: object) =>
    gateway.db.transaction().execute(async (tx) => {
      if ('activated_at' in values)
        await tx
          .updateTable('policy_version')
          .set({ state: 'retired', retired_at: gateway.clock.now() })
          .where('state', '=', 'active')
          .execute()
      await tx.updateTable('policy_version').set(values).where('version', '=', version).execute()
    })
  const live = { state: 'active', approved_by: inesId, activated_at: gateway.clock.now() }
  const refusal = { constraint: 'policy_version_simulated' }
  await assert.rejects(set(live), refusal)
  await assert.rejects(set({ state: 'approved', approved_by: inesId }), refusal)
  const other = await simulate(gateway, ada, await write(ada, 'sunshot'))
  await assert.rejects(set({ ...live, simulation_id: other }), refusal, 'a report of other files')
  const own = await simulate(gateway, ada, version)
  const stays = { constraint: 'policy_simulation_stays' }
  await assert.rejects(gateway.db.updateTable('policy_simulation').set({ report: '{}' }).execute(), stays)
  await set({ ...live, simulation_id: own })
})
