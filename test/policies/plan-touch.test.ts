import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { evaluatePost } from '#server/policies/evaluate-post.ts'
import { exampleInput } from '#server/policies/example-input.ts'
import { loadPolicy, type CompiledPolicy, type PolicyFileSource } from '#server/policies/load-policy.ts'
import { parsePolicyFile } from '#server/policies/parse-policy-file.ts'
import { keysOfRule, planTouch, planTouches } from '#server/policies/plan-touch.ts'
import type { PolicyInput } from '#server/policies/policy-input.ts'
import { readPolicyFiles, shippedPolicies } from '#server/policies/read-policy-files.ts'
import { readTouchKeys } from '#server/policies/touch-keys.ts'
import { readVectors } from '#test/support/evasion-policy.ts'

interface Keyed {
  readonly files: readonly PolicyFileSource[]
  readonly policy: CompiledPolicy
  readonly keys: ReadonlyMap<string, readonly number[]>
}

/** A policy with the keys of each of its rules that has some. */
function keyed(files: readonly PolicyFileSource[]): Keyed {
  const raws = files.map((file) => parsePolicyFile(file).raw!)
  const lists = Object.assign({}, ...raws.map((raw) => raw.lists ?? {})) as Record<string, never>
  const keys = raws.flatMap((raw) =>
    (raw.rules ?? []).flatMap((rule) => {
      const needed = keysOfRule({ raw: rule, defaults: raw.defaults ?? {}, lists })
      return needed === undefined ? [] : [[rule.id, needed.keys] as const]
    }),
  )
  return { files, policy: loadPolicy(files), keys: new Map(keys) }
}

/** Asserts that each finding of a rule with keys is in a post that has one of them; answers how many there were. */
function assertFound({ policy, keys }: Keyed, inputs: readonly PolicyInput[]): number {
  let found = 0
  for (const input of inputs) {
    const own = new Set(readTouchKeys(input))
    const { findings, trace } = evaluatePost(policy, input)
    for (const { ruleId, via } of [...findings, ...trace.audited]) {
      const needed = keys.get(ruleId)
      if (needed === undefined) continue
      found++
      assert.ok(
        needed.some((key) => own.has(key)),
        `${ruleId} (${via}) is not found by its keys in ${JSON.stringify(input.post)}`,
      )
    }
  }
  return found
}

const say = (text: string, more: Partial<PolicyInput['post']> = {}): PolicyInput => ({
  ...exampleInput,
  post: { ...exampleInput.post, text, topics: ['product'], ...more },
})

const shipped = keyed(await readPolicyFiles(shippedPolicies))
const evasion = keyed([{ path: 'evasion.yaml', text: readVectors('evasion-policy.yaml') }])
const marked = shipped.files.flatMap((file) =>
  (parsePolicyFile(file).raw?.rules ?? []).flatMap((rule) => (rule.tests ?? []).flatMap((one) => one.hit ?? [])),
)
const plain = marked.map((text) => text.replaceAll(/[⟦⟧]/g, ''))

test('Every hit of the examples of all packs is in a post that the index finds', () => {
  assert.ok(shipped.keys.size > 40, `${shipped.keys.size} rules have keys`)
  const alone = plain.map((text) => say(text))
  assert.ok(assertFound(shipped, alone) > 100)
  const elsewhere = plain.map((text) =>
    say('', { media: [{ mediaId: 'a', kind: 'image', altText: text }], thread: [] }),
  )
  assert.ok(assertFound(shipped, elsewhere) > 50)
  const split = plain.map((text) => {
    const words = text.split(' ')
    return say(words.slice(0, -1).join(' '), { thread: [words.at(-1)!] })
  })
  assert.ok(assertFound(shipped, split) > 50)
})

test('Every evasion that the matcher sees through is found by the index too', () => {
  const texts = ['evasion-examples.jsonl', 'matcher-hits.jsonl']
    .flatMap((name) => readVectors(name).trim().split('\n'))
    .map((line) => (JSON.parse(line) as { text: string }).text)
  assert.ok(
    assertFound(
      evasion,
      texts.map((text) => say(text)),
    ) > 40,
  )
})

const leet: Record<string, string> = { a: '4', e: '3', i: '1', o: '0', s: '$', l: '1', t: '7', g: '9', b: '8' }
const alike: Record<string, string> = { a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', x: 'х', i: 'і' }
const disguises: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => word.toUpperCase(),
  (word) => word.replace(/[aeiostlgb]/g, (letter) => leet[letter]!),
  (word) => word.replace(/[aeopcxi]/g, (letter) => alike[letter]!),
  (word) => Array.from(word).join(' '),
  (word) => Array.from(word).join('.'),
  (word) => Array.from(word).join('\u200b'),
  (word) => Array.from(word).join('🔥'),
  (word) => word.replace(/[a-z]/g, '$&$&$&$&'),
  (word) => `#${word}`,
  (word) => `\u202e${Array.from(word).toReversed().join('')}\u202c`,
  (word) => word.replace(/[a-z]/g, (letter) => String.fromCodePoint(0x1d400 + letter.charCodeAt(0) - 97 + 26)),
  (word) => `x${word.slice(0, 1).toUpperCase()}${word.slice(1)}`,
  (word) => `"${word}!`,
  (word) => `${word.slice(0, 3)}-\n${word.slice(3)}`,
]

