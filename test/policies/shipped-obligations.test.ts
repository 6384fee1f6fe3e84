import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import { exampleInput, overlayInput } from '#server/policies/example-input.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'

const shipped = loadPolicy(await readPolicyFiles(shippedPolicies))

function rulesThatSpeak(text: string, topics: readonly string[] = []): string[] {
  const input = overlayInput(exampleInput, { post: { text, topics: [...topics] } })
  return evaluatePost(shipped, input).findings.map((finding) => finding.ruleId)
}

/** What must be found, and the nearest text that keeps the obligation. */
const obligations: readonly {
  readonly title: string
  readonly rule: string
  readonly breach: string
  readonly kept: string
  readonly topics?: readonly string[]
}[] = [
  {
    title: 'A testimonial without its disclosures is found (MKT-2)',
    rule: 'sec-testimonial',
    breach: 'Here is a testimonial from Anna.',
    kept: 'A testimonial from a current client, who was not compensated. There is no conflict of interest.',
  },
  {
    title: 'A rating without its date and period is found (MKT-3)',
    rule: 'sec-rating',
    breach: 'We were ranked among the best advisers.',
    kept: 'Ranked among the best advisers by Example Magazine as of March 2026 for the year 2025; no fee was paid.',
  },
  {
    title: 'Hypothetical performance for a mass audience is found (MKT-4)',
    rule: 'sec-hypothetical',
    breach: 'See our hypothetical performance since 2010.',
    kept: 'See our annual report of 2010.',
  },
  {
    title: 'A gross return without the net one is found (MKT-4)',
    rule: 'sec-gross-needs-net',
    breach: 'A gross return of 11% in 2025.',
    kept: 'A gross domestic product of 11 trillion in 2025.',
  },
  {
    title: 'A benefit without its risk in the same post is found (MIF-7)',
    rule: 'mifid-benefit-risk',
    breach: 'A fund with monthly income',
    kept: 'A fund with monthly income; you may lose money.',
    topics: ['product'],
  },
  {
    title: 'A promotional post without its mark is found (FR-2)',
    rule: 'amf-mention-publicitaire',
    breach: 'Mon appli préférée pour épargner',
    kept: '#publicité Mon appli préférée pour épargner',
    topics: ['partnership'],
  },
  {
    title: 'News of a listed company without the full release is found (FR-5)',
    rule: 'amf-communique-complet',
    breach: 'Nos résultats semestriels sont là.',
    kept: 'Nos résultats sont sur https://example.com/resultats',
    topics: ['results'],
  },
  {
    title: 'A patient’s number is found (HC-1)',
    rule: 'hipaa-record-number',
    breach: 'Case closed for MRN 00482913.',
    kept: 'Case closed for good.',
  },
  {
    title: 'A benefit of a medicine without its most serious risk is found (HC-4)',
    rule: 'fda-benefit-needs-risk',
    breach: 'Our tablet treats migraine.',
    kept: 'Our tablet treats migraine. Serious risks include liver damage. https://example.com/safety',
  },
]

for (const { title, rule, breach, kept, topics } of obligations)
  test(title, () => {
    assert.ok(rulesThatSpeak(breach, topics).includes(rule), `${rule} is silent on: ${breach}`)
    assert.ok(!rulesThatSpeak(kept, topics).includes(rule), `${rule} speaks of: ${kept}`)
  })
