import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { evaluatePost, type Evaluation } from '#server/policies/evaluate-post.ts'
import { exampleInput, overlayInput } from '#server/policies/example-input.ts'
import { loadPolicy, type CompiledPolicy } from '#server/policies/load-policy.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'

const shipped = loadPolicy(await readPolicyFiles(shippedPolicies))

function policyOf(rules: string, more = ''): CompiledPolicy {
  return loadPolicy([{ path: 'p.yaml', text: `policy: p\nrules:\n${rules}\n${more}` }])
}

function judge(policy: CompiledPolicy, text: string, more: Record<string, unknown> = {}): Evaluation {
  return evaluatePost(
    policy,
    overlayInput(exampleInput, { ...more, post: { text, ...(more['post'] as object | undefined) } }),
  )
}

function told(evaluation: Evaluation): string[] {
  return evaluation.findings.map((finding) =>
    `${finding.severity} ${finding.ruleId} ${finding.spans.map((span) => `${span.field}:${span.start}-${span.end}`).join(' ')}`.trim(),
  )
}

interface EvasionExample {
  readonly id: string
  readonly lang: 'fr' | 'en'
  readonly expect: 'hit' | 'no-hit'
  readonly rule: string | null
  readonly start: number
  readonly end: number
  readonly text: string
}

