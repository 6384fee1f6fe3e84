import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSimulations } from '#server/reviews/run-simulations.ts'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { getPolicyVersion, PolicyVersion } from '#shared/api/policies.ts'
import { furnishFirm, testPolicy } from '#test/support/furnish-firm.ts'
import type { TestGateway } from '#test/support/start-gateway.ts'

const trained = testPolicy.map(({ path, text }) => ({
  path,
  text: text.replace(
    'rules:\n',
    `rules:
  - id: trained
    severity: block
    require: { training: true }
    tests: [{ hit: a, with: { author: { trainingValid: false } } }, { pass: a }]
`,
  ),
}))

async function activations(gateway: TestGateway): Promise<(Record<string, unknown> | undefined)[]> {
  const rows = await gateway.db
    .selectFrom('archive.archive_record as record')
    .innerJoin('archive.archive_body as body', 'body.id', 'record.id')
    .select('body.body')
    .where('record.type', '=', 'policy.version_activated')
    .orderBy('record.seq')
    .execute()
  return rows.map(({ body }) => (JSON.parse(String(body)) as { content?: Record<string, unknown> }).content)
}

test('A version says who wrote it, that its examples hold, and which rules ask for what nobody knows', async (t) => {
  const { gateway } = await furnishFirm(t)
  const ada = await gateway.signIn('ada')
  const { version } = (await ada.post('/api/policies/versions', { files: trained })).json<PolicyVersion>()
  const found = (await ada.get(`/api/policies/versions/${version}`)).json<AnswerOf<typeof getPolicyVersion>>()
  assert.deepEqual([found.createdByName, found.approvedByName], ['Ada Lindqvist', null])
  assert.deepEqual(found.cases, { checked: 6, failed: 0 })
  assert.deepEqual(
    found.rules.filter((rule) => rule.unknown.length > 0).map(({ ruleId, unknown, mode }) => [ruleId, unknown, mode]),
    [['trained', ['training'], 'enforce']],
  )
})

test('The record of an activation names the simulation of that very version, or says that there was none', async (t) => {
  const { gateway } = await furnishFirm(t)
  const [ada, ines] = [await gateway.signIn('ada'), await gateway.signIn('ines')]
  const activate = async (files: readonly object[], simulate: boolean): Promise<string | null> => {
    const { version } = (await ada.post('/api/policies/versions', { files })).json<PolicyVersion>()
    let simulationId: string | null = null
    if (simulate) {
      const asked = await ada.post('/api/policies/simulations', { version })
      simulationId = asked.json<{ simulationId: string }>().simulationId
      await runSimulations(gateway)
    }
    await ines.post(`/api/policies/versions/${version}/approve`)
    const live = await ada.post(`/api/policies/versions/${version}/activate`, { reason: 'Now' })
    assert.equal(live.statusCode, 200, live.body)
    return simulationId
  }
  const simulated = await activate(trained, true)
  const renamed = trained.map(({ path, text }) => ({ path, text: text.replace('id: trained', 'id: taught') }))
  await activate(renamed, false)
  const records = await activations(gateway)
  assert.deepEqual(
    records.slice(-2).map((content) => content?.['simulationId']),
    [simulated, null],
  )
})
