import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandTable } from '#server/commands/command-table.ts'
import { isExpected } from '#server/expected-error.ts'
import type { CommandIo } from '#server/policies/command-io.ts'

const silent = { write: () => true, once: () => undefined }
const io: CommandIo = {
  stdin: (async function* () {})(),
  stdout: silent,
  stderr: silent,
  colour: false,
  locale: 'en',
  now: () => '2026-01-15T10:00:00.000Z',
}

/** Runs a command where there is no installation: what is wrong with its words is told before one is looked for. */
async function refusal(name: string, words: string[]): Promise<string> {
  const command = await commandTable[name]!.load()
  const environment = { GATEWAY_DATA_DIRECTORY: join(tmpdir(), 'no-gateway-here') }
  const error = await command({ words, io, environment }).then(
    () => assert.fail(`${name} ${words.join(' ')} was carried out`),
    (thrown: unknown) => thrown,
  )
  assert.ok(isExpected(error), String(error))
  return error.message
}

const out = join(mkdtempSync(join(tmpdir(), 'gateway-out-')), 'export.zip')
const asked = ['--as', 'ruth', '--reason', 'Inquiry', '--out']

for (const [name, words, expected] of [
  ['export', [...asked, '/no/such/folder/x.zip'], /^\/no\/such\/folder\/x\.zip cannot be written: there is no such/],
  ['export', [...asked, tmpdir()], /is a folder\. Name the file/],
  ['export', [...asked, out, '--from', 'yesterday'], /^--from is no time\. Write it like/],
  ['export', [...asked, out, '--to', '2016-12-31T23:59:60Z'], /^--to is no time/],
  ['export', [...asked, out, '--author', 'camille'], /^--author is no id/],
  ['policy simulate', ['--as', 'ines', '--policy', '/no/such'], /^\/no\/such cannot be read: there is no such/],
  ['policy simulate', ['--as', 'ines', '--policy', '/no/such', '--from', 'x'], /^--from is no time/],
  ['archive rebuild', ['now'], /now/],
  ['serve', ['--port', '1'], /--port/],
  ['start', ['here'], /here/],
] as const)
  test(`“${name} ${words.slice(name === 'export' ? 4 : 0).join(' ')}” is refused before anything is done`, async () =>
    assert.match(await refusal(name, [...words]), expected))

test('A day alone is a time for a command: it is the installation that is missing then', async () => {
  assert.match(await refusal('export', [...asked, out, '--from', '2026-01-31']), /npm start/)
})