const vector = (name: string): string => readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
const evasion = loadPolicy([{ path: 'evasion-policy.yaml', text: vector('evasion-policy.yaml') }])
for (const example of vector('evasion-examples.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as EvasionExample)) {
  test(`Evasion example ${example.id} comes out with its exact span and nothing else`, () => {
    const severity = evasion.rules.find((rule) => rule.id === example.rule)?.severity
    const expected =
      example.expect === 'hit' ? [`${severity} ${example.rule} text:${example.start}-${example.end}`] : []
    for (const language of [example.lang, undefined])
      assert.deepEqual(told(judge(evasion, example.text, { post: { language } })), expected)
  })
}

const innocuous = [
  'We are opening our new branch in Lyon on Monday.',
  'Nous ouvrons notre nouvelle agence à Lyon lundi.',
  'Our annual report is out: https://example.com/report-2026',
  'Merci à toutes les équipes pour cette belle année ! #merci',
  'We are hiring: apply before 12 May, call +33 1 42 68 53 00.',
  'Rendez-vous le 14 juin à 18 h 30 au 12 rue de la Paix.',
  'Capital markets day: join us in London or online.',
  "L'assurance vie reste le placement préféré des Français.",
  'Past performance does not guarantee future returns.',
  'Les performances passées ne préjugent pas des performances futures.',
  'Congratulations to our colleague, named woman of the year.',
  'Our Scunthorpe team ran ten miles for charity.',
  'Le taux sans risque expliqué en deux minutes',
  'We planted 1,200 trees with our clients this spring.',
  '🎉 10 ans ! Merci à nos clients et partenaires.',
  'La garantie décennale, comment ça marche ?',
]
for (const text of innocuous) {
  test(`The shipped packs let pass and send to one compliance officer: ${text}`, () => {
    for (const targets of [[], [{ network: 'sandbox' }, { network: 'linkedin' }, { network: 'bluesky' }]]) {
      const evaluation = judge(shipped, text, { targets })
      assert.deepEqual(told(evaluation), [])
      assert.equal(evaluation.verdict, 'pass')
      assert.deepEqual(evaluation.requiredStages, [{ name: 'compliance', need: 1 }])
    }
  })
}

test('The shipped packs ask for no qualification that nobody holds yet', () => {
  const stages = shipped.routes.flatMap((route) => route.stages)
  assert.deepEqual(
    stages.filter((stage) => stage.qualification !== undefined || stage.unit !== undefined),
    [],
  )
})

test('Each item of a thread is judged alone, and a hit over their edge by the whole (FCA-1)', () => {
  const policy = policyOf("  - { id: r, any: ['guaranteed NEAR/2 returns'] }")
  assert.deepEqual(told(judge(policy, 'One', { post: { thread: ['two', 'guaranteed returns here'] } })), [
    'review r thread:2:0-18',
  ])
  assert.deepEqual(told(judge(policy, 'it is guaranteed', { post: { thread: ['returns of 8%'] } })), [
    'review r text:6-16 thread:1:0-7',
  ])
  assert.deepEqual(told(judge(policy, 'guaranteed.', { post: { thread: ['Returns'] } })), [])
})

test('Every item of a thread must carry the required notice (FCA-1)', () => {
  const policy = policyOf(
    '  - { id: r, severity: block, when: \'post.topics.contains("product")\', require: { disclosure: risk } }',
    'disclosures: { risk: { any: [capital at risk] } }',
  )
  const post = { topics: ['product'] }
  assert.deepEqual(
    told(judge(policy, 'New. Capital at risk.', { post: { ...post, thread: ['More. Capital at risk.'] } })),
    [],
  )
  assert.deepEqual(told(judge(policy, 'New. Capital at risk.', { post: { ...post, thread: ['More.'] } })), [
    'block r thread:1:0-5',
  ])
})

test('Where a rule has terms, the item with the hit must carry the notice, with the hit as its span (FCA-1, HC-4)', () => {
  const policy = policyOf(
    '  - { id: r, any: [benefit], require: { disclosure: risk } }',
    'disclosures: { risk: { any: [capital at risk] } }',
  )
  assert.deepEqual(told(judge(policy, 'A benefit.', { post: { thread: ['Capital at risk.'] } })), ['review r text:2-9'])
  assert.deepEqual(told(judge(policy, 'Hello', { post: { thread: ['A benefit. Capital at risk.'] } })), [])
})

test('A notice beyond the point where a network cuts the post is found there (FCA-2)', () => {
  const policy = policyOf(
    '  - { id: r, severity: block, when: \'post.topics.contains("product")\', require: { disclosure: risk, visible: beforeTruncation } }',
    'disclosures: { risk: { any: [capital at risk] } }',
  )
  const text = `${'word '.repeat(40)}Capital at risk.`
  const post = { topics: ['product'] }
  assert.deepEqual(told(judge(policy, text, { post, targets: [{ network: 'bluesky' }] })), [])
  assert.deepEqual(told(judge(policy, text, { post, targets: [{ network: 'bluesky' }, { network: 'linkedin' }] })), [
    'block r text:200-215',
  ])
})

test('A disguised notice does not count', () => {
  const policy = policyOf(
    '  - { id: r, require: { disclosure: risk } }',
    'disclosures: { risk: { any: [capital at risk] } }',
  )
  assert.equal(judge(policy, 'c4pital at r1sk').findings.length, 1)
  assert.equal(judge(policy, 'CAPITAL AT RISK').findings.length, 0)
})

test('Figures need a source, and each figure is marked (FIN-3, MKT-1)', () => {
  const policy = policyOf('  - { id: r, require: { sources: forFigures } }')
  assert.deepEqual(told(judge(policy, 'Up 8% to $5bn in 2025')), ['review r text:3-5 text:9-13'])
  assert.deepEqual(told(judge(policy, 'Up 8%', { post: { sources: [{ note: 'audited' }] } })), [])
  assert.deepEqual(told(judge(policy, 'Since 2025')), [])
})

test('Links, their texts, addresses and alt texts are fields of their own', () => {
  const rules = [
    '  - { id: words, any: [bad] }',
    '  - { id: address, any: [bad], fields: [url] }',
    '  - { id: hosts, links: { allow: [example.com] } }',
    "  - { id: people, mentions: { deny: ['@rival'] } }",
  ].join('\n')
  const evaluation = judge(policyOf(rules), 'hello @rival, see http://www.example.com and other.org/x', {
    post: {
      links: [{ url: 'https://sub.example.com/bad', text: 'a bad link' }, { url: 'https://evil-example.com' }],
      media: [{ mediaId: 'm', kind: 'image', altText: 'bad' }],
    },
  })
  assert.deepEqual(told(evaluation).sort(), [
    'review address url:0:24-27',
    'review hosts text:45-56 url:1:0-24',
    'review people text:6-12',
    'review words alt:0:0-3 link:0:2-5',
  ])
})

test('A scope keeps a rule from those whom it does not concern, and an unknown place does not', () => {
  const policy = policyOf(
    '  - { id: r, any: [x], scope: { networks: [linkedin], countries: [FR], communicationClass: [retail], units: [bank] } }',
  )
  const unitPath = { author: { unitPath: ['firm', 'bank', 'desk'] } }
  assert.equal(judge(policy, 'x', unitPath).findings.length, 1)
  assert.equal(
    judge(policy, 'x', { ...unitPath, targets: [{ network: 'linkedin', country: 'FR' }] }).findings.length,
    1,
  )
  assert.equal(judge(policy, 'x', { ...unitPath, targets: [{ network: 'x' }] }).findings.length, 0)
  assert.equal(
    judge(policy, 'x', { ...unitPath, targets: [{ network: 'linkedin', country: 'US' }] }).findings.length,
    0,
  )
  assert.equal(judge(policy, 'x', { ...unitPath, post: { communicationClass: 'institutional' } }).findings.length, 0)
  assert.equal(judge(policy, 'x').findings.length, 0)
})

test('Stating another language is no way round a rule', () => {
  const text = 'Join us for the guaranteed returns that you want.'
  assert.deepEqual(
    told(judge(shipped, text, { post: { language: 'fr' } })),
    told(judge(shipped, text, { post: { language: 'en' } })),
  )
})

test('A rule climbs the ladder: audit is only recorded, warn is a note, enforce has its severity', () => {
  const severity = (mode: string): [string[], number, string] => {
    const evaluation = judge(policyOf(`  - { id: r, any: [x], severity: block, mode: ${mode} }`), 'x')
    return [told(evaluation), evaluation.trace.audited.length, evaluation.verdict]
  }
  assert.deepEqual(severity('audit'), [[], 1, 'pass'])
  assert.deepEqual(severity('warn'), [['note r text:0-1'], 0, 'pass'])
  assert.deepEqual(severity('enforce'), [['block r text:0-1'], 0, 'block'])
})

test('A rule that fails while it runs sends the post to review, and the other rules still answer', () => {
  const policy = policyOf(
    "  - { id: odd, severity: note, when: 'timestamp(post.text) < now' }\n  - { id: r, any: [x], severity: note }",
  )
  const evaluation = judge(policy, 'x')
  assert.deepEqual(told(evaluation), ['review odd', 'note r text:0-1'])
  assert.equal(evaluation.verdict, 'review')
  assert.deepEqual(
    evaluation.trace.errors.map((error) => error.ruleId),
    ['odd'],
  )
})

test('A quiet period counts by the clock of its own zone', () => {
  const policy = policyOf(
    '  - { id: quiet, severity: block, when: \'author.unit.within("ib") && now in calendar("q4")\' }',
    'calendars: { q4: { zone: Europe/Paris, periods: [{ from: 2026-12-15, to: 2027-02-10 }] } }',
  )
  const at = (now: string, unit: string): number =>
    judge(policy, 'x', { now, author: { unitPath: [unit] } }).findings.length
  assert.equal(at('2026-12-14T22:59:59.000Z', 'ib'), 0)
  assert.equal(at('2026-12-14T23:00:00.000Z', 'ib'), 1)
  assert.equal(at('2027-01-01T00:00:00.000Z', 'retail'), 0)
})

test('Each network says how it counts and cuts the post', () => {
  const evaluation = judge(shipped, 'Voir example.com', {
    targets: [
      { profileId: 'a', network: 'x' },
      { profileId: 'b', network: 'mastodon', limit: 10 },
    ],
  })
  assert.deepEqual(evaluation.perNetwork, [
    { network: 'x', profileId: 'a', length: 28, limit: 280, fits: true },
    { network: 'mastodon', profileId: 'b', length: 16, limit: 10, fits: false },
  ])
  assert.equal(evaluation.verdict, 'block')
})

test('Equal version and input give equal bytes, also after other posts and in a policy compiled anew (replay)', async () => {
  const again = loadPolicy((await readPolicyFiles(shippedPolicies)).toReversed())
  const input = overlayInput(exampleInput, {
    post: { text: 'gu4r4nteed returns, sans risque, FR76 3000 6000 0112 3456 7890 189', topics: ['product'] },
    targets: [{ network: 'linkedin' }],
  })
  const first = JSON.stringify(evaluatePost(shipped, input))
  for (const text of innocuous) judge(shipped, text)
  assert.equal(JSON.stringify(evaluatePost(shipped, input)), first)
  assert.equal(JSON.stringify(evaluatePost(again, structuredClone(input))), first)
})

test('Spans lie inside their field and on whole characters, whatever the text (property)', () => {
  const piece = fc.constantFrom(
    'guaranteed',
    'returns',
    'sans',
    'risque',
    'g u a r',
    '4nteed',
    ' ',
    '. ',
    '\n',
    '😀',
    '\u0301',
    '\u202e',
    '\u200b',
    'ｇ',
    'а',
    '#GuaranteedReturns',
    'FR76 3000 6000 0112 3456 7890 189',
    '4111 1111 1111 1111',
    'https://example.com/a',
    '8%',
    '@x',
    '\ud83d',
    'é',
  )
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, text, (first, second) => {
      const evaluation = judge(shipped, first, { post: { thread: [second] } })
      for (const { start, end, field } of evaluation.findings.flatMap((finding) => finding.spans)) {
        const within = field === 'text' ? first : second
        assert.ok(start >= 0 && start < end && end <= within.length, `${field} ${start}–${end}`)
        for (const at of [start, end])
          assert.ok(!/[\ud800-\udbff]$/.test(within.slice(0, at)) || !/^[\udc00-\udfff]/.test(within.slice(at)))
      }
    }),
    { numRuns: 400 },
  )
})

