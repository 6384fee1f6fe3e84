import assert from 'node:assert/strict'
import { test } from 'node:test'
import { celEnv, celMethod, CelScalar, isCelError, listType, parse, plan } from '@bufbuild/cel'
import fc from 'fast-check'
import { compileCondition, openEnvironment } from '#server/policies/compile-condition.ts'
import { compileSimple } from '#server/policies/compile-simple-condition.ts'
import { FindingValue, openContext } from '#server/policies/condition-context.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import type { Finding } from '#server/policies/finding.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'

const calendars = new Map()
const environment = openEnvironment(calendars, true)

function ask(source: string, input: PolicyInput, findings: Finding[] = []): boolean {
  const context = openContext(input)
  context.findings = findings.map((finding) => new FindingValue(finding))
  return compileCondition(source, environment, calendars).evaluate(context)
}

const input: PolicyInput = {
  ...exampleInput,
  post: {
    ...exampleInput.post,
    text: 'Hello world',
    topics: ['product', 'funds'],
    static: true,
    links: [{ url: 'https://www.Example.com/a?b' }],
  },
  author: { id: 'u', unitPath: ['firm', 'investment-banking', 'desk'], qualifications: ['q1'], country: 'FR' },
  targets: [{ profileId: 'p', network: 'x', country: 'GB' }],
}

const answers: readonly [string, boolean][] = [
  ['author.unit.within("investment-banking")', true],
  ['author.unit.within("retail")', false],
  ['post.communicationClass == "retail" && post.topics.contains("product")', true],
  ['!libraryItem.unchanged && !libraryItem.present', true],
  ['targets.exists(t, t.network == "x" && t.country == "GB")', true],
  ['targets.all(t, t.network in ["linkedin", "facebook"])', false],
  ['post.links.exists(l, l.host == "www.example.com")', true],
  ['post.links.size() == 1 && post.media.size() == 0', true],
  ['post.items > 1', false],
  ['findings.exists(f, f.severity == "review")', true],
  ['evasionSuspected', false],
  ['now < timestamp("2027-01-01T00:00:00Z") && now.getHours("Europe/Paris") == 11', true],
  ['post.text.startsWith("Hello") ? post.static : false', true],
  ['author.trainingValid', true],
]

for (const [source, answer] of answers) {
  test(`${source} is ${answer}`, () =>
    assert.equal(
      ask(source, input, [{ ruleId: 'r', severity: 'review', message: { en: '', fr: '' }, spans: [] }]),
      answer,
    ))
}

test('Only conditions on what the author does not type are kept', () => {
  const compiled = (source: string): boolean => compileCondition(source, environment, calendars).metadataOnly
  assert.equal(compiled('post.static && author.unit.within("a") && targets.size() > 0'), true)
  for (const source of [
    'post.text == ""',
    'post.links.size() > 0',
    'evasionSuspected',
    'findings.size() > 0',
    'now > timestamp("2026-01-01T00:00:00Z")',
    'post.sources.exists(s, s.url == "")',
  ]) {
    assert.equal(compiled(source), false, source)
  }
})

/** The reference implementation, given the same values as plain maps and lists. */
function askReference(source: string, given: PolicyInput): unknown {
  const strings = listType(CelScalar.STRING)
  const has = (name: string): ReturnType<typeof celMethod> =>
    celMethod(name, strings, [CelScalar.STRING], CelScalar.BOOL, function (wanted) {
      return [...this].includes(wanted)
    })
  const env = celEnv({ funcs: [has('within'), has('contains')] })
  const { post, author, targets } = given
  const map = (value: Record<string, unknown>): Map<string, never> =>
    new Map(Object.entries(value)) as Map<string, never>
  const result = plan(
    env,
    parse(source),
  )({
    post: map({
      text: post.text,
      static: post.static,
      topics: [...post.topics],
      communicationClass: post.communicationClass,
      language: post.language ?? '',
      items: BigInt(1 + (post.thread?.length ?? 0)),
    }),
    author: map({
      unit: [...author.unitPath],
      qualifications: [...author.qualifications],
      country: author.country ?? '',
    }),
    targets: targets.map((target) => map({ network: target.network, country: target.country ?? '' })),
  })
  if (isCelError(result)) throw new Error(result.message)
  return result
}

