import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordFacts } from '#web/util/record-facts.ts'

test('A submission says its text, its networks, its verdict and what policy found', () => {
  const facts = recordFacts({
    revision: {
      text: 'Rendement garanti.',
      language: 'fr',
      communicationClass: 'retail',
      targets: [{ network: 'x' }, { network: 'x' }],
    },
    evaluation: {
      verdict: 'block',
      policyVersion: 'ebe6ee72',
      findings: [
        {
          ruleId: 'amf-rendement-garanti',
          severity: 'block',
          clause: 'L533-12',
          message: { en: 'Returns must not be promised.', fr: 'Ne promettez pas de rendement.' },
          suggestion: { en: 'Say the risk.', fr: 'Dites le risque.' },
          spans: [{ field: 'text', start: 0, end: 17 }],
          via: 'plain',
        },
      ],
    },
  })
  assert.equal(facts.text, 'Rendement garanti.')
  assert.deepEqual(facts.networks, ['x'])
  assert.equal(facts.verdict, 'block')
  assert.equal(facts.policyVersion, 'ebe6ee72')
  assert.equal(facts.findings[0]?.messages.fr, 'Ne promettez pas de rendement.')
  assert.deepEqual(facts.findings[0]?.spans, [{ field: 'text', start: 0, end: 17 }])
})

test('A role says which it is, where it is held and whose; a version of the policy is named by its fingerprint alone', () => {
  const facts = recordFacts({ userId: 'u1', role: 'auditor', unitId: 'n1', reason: 'Replaces Ruth' })
  assert.deepEqual([facts.roles, facts.personId], [[{ role: 'auditor', unitId: 'n1' }], 'u1'])
  assert.equal(recordFacts({ fromUserId: 'u1', toUserId: 'u2', role: 'reviewer', unitId: 'n1' }).personId, 'u2')
  assert.equal(recordFacts({ version: 'a'.repeat(64) }).policyVersion, 'a'.repeat(64))
  assert.equal(recordFacts({ version: '2.0' }).policyVersion, undefined)
})

test('A live copy is shown with its address, a refusal in its sentence and never as a code', () => {
  const seen = recordFacts({ liveText: 'Bonjour', permalink: 'https://example.org/1', found: true })
  assert.deepEqual([seen.text, seen.permalink], ['Bonjour', 'https://example.org/1'])
  assert.equal(recordFacts({ because: 'stopped', sentence: 'A stop is engaged.' }).sentence, 'A stop is engaged.')
  assert.equal(recordFacts({ because: 'stopped' }).sentence, undefined)
  assert.equal(recordFacts({ because: 'The author withdrew the post.' }).sentence, 'The author withdrew the post.')
})

test('An address that is not one of the web is no link, whatever a network answered', () => {
  assert.equal(recordFacts({ permalink: 'javascript:alert(1)' }).permalink, undefined)
})

test('A filter that holds what the reader’s filters do not is never shown as a smaller one', () => {
  assert.deepEqual(recordFacts({ filter: { q: 'gestion', from: null } }).filter, { q: 'gestion' })
  assert.deepEqual(recordFacts({ filter: {} }).filter, {})
  assert.equal(recordFacts({ filter: { q: 'gestion', units: ['one', 'two'] } }).filter, undefined)
  assert.equal(recordFacts({ scope: 'profile' }).filter, undefined)
})

test('Content that holds nothing known, or nothing at all, has no facts and fails nowhere', () => {
  for (const content of [null, undefined, 'text', 7, [], { revision: 3, evaluation: [], findings: {}, roles: [1] }]) {
    const facts = recordFacts(content)
    assert.deepEqual([facts.text, facts.findings, facts.roles, facts.filter], [undefined, [], [], undefined])
  }
})
