import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  commandTable,
  describeCommand,
  describeCommands,
  describeGroup,
  findCommand,
} from '#server/commands/command-table.ts'

test('Every command is told in the help, begins with its name, and loads', async () => {
  const help = describeCommands()
  for (const [name, entry] of Object.entries(commandTable)) {
    assert.ok(entry.usage === name || entry.usage.startsWith(`${name} `), name)
    assert.equal(describeCommand(entry).replaceAll(/\s+/g, ' ').includes(entry.usage), true, name)
    assert.ok(help.includes(entry.does), name)
    assert.equal(typeof (await entry.load()), 'function', name)
  }
})

test('Every command of the contract is there', () => {
  const names = [
    'serve',
    'work',
    'migrate',
    'policy test',
    'policy check',
    'policy simulate',
    'archive verify',
    'archive rebuild',
    'export',
    'verify',
    'user grant',
  ]
  for (const name of names) assert.ok(Object.hasOwn(commandTable, name), name)
})

test('A command of two words is found before one of one word, and the rest is handed on', () => {
  assert.deepEqual(findCommand(['policy', 'check', '-', '--json'])?.rest, ['-', '--json'])
  assert.deepEqual(findCommand(['verify', 'export.zip'])?.rest, ['export.zip'])
})

for (const words of [['policy'], ['verfiy', 'x'], ['toString'], []]) {
  test(`“${words.join(' ')}” is no command`, () => assert.equal(findCommand(words), undefined))
}

test('The help fits a terminal, and a first word alone tells the commands that begin with it', () => {
  assert.ok(
    Math.max(
      ...describeCommands()
        .split('\n')
        .map((line) => line.length),
    ) <= 110,
  )
  assert.match(describeGroup('archive')!, /archive verify[^]*archive rebuild/)
  assert.equal(describeGroup('polic'), undefined)
})
