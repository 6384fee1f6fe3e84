import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
/** The English that the table gives French words to: its keys, as they stand in the source. */
const keys = (path: string) =>
  [...read(path).matchAll(/^ {2}(?:'([^']+)'|"([^"]+)"|(\w+)):/gm)].map((found) => found[1] ?? found[2] ?? found[3]!)

test('Every clause that the console says in French is one of a shipped rule', () => {
  const shipped = globSync('policies/**/*.yaml', { cwd: root })
    .flatMap((path) => [...read(path).matchAll(/clause: (.+)$/gm)])
    .map(([, clause]) => clause)
  const told = keys('src/web/util/clause-words.ts')
  assert.ok(told.length > 5)
  assert.deepEqual(
    told.filter((clause) => !shipped.includes(clause)),
    [],
  )
})

test('Every legal basis of a retention class that the gateway brings has French words', () => {
  const [, rows = ''] = /insert into archive\.retention_class [^;]*values([^;]*);/.exec(
    read('migrations/0002_archive.sql'),
  )!
  const bases = [...rows.matchAll(/, '((?:[^']|'')+)'\)/g)].map(([, basis]) => basis!.replaceAll("''", "'"))
  assert.equal(bases.length, 7)
  const told = keys('src/web/util/basis-words.ts')
  assert.deepEqual(
    bases.filter((basis) => !told.includes(basis)),
    [],
  )
})