/** Texts that are meant to be slow: nesting, repetition, stacked marks, overrides, walls of numbers and separators. */
const hostile = [
  'guaranteed ', 'g u a r a n t e e d ', 'gu4r4nt33d r3turns ', '(((((', 'a.', '1 ', '4111 1111 1111 1112 ', 'FR76 3000 ', 'a@b.',
  '#GuaranteedReturns', 'e\u0301\u0302\u0303\u0304', '\u202eguaranteed\u202c ', '\u200bg\u200bu', 'ｇｕａｒ', 'гuаrаntееd ', '👨‍👩‍👧', '8% ',
  'https://a.b/', '@x', '\n\n', 'account number 1', 'aaaaaaaaaa', 'x.com(', '日本語', '06 12 34 56 78 ',
] // prettier-ignore
const targets = ['x', 'bluesky', 'mastodon', 'linkedin', 'instagram'].map((network) => ({ network }))

for (const piece of hostile) {
  test(`A hundred thousand characters of ${JSON.stringify(piece)} are judged in the time of reading them`, () => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length)).slice(0, 100_000)
    const before = process.threadCpuUsage()
    judge(shipped, text, { targets })
    const used = process.threadCpuUsage(before)
    // Measured well under a second on a busy machine; anything that is not linear takes minutes.
    assert.ok(used.user + used.system < 5_000_000, `${(used.user + used.system) / 1000} ms`)
  })
}