const name = fc.constantFrom('a', 'b', 'retail', 'product', 'x', '')
const quoted = name.map((text) => JSON.stringify(text))
const atom = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('post.text', 'post.communicationClass', 'post.language', 'author.country'),
      fc.constantFrom('==', '!=', '<', '>='),
      quoted,
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(
      fc.constantFrom(
        'post.topics.contains',
        'author.unit.within',
        'author.qualifications.contains',
        'post.text.startsWith',
        'post.text.endsWith',
        'post.text.contains',
      ),
      quoted,
    )
    .map(([call, text]) => `${call}(${text})`),
  fc
    .tuple(quoted, fc.constantFrom('post.topics', 'author.qualifications', '["a", "x"]'))
    .map(([text, list]) => `${text} in ${list}`),
  fc
    .tuple(
      fc.constantFrom('post.topics.size()', 'targets.size()', 'post.items', 'size(post.text)'),
      fc.constantFrom('==', '<', '>'),
      fc.nat(3),
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.constantFrom('exists', 'all', 'exists_one'), fc.constantFrom('network', 'country'), quoted)
    .map(([loop, field, text]) => `targets.${loop}(t, t.${field} == ${text})`),
  fc.constantFrom('post.static', 'true', 'false'),
)
const expression = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc
      .tuple(tie('node'), fc.constantFrom('&&', '||'), tie('node'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('node').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('node'), tie('node'), tie('node'))
      .map(([test, left, right]) => `((${test}) ? (${left}) : (${right}))`),
  ),
})).node
const anyInput = fc
  .record({
    text: name,
    topics: fc.array(name, { maxLength: 3 }),
    isStatic: fc.boolean(),
    units: fc.array(name, { maxLength: 3 }),
    qualifications: fc.array(name, { maxLength: 2 }),
    country: name,
    networks: fc.array(name, { maxLength: 3 }),
    thread: fc.array(name, { maxLength: 2 }),
  })
  .map((value): PolicyInput => ({
    ...exampleInput,
    post: {
      ...exampleInput.post,
      text: value.text,
      topics: value.topics,
      static: value.isStatic,
      thread: value.thread,
    },
    author: { id: 'u', unitPath: value.units, qualifications: value.qualifications, country: value.country },
    targets: value.networks.map((network) => ({ profileId: 'p', network, country: value.country })),
  }))

test('Conditions answer what the reference implementation of CEL answers (differential)', () => {
  fc.assert(
    fc.property(expression, anyInput, (source, given) =>
      assert.equal(ask(source, given), askReference(source, given), source),
    ),
    { numRuns: 1500 },
  )
})

test('Simple conditions run as plain functions and answer what the interpreter answers', () => {
  const text = fc.constantFrom(
    '"retail"',
    '"product"',
    '"FR"',
    '""',
    'post.communicationClass',
    'author.country',
    'post.format',
  )
  const list = fc.constantFrom('post.topics', 'author.qualifications')
  const { truth } = fc.letrec<{ truth: string }>((tie) => ({
    truth: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('post.static', 'post.scheduled', 'evasionSuspected', 'true', 'author.unit.within("desk")'),
      fc.tuple(text, fc.constantFrom('==', '!='), text).map((parts) => parts.join(' ')),
      fc.tuple(list, text).map(([of, item]) => `${of}.contains(${item})`),
      fc.tuple(list, text).map(([of, item]) => `${item} in ${of}`),
      fc.tuple(tie('truth'), fc.constantFrom('&&', '||'), tie('truth')).map((parts) => `(${parts.join(' ')})`),
      tie('truth').map((inner) => `!(${inner})`),
    ),
  }))
  const inputs = fc.record({
    communicationClass: fc.constantFrom('retail' as const, 'institutional' as const),
    isStatic: fc.boolean(),
    topics: fc.subarray(['product', 'retail', '']),
    unitPath: fc.subarray(['firm', 'desk']),
    qualifications: fc.subarray(['FR', 'product']),
    country: fc.constantFrom('FR', 'US', undefined),
    scheduledAt: fc.constantFrom(undefined, '2026-02-01T00:00:00.000Z'),
    evasionSuspected: fc.boolean(),
  })
  fc.assert(
    fc.property(truth, inputs, (source, given) => {
      const parsed = environment.parse(source)
      const simple = compileSimple(parsed.ast)
      assert.ok(simple !== undefined, `${source} is simple`)
      const context = openContext({
        ...input,
        post: {
          ...input.post,
          communicationClass: given.communicationClass,
          static: given.isStatic,
          topics: given.topics,
          scheduledAt: given.scheduledAt,
        },
        author: {
          ...input.author,
          unitPath: given.unitPath,
          qualifications: given.qualifications,
          country: given.country,
        },
      })
      context.evasionSuspected = given.evasionSuspected
      assert.equal(simple(context), parsed(context), source)
    }),
    { numRuns: 2_000 },
  )
  for (const source of [
    'libraryItem.unchanged',
    'post.text.contains("a")',
    'post.items > 1',
    'post.static && author.trainingValid',
  ])
    assert.equal(compileSimple(environment.parse(source).ast), undefined, `${source} is left to the interpreter`)
})
