import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lintPolicy } from '#server/policies/lint-policy.ts'
import { readPolicyFiles, readWordLists, shippedPolicies } from '#server/policies/read-policy-files.ts'

const lists = [
  { name: 'english', words: ['invest', 'invests', 'investor', 'investigate', 'Scunthorpe', 'rich', 'Richard'] },
]

function notes(text: string): string[] {
  return lintPolicy([{ path: 'p.yaml', text }], lists).map(
    ({ line, ruleId, message }) => `${line} ${ruleId ?? '-'} ${message}`,
  )
}

test('A star tells the ordinary words that it takes beyond the forms that were meant', () => {
  assert.deepEqual(
    notes(
      "policy: p\nlists: { l: ['invest*'] }\nrules:\n  - id: r\n    any: ['(rich* | $l) NEAR/3 \"inv*\"', plain]\n",
    ),
    ['2 - "invest*" also takes investor, investigate (english).', '5 r "rich*" also takes Richard (english).'],
  )
})

test('A rule that looks inside words tells the words and towns that hold it', () => {
  assert.deepEqual(notes('policy: p\nrules:\n  - id: r\n    match: contains\n    any: [cunt]\n'), [
    '5 r "cunt" also takes Scunthorpe (english).',
  ])
})

test('The shipped lists hold words of both languages and towns, and say where they come from', async () => {
  const shipped = await readWordLists()
  assert.deepEqual(
    shipped.map((list) => list.name),
    ['communes', 'english', 'french'],
  )
  for (const { name, words } of shipped)
    assert.ok(words.length > 150 && words.every((word) => !word.includes('#')), name)
  assert.ok(shipped[0]!.words.includes('Condom'))
})

test('No star of the shipped packs takes a town', async () => {
  const notes = lintPolicy(
    await readPolicyFiles(shippedPolicies),
    (await readWordLists()).filter((list) => list.name === 'communes'),
  )
  assert.deepEqual(notes, [])
})
