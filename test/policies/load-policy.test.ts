import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadPolicy, PolicyError } from '#server/policies/load-policy.ts'
import { policySchema } from '#server/policies/policy-schema.ts'

function problemsOf(...texts: string[]): string[] {
  try {
    loadPolicy(texts.map((text, index) => ({ path: `${index + 1}.yaml`, text })))
  } catch (error) {
    assert.ok(error instanceof PolicyError)
    return error.problems.map(({ file, line, ruleId, message }) => `${file}:${line} ${ruleId ?? '-'}: ${message}`)
  }
  return []
}

function assertProblem(text: string, expected: RegExp): void {
  const problems = problemsOf(text)
  assert.ok(
    problems.some((problem) => expected.test(problem)),
    `${expected} is not among\n${problems.join('\n') || 'no problem at all'}`,
  )
}

const rule = (lines: string): string => `policy: p\nrules:\n  - id: r\n${lines.replaceAll(/^/gm, '    ')}\n`

test('All mistakes of all files are told at once, with file, line, rule and what to write instead', () => {
  const first =
    'policy: a\nrules:\n  - id: one\n    severty: block\n    any: [x]\n  - id: two\n    severity: blok\n    any: [x]\n'
  const second =
    "policy: b\nrules:\n  - id: three\n    any: ['(open', 'ok', '$nowhere']\n    when: 'post.nope == 1'\n  - id: four\n"
  assert.deepEqual(
    problemsOf(first, second)
      .map((problem) =>
        problem.replace(
          /(Did you mean "\w+"\?|Write block|Close the paren|There is no list|No such key|checks nothing).*/s,
          '$1',
        ),
      )
      .sort(),
    [
      '1.yaml:4 one: "severty" is not known here. Did you mean "severity"?',
      '1.yaml:7 two: "severity" does not fit. Write block',
      '2.yaml:4 three: Close the paren',
      '2.yaml:4 three: There is no list',
      '2.yaml:5 three: This condition cannot be used: No such key',
      '2.yaml:6 four: The rule "four" checks nothing',
    ],
  )
})

const mistakes: readonly [string, string, RegExp][] = [
  ['broken YAML', 'policy: [', /1\.yaml:1 -: This is not valid YAML/],
  [
    'a number as a term',
    rule('any: [8]'),
    /1\.yaml:4 r: Item 1 of "any" does not fit\. Write a term: text \(numbers in quotes\)/,
  ],
  [
    'a comma in a sentence',
    rule('any: [x]\nmessage: { en: One, two three, fr: Un }'),
    /Put the sentence before it in quotes/,
  ],
  ['a message in one language', rule('any: [x]\nmessage: { en: One }'), /"fr:" is missing\. Write both languages/],
  ['an unknown variable', rule("when: 'nowhere == 1'"), /4 r: .*Unknown variable: nowhere\. Known: post, author/],
  ['an unknown field', rule('when: \'post.txt == "a"\''), /No such key: txt/],
  ['a condition of the wrong type', rule("when: 'post.text'"), /answers string, not true or false/],
  ['a type error', rule("when: 'post.static == 3'"), /This condition cannot be used/],
  ['findings outside routes', rule("when: 'findings.size() > 0'"), /Unknown variable: findings/],
  [
    'matches()',
    rule('when: \'post.text.matches("(a+)+$")\''),
    /matches\(\) is not allowed: write the expression as the rule's "pattern:"/,
  ],
  [
    'a loop in a loop',
    rule("when: 'targets.exists(a, targets.exists(b, a.network == b.network))'"),
    /stands inside another loop/,
  ],
  ['a map', rule('when: \'{"a": 1}.size() > 0\''), /cannot be used/],
  ['an unknown function', rule('when: \'string(post.static) == "true"\''), /string\(\) cannot be used/],
  ['an unknown calendar', rule('when: \'now in calendar("q4")\''), /There is no calendar "q4"/],
  [
    'a calendar of a variable name',
    rule("when: 'now in calendar(post.text)'"),
    /Write the name of the calendar in quotes/,
  ],
  [
    'an unknown disclosure',
    `${rule('require: { disclosure: capital-at-rsk }')}disclosures: { capital-at-risk: { any: [capital at risk] } }\n`,
    /Did you mean "capital-at-risk"\?/,
  ],
  ['visible without a disclosure', rule('require: { link: true, visible: anywhere }'), /Add disclosure: beside it/],
  ['unless without any', rule('unless: [x]\ndetector: iban'), /Add any: or remove unless:/],
  [
    'an unknown class',
    rule('any: [x]\nscope: { communicationClass: [public] }'),
    /Write retail, correspondence or institutional/,
  ],
  ['marks that do not pair', rule("any: [x]\ntests: [{ hit: 'a ⟦x b' }]"), /Write ⟦ before and ⟧ after/],
  [
    'a pattern that could hang elsewhere',
    rule("pattern: { regex: '(a)\\1 foo', literal: foo }"),
    /Patterns are RE2: no look-around/,
  ],
  [
    'a literal that is not in its pattern',
    rule('pattern: { regex: abc, literal: xyz }'),
    /does not occur in the pattern/,
  ],
  ['an unknown detector', rule('detector: ibn'), /Write iban, card/],
  ['a star at the beginning', rule("any: ['*foo']"), /A star can only end a word/],
  [
    'a zone that does not exist',
    'policy: p\ncalendars: { c: { zone: Paris, periods: [{ from: 2026-01-01, to: 2026-01-02 }] } }\n',
    /"Paris" is not a time zone/,
  ],
  [
    'a period that ends first',
    'policy: p\ncalendars: { c: { zone: UTC, periods: [{ from: 2026-02-01, to: 2026-01-02 }] } }\n',
    /ends before it begins/,
  ],
  [
    'a day that does not exist',
    'policy: p\ncalendars: { c: { zone: UTC, periods: [{ from: 2026-02-30, to: 2026-03-02 }] } }\n',
    /not a day of the calendar/,
  ],
  [
    'a route without a condition',
    'policy: p\nroutes: [{ stages: [] }]\n',
    /either when: with a condition, or otherwise: true/,
  ],
  [
    'a route with an unknown variable',
    "policy: p\nroutes: [{ when: 'findngs.size() > 0', stages: [] }]\n",
    /Unknown variable: findngs/,
  ],
  [
    'a sample over everything',
    "policy: p\nroutes: [{ otherwise: true, stages: [], sample: '150%' }]\n",
    /at most 100%/,
  ],
  ['the same rule twice', `${rule('any: [x]')}  - id: r\n    any: [y]\n`, /1\.yaml:3 has a rule "r" already/],
  ['aliases without end', `policy: p\nlists:\n  a: &a [x, x]\n  b: &b [*a, *a]\n`, /does not fit|cannot be read/],
]

