import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { evaluatePost, weighPost } from '#server/policies/evaluate-post.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'
import { W } from '#server/policies/matcher/workspace.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'
import { hostilePieces, makeHostileText } from '#test/support/hostile-texts.ts'

const policy = loadPolicy(await readPolicyFiles(shippedPolicies))

const phrases = fc.constantFrom(
  'guaranteed returns',
  'rendement garanti',
  'sans risque',
  'double your money',
  'Account number 12345678',
  'FR76 3000 6000 0112 3456 7890 189',
  '4111 1111 1111 1111',
  'anna@gmail.com',
  '1 85 05 78 006 084 91',
  '078-05-1120',
  'up 12,5 %',
  'https://bit.ly/3abc',
  '@somebody',
  '#GuaranteedReturns',
  'strictly confidential',
)
const noise = fc.constantFrom(
  ...Array.from(' \n.,;:!?-_*/|’"()#@$€%014é\u00a0\u200b\u202e\u202c\ufe0f\u0301а日𝐠🅶🔥'),
  '👩‍💻',
  '🇬🇧',
  '\ud83d',
  '\ude00',
)
const text = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: phrases },
      { weight: 6, arbitrary: noise },
      { weight: 1, arbitrary: fc.constantFrom(...hostilePieces) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    { maxLength: 24 },
  )
  .map((list) => list.join(''))
const inputs: fc.Arbitrary<PolicyInput> = fc
  .record({
    text,
    linkText: text,
    altText: text,
    item: text,
    language: fc.constantFrom('fr' as const, 'en' as const, undefined),
    network: fc.constantFrom('x', 'linkedin', 'bluesky', 'mastodon', 'instagram'),
    isThread: fc.boolean(),
  })
  .map(({ text: body, linkText, altText, item, language, network, isThread }) => ({
    ...exampleInput,
    post: {
      ...exampleInput.post,
      text: body,
      language,
      links: [{ url: `https://example.com/${encodeURI(linkText.toWellFormed())}`, text: linkText }],
      media: [{ mediaId: 'a', kind: 'image', altText }],
      ...(isThread ? { thread: [item] } : {}),
    },
    targets: [{ profileId: 'a', network }],
  }))

function textOf({ post }: PolicyInput, field: string): string {
  const [kind, index] = field.split(':')
  const at = Number(index)
  if (kind === 'thread') return post.thread![at - 1]!
  if (kind === 'link') return post.links[at]!.text!
  if (kind === 'url') return post.links[at]!.url
  return kind === 'alt' ? post.media[at]!.altText! : post.text
}

function splitsPair(whole: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(whole.charAt(at - 1)) && /[\udc00-\udfff]/.test(whole.charAt(at))
}

describe('whatever the post, under the shipped packs', () => {
  test('every span lies inside its field, is empty only where the field is blank, and splits no surrogate pair', () => {
    let spans = 0
    fc.assert(
      fc.property(inputs, (input) => {
        const { findings, trace } = evaluatePost(policy, input)
        for (const { start, end, field } of [...findings, ...trace.audited].flatMap((finding) => finding.spans)) {
          const whole = textOf(input, field)
          spans++
          assert.ok(
            start >= 0 && (start < end || whole.trim() === '') && end <= whole.length,
            `${start}–${end} of ${field}, ${whole.length} long`,
          )
          assert.ok(!splitsPair(whole, start) && !splitsPair(whole, end), `${start}–${end} of ${field}`)
        }
      }),
      { numRuns: 1_500 },
    )
    assert.ok(spans > 1_000, `${spans} spans were looked at`)
  })

  test('no rule fails to run, and the same post gets the same bytes, whatever was judged between', () => {
    fc.assert(
      fc.property(inputs, inputs, (input, other) => {
        const first = evaluatePost(policy, input)
        assert.deepEqual(first.trace.errors, [])
        evaluatePost(policy, other)
        assert.equal(JSON.stringify(evaluatePost(policy, input)), JSON.stringify(first))
      }),
      { numRuns: 500 },
    )
  })

  test('a simulation weighs it as an evaluation judges it, and fails where that fails', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { verdict, findings, requiredStages } = evaluatePost(policy, input)
        assert.deepEqual(weighPost(policy, input), { verdict, findings, requiredStages })
      }),
      { numRuns: 500 },
    )
    const { targets: _targets, ...partial } = exampleInput
    for (const broken of [{}, partial, { ...exampleInput, targets: [{}] }, { ...exampleInput, post: {} }]) {
      const attempt = (judge: (input: PolicyInput) => object) => {
        try {
          return judge(broken as unknown as PolicyInput) && 'judged'
        } catch {
          return 'failed'
        }
      }
      assert.equal(
        attempt((input) => weighPost(policy, input)),
        attempt((input) => evaluatePost(policy, input)),
        JSON.stringify(broken),
      )
    }
  })
})

describe('the work of the shipped packs grows with the length of hostile text, not faster', () => {
  const steps = (piece: string, length: number): number => {
    W.steps = 0
    evaluatePost(policy, { ...exampleInput, post: { ...exampleInput.post, text: makeHostileText(piece, length) } })
    return W.steps
  }
  for (const piece of hostilePieces) {
    test(JSON.stringify(piece), () => {
      const [half, whole] = [steps(piece, 50_000), steps(piece, 100_000)]
      assert.ok(whole <= half * 2.1 + 1_000, `${half} steps at 50,000 characters, ${whole} at 100,000`)
      assert.ok(whole <= 100_000 * 200, `${whole} steps at 100,000 characters`)
    })
  }
})