test('Disguised at random, every hit is still in a post that the index finds (property)', () => {
  let found = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...plain),
      fc.infiniteStream(fc.nat(disguises.length - 1)),
      fc.constantFrom(' ', '  ', '\n', '. '),
      (text, ways, gap) => {
        const disguised = text
          .toLowerCase()
          .split(' ')
          .map((word) => disguises[ways.next().value!]!(word))
        found += assertFound(shipped, [say(disguised.join(gap)), say(disguised.join(''))])
      },
    ),
    { numRuns: 1500 },
  )
  assert.ok(found > 700, `${found} hits`)
})

/** What may stand for a letter, and what may stand between two. */
const lookAlikes: Record<string, string[]> = {
  a: ['4', '@', 'а', 'á', 'A', '𝐚', 'ａ'], b: ['8', '6', 'ß'], c: ['(', 'с', '¢', 'ç'], d: ['cl', 'ԁ'], e: ['3', '€', 'е', 'é', '℮'],
  g: ['9', '6', 'ɡ'], h: ['һ', '#'], i: ['1', '!', 'l', '|', 'і', 'ⅰ'], l: ['1', '|', 'I', '£'], m: ['rn', 'м'], n: ['ñ', 'и', 'η'],
  o: ['0', 'о', 'ο', '()', 'ö'], p: ['р', 'ρ'], r: ['®', 'я'], s: ['$', '5', 'ѕ'], t: ['7', '+', '†'], u: ['v', 'υ', 'ü'],
  v: ['ν', 'u'], w: ['vv', 'ω'], x: ['х', '×'], y: ['у', '¥'], z: ['2'],
} // prettier-ignore
const between = ['.', '-', '\u200b', '\u00ad', '🔥', '*', ' ', '\u0301', '\u2800']

test('Disguised letter by letter, every hit is still in a post that the index finds (property)', () => {
  let found = 0
  const pieces = fc.infiniteStream(fc.nat({ max: 999 }))
  fc.assert(
    fc.property(
      fc.constantFrom(...plain),
      fc.constantFrom(...between),
      fc.nat(9),
      pieces,
      (text, gap, rarity, dice) => {
        const letters = Array.from(text.toLowerCase(), (letter) => {
          const [die, gapDie] = [dice.next().value!, dice.next().value!]
          const alike = lookAlikes[letter]
          const said = alike === undefined || die % (2 + rarity) > 0 ? letter : alike[die % alike.length]!
          const twice = die % 13 === 0 ? said : ''
          return `${said}${twice}${letter !== ' ' && gapDie % (2 + rarity) === 0 ? gap : ''}`
        })
        found += assertFound(shipped, [say(letters.join(''))])
      },
    ),
    { numRuns: 4000 },
  )
  assert.ok(found > 200, `${found} hits`)
})

const rule = (id: string, more: string): string => `  - { id: ${id}, severity: block, ${more} }\n`
const file = (text: string): PolicyFileSource[] => [{ path: 'p.yaml', text: `policy: p\n${text}` }]

test('Only what judges otherwise is a change, and what no word gives away touches everything', () => {
  const base = `lists: { sure: [certain, assured] }\nrules:\n${rule('a', "any: ['$sure NEAR/5 profit']")}${rule('b', 'any: [bonus]')}`
  const plan = (text: string) => planTouch(file(base), file(text))
  assert.deepEqual(plan(base.replace('any: [bonus]', 'any: [bonus], clause: X, message: { en: N, fr: N }')), {
    changedRules: [],
    keys: [],
    everything: [],
  })
  const listed = plan(base.replace('certain', 'sure'))
  assert.deepEqual([listed.changedRules, listed.everything], [['a'], []])
  const own = (text: string) => readTouchKeys(say(text)).some((key) => listed.keys.includes(key))
  assert.deepEqual([own('a profit'), own('a pr0fit'), own('bonus')], [true, true, false])
  assert.deepEqual(plan(base + rule('c', 'detector: iban')).everything, ['c'])
  assert.deepEqual(plan(base + rule('c', 'any: [guarantee], match: contains')).everything, ['c'])
  assert.deepEqual(plan(`${base}routes: [{ otherwise: true, stages: [{ name: legal }] }]\n`).everything, ['routes'])
  const gone = plan(base.replace(rule('b', 'any: [bonus]'), ''))
  assert.deepEqual([gone.changedRules, gone.everything, gone.keys.length], [['b'], [], 1])
})

test('Several versions are compared at once as one by one, and one that cannot be read touches everything', () => {
  const draft = file(`rules:\n${rule('a', 'any: [moonshot]')}${rule('b', 'any: [bonus]')}`)
  const befores = [
    file(`rules:\n${rule('a', 'any: [moonshot]')}`),
    file(`rules:\n${rule('b', 'any: [bonus]')}${rule('c', 'any: [profit]')}`),
    [...draft, ...file('rules: [{ id: a, severity: fatal }]')],
    draft,
  ]
  const plans = planTouches(draft, ...befores)
  assert.deepEqual(
    plans,
    befores.map((before) => planTouch(before, draft)),
  )
  assert.deepEqual(
    plans.map(({ changedRules, everything }) => [changedRules, everything]),
    [
      [['b'], []],
      [['a', 'c'], []],
      [[], ['files']],
      [[], []],
    ],
  )
})