for (const [name, text, expected] of mistakes)
  test(`A policy with ${name} does not load and says what to write`, () => assertProblem(text, expected))

test('A file of more than five million characters is refused before it is read, with its name', () => {
  const long = `${rule('any: [x]')}# ${'x'.repeat(5_000_000)}`
  assert.deepEqual(problemsOf(rule('any: [x]'), long), [
    `2.yaml:1 -: The file has ${long.length} characters, and at most 5000000 are read. Split it into several.`,
  ])
})

test('A name that two files give to different things is told', () => {
  assert.match(
    problemsOf('policy: a\nlists: { l: [x] }\n', 'policy: b\nlists: { l: [y] }\n').join(),
    /1\.yaml has another list "l"/,
  )
  assert.deepEqual(problemsOf('policy: a\nlists: { l: [x] }\n', 'policy: b\nlists: { l: [x] }\n'), [])
})

test('No file at all is no policy', () => assert.throws(() => loadPolicy([]), /There is no policy file here/))

test('The version names the content, not its spelling, its order or its place (replay)', () => {
  const a = { path: 'a.yaml', text: 'policy: a\nrules: [{ id: one, any: [x] }]\n' }
  const b = { path: 'b.yaml', text: 'policy: b\nrules: [{ id: two, any: [y] }]\n' }
  const version = loadPolicy([a, b]).version
  assert.match(version, /^[0-9a-f]{64}$/)
  assert.equal(
    loadPolicy([b, { path: 'elsewhere/a.yaml', text: '# a remark\npolicy: "a"\nrules:\n  - any: [x]\n    id: one\n' }])
      .version,
    version,
  )
  assert.notEqual(loadPolicy([a, { ...b, text: b.text.replace('[y]', '[z]') }]).version, version)
})

test('The published schema is the one that the loader uses', () => {
  const published = readFileSync(new URL('../../policies/policy.schema.json', import.meta.url), 'utf8')
  assert.equal(published, `${JSON.stringify(policySchema, null, 2)}\n`, 'Run node scripts/write-policy-schema.ts.')
})

test('A rule that says little gets a severity, a mode and sentences in both languages', () => {
  const [first] = loadPolicy([{ path: 'p.yaml', text: rule('any: [x]') }]).rules
  assert.equal(first?.severity, 'review')
  assert.equal(first?.mode, 'enforce')
  assert.ok(first?.message.en !== '' && first?.message.fr !== '')
  const [note] = loadPolicy([{ path: 'p.yaml', text: rule('any: [x]\nseverity: info') }]).rules
  assert.equal(note?.severity, 'note')
})

const slips: readonly [string, string, string][] = [
  [
    'a colon in a text',
    '    message: { en: Do not: never, fr: Non }',
    '5 r: This is not valid YAML: a colon with a space',
  ],
  ['a tab', '\tseverity: block', '5 r: This is not valid YAML: a tab'],
  ['an open quote', "    any: ['y]\n    lang: fr", '5 r: This is not valid YAML: a quote is opened'],
  ['a word twice', '    formats: [B-#]', '5 r: This is not valid YAML: the same word stands twice'],
  ['an alias of nothing', '    unless: *words', '5 r: Nothing is called "&words"'],
  [
    'a letter in another encoding',
    '    unless: [caf\ufffd]',
    '5 -: A letter of this line cannot be read. Save the file as UTF-8.',
  ],
  [
    'an unknown field',
    '    when: \'post.clas == "retail"\'',
    '5 r: This condition cannot be used: No such key: clas. Did you mean "communicationClass"? Known: text,',
  ],
  ['half a condition', "    when: 'post.static &&'", '5 r: This condition ends too early'],
]
for (const [name, line, expected] of slips) {
  test(`A rule with ${name} is told with its line, its name and what to write`, () => {
    const text = `policy: p\nrules:\n  - id: r\n    formats: ['A-#']\n${line}\n`
    assert.ok(problemsOf(text)[0]?.startsWith(`1.yaml:${expected}`), problemsOf(text).join('\n'))
  })
}

test('An empty file says how one begins', () =>
  assert.deepEqual(problemsOf(''), ['1.yaml:1 -: The file is empty. Begin with "policy: our-rules" and "rules:".']))
