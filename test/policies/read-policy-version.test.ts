import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerOf } from '#shared/api/endpoint.ts'
import type { getPolicyVersion, PolicyVersion } from '#shared/api/policies.ts'
import { furnishFirm, testPolicy } from '#test/support/furnish-firm.ts'

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
