import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CommandIo } from '#server/policies/command-io.ts'
import { loadPolicy } from '#server/policies/load-policy.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'
import { runPolicyTest } from '#server/policies/run-policy-test.ts'
import { testPolicy } from '#server/policies/test-policy.ts'

const shipped = loadPolicy(await readPolicyFiles(shippedPolicies))

async function run(text: string, flags: readonly string[] = []): Promise<[number, string]> {
  const file = join(mkdtempSync(join(tmpdir(), 'policy-test-')), 'p.yaml')
  writeFileSync(file, text)
  let out = ''
  const output = { write: (more: string) => ((out += more), true), once: () => undefined }
  const io: CommandIo = {
    stdin: (async function* () {})(),
    stdout: output,
    stderr: output,
    colour: false,
    locale: 'en',
    now: () => '2026-01-15T10:00:00.000Z',
  }
  return [await runPolicyTest([file, ...flags], io), out]
}

const rule = (tests: string): string => `policy: p\nrules:\n  - id: r\n    any: [bad]\n    tests:\n${tests}`

test('Every example and case of the shipped packs comes out as written', () => {
  const report = testPolicy(shipped)
  assert.deepEqual([...report.failures, ...report.untested], [])
  assert.ok(report.checked > 400)
})

test('Every shipped rule has a clause, both languages, and at least three hits and three near misses', () => {
  assert.deepEqual(
    new Set(shipped.packs.map((pack) => pack.policy)),
    new Set([
      'finra-2210',
      'sec-marketing-rule',
      'fca-financial-promotions',
      'amf-acpr',
      'mifid-ii',
      'hipaa-fda',
      'house-style',
      'shipped-cases',
    ]),
  )
  for (const { id, clause, message, suggestion, tests } of shipped.rules) {
    assert.ok(clause !== undefined && suggestion !== undefined, id)
    for (const text of [message.en, message.fr, suggestion.en, suggestion.fr]) assert.ok(text.length > 8, id)
    assert.ok(tests.filter((example) => example.hit !== undefined).length >= 3, `${id} has fewer than three hits`)
    assert.ok(
      tests.filter((example) => example.pass !== undefined).length >= 3,
      `${id} has fewer than three near misses`,
    )
  }
})

test('An example that comes out otherwise is told with what was found instead', async () => {
  const [code, out] = await run(
    rule("      - { hit: 'a ⟦bad day⟧' }\n      - { hit: good }\n      - { pass: 'so bad' }\n"),
  )
  assert.equal(code, 1)
  assert.match(out, /r: "a bad day" is hit at "bad", not where ⟦ ⟧ mark it\./)
  assert.match(out, /r: "good" should be hit and passes\./)
  assert.match(out, /r: "so bad" should pass and is hit at "bad"\./)
  assert.match(out, /3 of 3 examples failed/)
})

test('A rule without a hit or without a pass does not go live', async () => {
  assert.match((await run(rule("      - { hit: 'a ⟦bad⟧ day' }\n")))[1], /r: Add \{ pass: "…" \} under tests:/)
  const [code, out] = await run('policy: p\nrules: [{ id: r, any: [bad] }]\n')
  assert.equal(code, 1)
  assert.match(out, /Add \{ hit: "…" \} and \{ pass: "…" \}/)
})

test('A name that exists nowhere does not go live: it would silently never apply', async () => {
  const slips: readonly [string, RegExp][] = [
    ['    scope: { networks: [linkedn] }\n', /r: "linkedn" is not a network\. Write linkedin\./],
    ['    scope: { countries: [France] }\n', /r: "France" is not a country\. Write its two capitals/],
    ['    when: \'post.communicationClass == "retial"\'\n', /r: "retial" is not a class\. Write retail/],
    ['    when: \'targets.exists(t, t.network == "blusky")\'\n', /r: "blusky" is not a network\. Write bluesky\./],
  ]
  for (const [line, expected] of slips)
    assert.match((await run(rule("      - { hit: '⟦bad⟧' }\n      - { pass: good }\n") + line))[1], expected)
  const given =
    "      - { hit: '⟦bad⟧', with: { author: { units: [x] }, post: { topic: [x] } } }\n      - { pass: good }\n"
  const [code, out] = await run(rule(given))
  assert.equal(code, 1)
  assert.match(out, /r: "units" is not known under with: author:\. Known: id, unitPath/)
  assert.match(out, /r: "topic" is not known under with: post:\. Did you mean "topics"\?/)
  const own = rule("      - { hit: '⟦bad⟧' }\n      - { pass: good }\n") + '    scope: { networks: [intranet, x] }\n'
  assert.equal((await run(own))[0], 0, 'A network of your own is no slip.')
})

test('A case of a whole post that comes out otherwise says in what', async () => {
  const cases =
    'cases:\n  - { name: launch, with: { post: { text: so bad } }, expect: { verdict: pass, findings: [], stages: [] } }\n'
  const [code, out] = await run(`${rule("      - { hit: '⟦bad⟧' }\n      - { pass: good }\n")}${cases}`)
  assert.equal(code, 1)
  assert.match(out, /Case "launch": the verdict is review, not pass\./)
  assert.match(out, /the findings are \[r\], not \[\]\./)
  assert.match(out, /the stages are \[compliance\], not \[\]\./)
})

test('All good is told with exit code 0', async () => {
  assert.deepEqual(await run(rule("      - { hit: '⟦bad⟧' }\n      - { pass: good }\n")), [
    0,
    '2 examples of 1 rules came out as written.\n',
  ])
})

test('The first rule of the reference works as it is printed there', async () => {
  const reference = readFileSync(join(shippedPolicies, 'README.md'), 'utf8')
  const [, first] = /```yaml\n(policy: our-rules\n[\s\S]*?)```/.exec(reference) ?? []
  assert.deepEqual(await run(first ?? ''), [0, '2 examples of 1 rules came out as written.\n'])
})

test('Every calendar, route and case of the reference loads as it is printed there', () => {
  const reference = readFileSync(join(shippedPolicies, 'README.md'), 'utf8')
  const parts = [...reference.matchAll(/```yaml\n((?:calendars|routes|policy: our-rules-cases)[\s\S]*?)```/g)].map(
    (match) => match[1]!,
  )
  assert.equal(parts.length, 3)
  for (const part of parts)
    loadPolicy([{ path: 'README.md', text: part.startsWith('policy') ? part : `policy: p\n${part}` }])
})

test('With --words the stars that take ordinary words are told, and nothing fails for it', async () => {
  const text = "policy: p\nrules:\n  - id: r\n    any: ['stock*']\n    tests: [{ hit: '⟦stocks⟧' }, { pass: good }]\n"
  const [code, out] = await run(text, ['--words'])
  assert.equal(code, 0)
  assert.match(out, /:4 r: "stock\*" also takes Stockport, Stockton \(communes\); stockade/)
})

test('Every shipped pack stands alone', async () => {
  for (const { file } of shipped.packs.filter((pack) => pack.policy !== 'shipped-cases')) {
    const report = testPolicy(loadPolicy(await readPolicyFiles(file)))
    assert.deepEqual([...report.failures, ...report.untested], [], file)
  }
})
