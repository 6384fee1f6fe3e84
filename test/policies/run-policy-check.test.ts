import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { CommandIo } from '#server/policies/command-io.ts'
import { runPolicyCheck } from '#server/policies/run-policy-check.ts'
import { programWords } from '#test/support/program-words.ts'

const vectors = fileURLToPath(new URL('../vectors/', import.meta.url))
const policy = join(vectors, 'evasion-policy.yaml')

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(
  args: readonly string[],
  input: string | readonly Uint8Array[],
  options: Partial<CommandIo> = {},
): Promise<Run> {
  let out = ''
  let err = ''
  const chunks = typeof input === 'string' ? [input] : input
  const io: CommandIo = {
    stdin: (async function* () {
      yield* chunks
    })(),
    stdout: { write: (text) => ((out += text), true), once: () => undefined },
    stderr: { write: (text) => ((err += text), true), once: () => undefined },
    colour: false,
    locale: 'en',
    now: () => '2026-01-15T10:00:00.000Z',
    ...options,
  }
  const code = await runPolicyCheck(args, io)
  return { code, out, err }
}

interface Answer {
  readonly id: unknown
  readonly verdict?: string
  readonly findings?: { ruleId: string; via?: string; spans: { start: number; end: number; field: string }[] }[]
  readonly error?: string
}

function answersOf(run: Run): Answer[] {
  return run.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
}

test('Every evasion example answers with its exact span, in order, through the command line', () => {
  const input = readFileSync(join(vectors, 'evasion-examples.jsonl'), 'utf8')
  const project = fileURLToPath(new URL('../../', import.meta.url))
  const [node, ...words] = programWords('cli.ts')
  const child = spawnSync(node, [...words, 'policy', 'check', '--policy', policy, '--json'], {
    cwd: project,
    input,
    encoding: 'utf8',
  })
  assert.deepEqual([child.status, child.stderr], [0, ''])
  const answers = answersOf({ code: 0, out: child.stdout, err: '' })
  const examples = input
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; expect: string; rule: string; start: number; end: number })
  assert.deepEqual(
    answers.map((answer) => answer.id),
    examples.map((example) => example.id),
  )
  for (const [index, example] of examples.entries()) {
    const found = answers[index]!.findings!.map(({ ruleId, spans }) => ({ ruleId, spans }))
    const expected =
      example.expect === 'hit'
        ? [{ ruleId: example.rule, spans: [{ start: example.start, end: example.end, field: 'text' }] }]
        : []
    assert.deepEqual(found, expected, example.id)
  }
})

test('A bad line answers an error in its place, the others still answer, and the exit code is 1', async () => {
  const lines = [
    '{"id":"a","text":"sans risque"}',
    'nope',
    '',
    '[1]',
    '{"id":7}',
    '{"id":8,"text":"x","links":{}}',
    '{"id":9,"text":"x","links":[null]}',
    '{"id":10,"text":"x","now":"soon"}',
    '{"id":"z","text":"fine"}',
  ]
  const result = await run(['--json', '--policy', policy], lines.join('\n'))
  assert.equal(result.code, 1)
  assert.deepEqual(
    answersOf(result).map(({ id, verdict, error }) => [id, verdict ?? (error === undefined ? '?' : 'error')]),
    [
      ['a', 'review'],
      [null, 'error'],
      [null, 'error'],
      [7, 'error'],
      [8, 'error'],
      [9, 'error'],
      [10, 'error'],
      ['z', 'pass'],
    ],
  )
})

test('A line may say more than its text', async () => {
  const line = {
    id: 1,
    text: 'hello',
    topics: ['product'],
    communicationClass: 'retail',
    targets: [{ network: 'linkedin' }],
    author: { unitPath: ['ib'] },
    lang: 'en',
  }
  const [answer] = answersOf(await run(['--json'], JSON.stringify(line)))
  assert.deepEqual(
    answer?.findings?.map((finding) => finding.ruleId),
    ['fca-risk-warning'],
  )
})

test('Characters that are cut between two chunks, U+2028 and carriage returns are read as they were written', async () => {
  const bytes = new TextEncoder().encode('{"id":"é😀","text":"a\u2028b sans risque"}\r\n{"id":2,"text":"ok"}')
  const chunks = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
  const answers = answersOf(await run(['--json', '--policy', policy], chunks))
  assert.deepEqual(
    answers.map((answer) => [
      answer.id,
      answer.findings?.flatMap((finding) => finding.spans.map((span) => span.start)),
    ]),
    [
      ['é😀', [4]],
      [2, []],
    ],
  )
})

test('A person sees the text with its hits marked, in their language, and the exit code says whether there were any', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'policy-check-')), 'post.txt')
  writeFileSync(file, 'Un rendement garanti, gu4ranteed returns\n')
  const french = await run([file], '', { locale: 'fr' })
  assert.equal(french.code, 1)
  assert.match(french.out, /^Un ⟦rendement garanti⟧, ⟦gu4ranteed returns⟧\n\nCe message ne peut pas être publié/)
  assert.match(french.out, /Bloquant amf-rendement-garanti · Code monétaire et financier L533-12/)
  assert.match(french.out, /écrit en: leet/)
  assert.ok((await run([file], '', { colour: true })).out.startsWith('Un \u001b[41;97mrendement garanti\u001b[0m'))
  const clean = await run(['-'], 'Nous ouvrons une agence.')
  assert.deepEqual([clean.code, clean.out.split('\n')[2]], [0, 'Nothing to object to.'])
})

test('A policy or a file that cannot be read is told on standard error with exit code 2', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'policy-check-')), 'bad.yaml')
  writeFileSync(file, 'policy: p\nrules:\n  - id: r\n    severty: block\n')
  const broken = await run(['--json', '--policy', file], '{"id":1,"text":"x"}')
  assert.deepEqual([broken.code, broken.out], [2, ''])
  assert.match(broken.err, /bad\.yaml:4 r: "severty" is not known here/)
  assert.equal((await run(['--policy', '/nowhere'], '')).code, 2)
  assert.equal((await run(['/nowhere.txt'], '')).code, 2)
  assert.equal((await run(['--what'], '')).code, 2)
  assert.equal((await run(['--lang', 'de'], '')).code, 2)
})

test('What is no text of a post is refused, not judged: nothing, other bytes than UTF-8, a text no post has, no file', async () => {
  for (const [input, expected] of [
    ['\n', /no text to check/],
    [[new Uint8Array([0x47, 0xff, 0xfe])], /no text in UTF-8/],
    ['x'.repeat(100_001), /longer than 100,000/],
  ] as const) {
    const { code, out, err } = await run(['--policy', policy], input)
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, expected)
  }
  const { code, err } = await run(['/no/such/post.txt', '--policy', policy], '')
  assert.equal(code, 2)
  assert.match(err, /^\/no\/such\/post\.txt cannot be read: there is no such file/)
})
