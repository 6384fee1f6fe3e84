import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '#server/platform/app-error.ts'
import { findEmergencyObstacles } from '#server/policies/compare-emergency.ts'
import { excludeTerms } from '#server/policies/exclude-terms.ts'
import { planTouch } from '#server/policies/plan-touch.ts'
import { runAside } from '#server/policies/run-aside.ts'

/** A policy with a list of `count` terms and one block rule for each word. */
function withTerms(count: number, ...words: string[]): { path: string; text: string }[] {
  const names = Array.from({ length: count }, (_, index) => `zu${index.toString(36)} po`)
  const rules = ['names', ...words].map(
    (word, index) => `  - { id: ${word}, severity: block, any: ['${index === 0 ? '$names' : word}'] }\n`,
  )
  return [{ path: 'a.yaml', text: `policy: a\nlists: { names: ${JSON.stringify(names)} }\nrules:\n${rules.join('')}` }]
}

const [before, after] = [withTerms(20_000), withTerms(20_000, 'moonshot')]

/** How often others had a turn of the event loop while something was done. */
async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let counting = true
  const turn = (): void => {
    turns++
    if (counting) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  counting = false
  return turns
}

test('Long policies are compared, and terms excluded, beside the requests, with the same outcome', async () => {
  const [plan, obstacles, excluded] = [
    planTouch(before, after),
    findEmergencyObstacles(before, after),
    excludeTerms(before, [{ ruleId: 'names', unless: 'zu1 po club' }]),
  ]
  assert.deepEqual(plan.changedRules, ['moonshot'])
  const turns = await countTurns(async () => {
    assert.deepEqual(await runAside('planTouch', before, after), plan)
    assert.deepEqual(await runAside('findEmergencyObstacles', before, after), obstacles)
    assert.deepEqual(await runAside('excludeTerms', before, [{ ruleId: 'names', unless: 'zu1 po club' }]), excluded)
  })
  assert.ok(turns > 20, `others had ${turns} turns`)
})

test('What is refused aside is refused with the same words, and short policies are read at once', async () => {
  const unknown = [{ ruleId: 'nowhere', unless: 'x' }]
  const refusal = (error: unknown): boolean => {
    assert.ok(error instanceof AppError)
    assert.deepEqual([error.code, error.message], ['unprocessable', 'The version has no rule “nowhere”.'])
    return true
  }
  await assert.rejects(runAside('excludeTerms', before, unknown), refusal)
  await assert.rejects(runAside('excludeTerms', withTerms(2), unknown), refusal)
  const turns = await countTurns(() => runAside('planTouch', withTerms(2), withTerms(2, 'moonshot')))
  assert.equal(turns, 0)
})
