import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckAnswer } from '#shared/api/policies.ts'
import type { Profile } from '#shared/api/profiles.ts'
import { furnishFirm, submit, testPolicy } from '#test/support/furnish-firm.ts'

const policy = testPolicy.map(({ path, text }) => ({
  path,
  text: text.replace(
    'rules:\n',
    `rules:
  - id: german
    severity: review
    scope: { countries: [DE] }
    any: [Sparplan]
    tests: [{ hit: "Ein ⟦Sparplan⟧" }, { pass: "Ein Sparplan", with: { targets: [{ network: x, country: FR }] } }]
  - id: for-clients
    severity: review
    when: 'post.audience == "clients"'
    tests: [{ hit: a, with: { post: { audience: clients } } }, { pass: a }]
`,
  ),
}))

test('A profile’s country and the limits of its server reach the engine, and what nobody knows is said to be unknown', async (t) => {
  const { gateway } = await furnishFirm(t, { policy })
  const [camille, ada] = [await gateway.signIn('camille'), await gateway.signIn('ada')]
  const register = async (handle: string, settings: object): Promise<string> => {
    const answer = await ada.post('/api/profiles', { network: 'sandbox', handle, displayName: handle, settings })
    assert.equal(answer.statusCode, 201, answer.body)
    return answer.json<Profile>().profileId
  }
  const berlin = await register('berlin', { country: 'de', maxCharacters: 10 })
  const paris = await register('paris', { country: 'FR' })
  const check = async (profileId: string): Promise<CheckAnswer> =>
    (
      await camille.post('/api/policy/check', { text: 'Ein Sparplan für alle', profileIds: [profileId] })
    ).json<CheckAnswer>()
  const [there, here] = [await check(berlin), await check(paris)]
  assert.deepEqual([there.findings.map((finding) => finding.ruleId), here.findings], [['german'], []])
  assert.deepEqual([there.perNetwork[0]!.limit, there.perNetwork[0]!.fits, here.perNetwork[0]!.fits], [10, false, true])
})

test('The inputs of a verdict are kept whole: audience, thread and format as stated, training and library as unknown', async (t) => {
  const { gateway, profileId } = await furnishFirm(t, { policy })
  const camille = await gateway.signIn('camille')
  const post = await submit(camille, profileId, 'One', { thread: ['Two'], audience: 'clients', format: 'post' })
  assert.deepEqual(
    post.findings.map((finding) => finding.ruleId),
    ['for-clients'],
  )
  const { inputs } = await gateway.db
    .selectFrom('policy_evaluation')
    .select('inputs')
    .where('revision_id', '=', post.currentRevisionId)
    .executeTakeFirstOrThrow()
  const kept = inputs as { post: Record<string, unknown>; author: Record<string, unknown>; libraryItem: unknown }
  assert.deepEqual([kept.post['thread'], kept.post['audience'], kept.post['format']], [['Two'], 'clients', undefined])
  assert.deepEqual([kept.author['trainingValid'], kept.libraryItem], ['unknown', 'unknown'])
})
