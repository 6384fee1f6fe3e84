import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { test } from 'node:test'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { loadPolicyAside } from '#server/policies/load-policy-aside.ts'
import { loadPolicy, PolicyError, type CompiledPolicy, type PolicyFileSource } from '#server/policies/load-policy.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'
import { testPolicy } from '#server/policies/test-policy.ts'

const shipped = await readPolicyFiles(shippedPolicies)
const terms = Array.from({ length: 2_000 }, (_, index) => `zu${index.toString(36)} po${index % 7}*`)
const special = {
  path: 'special.yaml',
  text: `policy: special
lists: { names: ${JSON.stringify(terms)} }
calendars: { q4: { zone: Europe/Paris, periods: [{ from: '2026-01-01', to: '2026-01-31' }] } }
disclosures: { risk: { any: ['capital at risk'] } }
rules:
  - { id: names, any: ['$names'], unless: ['zu1 po1 club'] }
  - { id: near, severity: block, any: ['alpha NEAR/3 beta', { text: Orange, case: exact }, { cashtag: NVPH }] }
  - { id: inside, match: contains, any: [scunthorpe] }
  - { id: quiet, when: 'now in calendar("q4")', severity: note }
  - { id: mail, pattern: { regex: '[a-z]+@x\\.test', literal: '@x.test' } }
  - { id: warned, any: [fund], require: { disclosure: risk } }
`,
}
const files: PolicyFileSource[] = [...shipped, special]

/** What a policy is, without the functions in it. */
function describe(policy: CompiledPolicy): unknown {
  return JSON.parse(
    JSON.stringify({
      ...policy,
      matcher: undefined,
      rules: policy.rules.map((rule) => ({
        ...rule,
        fields: [...rule.fields],
        formats: rule.formats.map(String),
        condition: rule.condition?.source,
      })),
    }),
  )
}

test('A policy that was compiled aside is the same policy: its rules, its version, and every byte that it answers', async () => {
  const [here, aside] = [loadPolicy(files), await loadPolicyAside(files)]
  assert.deepEqual(describe(aside), describe(here))
  assert.deepEqual(testPolicy(aside), testPolicy(here))
  const texts = [
    'Our zu1 po1x is here, zu1 po1 club is not',
    'beta and alpha, Orange, orange, $NVPH',
    'S c u n t h o r p e and scunthorpeans write to ann@x.test',
    'The fund. Capital at risk.',
    'The fund, gu4ranteed returns',
    ...shipped.map(({ text }) => text.slice(0, 5_000)),
  ]
  for (const text of texts) {
    const input = { ...exampleInput, post: { ...exampleInput.post, text } }
    assert.deepEqual(JSON.stringify(evaluatePost(aside, input)), JSON.stringify(evaluatePost(here, input)))
  }
})

/** How often this thread gave up its turn of the event loop. */
async function countTurnsGiven(work: () => unknown): Promise<number> {
  let given = 0
  const hook = createHook({ init: (_id, type) => void (type === 'Immediate' && given++) }).enable()
  await work()
  hook.disable()
  return given
}

test('While a policy is compiled aside, everybody else has a turn after each rule', async () => {
  assert.equal(await countTurnsGiven(() => loadPolicy(files)), 0, 'the plain way gives nobody a turn')
  const { rules } = loadPolicy(files)
  const given = await countTurnsGiven(() => loadPolicyAside(files))
  assert.ok(given >= rules.length && rules.length > 50, `${given} turns for ${rules.length} rules`)
})

test('A policy that does not load aside names the same mistakes', async () => {
  const broken = [
    ...shipped,
    { path: 'b.yaml', text: "policy: b\nrules:\n  - { id: r, any: ['(open'] }\n  - { id: r }\n" },
  ]
  let mistakes: PolicyError['problems'] = []
  try {
    loadPolicy(broken)
  } catch (error) {
    mistakes = (error as PolicyError).problems
  }
  assert.ok(mistakes.length >= 2)
  await assert.rejects(loadPolicyAside(broken), (error) => {
    assert.ok(error instanceof PolicyError)
    assert.deepEqual(error.problems, mistakes)
    return true
  })
})
