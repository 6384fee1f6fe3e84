import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../', import.meta.url)
const id = /\b(?:SEC|FIN|MKT|MIF|FCA|FR|HC|GDPR)-\d+\b/g

interface Row {
  readonly id: string
  readonly here: string
  readonly proofs: readonly string[]
}

const rows: readonly Row[] = read('docs/requirements.md')
  .split('\n')
  .filter((line) => /^\| [A-Z]+-\d/.test(line))
  .map((line) => {
    const [, name, , here, proofs] = line.split('|').map((cell) => cell.trim())
    return { id: name!, here: here!, proofs: [...proofs!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!) }
  })

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

/** The ids in the titles of a test file's tests. */
function namedIn(path: string): Set<string> {
  const titles = read(path).match(/\b(?:test|it|describe)\((['`"]).*?\1|\btitle: (['`"]).*?\2/g) ?? []
  return new Set(titles.flatMap((title) => title.match(id) ?? []))
}

test('What the page of requirements calls proved is named in a title of that test', () => {
  assert.ok(rows.length > 60)
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length, 'an id stands there twice')
  for (const row of rows)
    for (const path of row.proofs) assert.ok(namedIn(path).has(row.id), `${path} has no title with ${row.id}`)
})

test('What is built has a proof or stands on another requirement, and what is not has none', () => {
  for (const row of rows) {
    if (row.here.startsWith('built')) assert.ok(row.proofs.length > 0 || /as [A-Z]+-\d/.test(row.here), row.id)
    else if (row.here.startsWith('no')) assert.deepEqual(row.proofs, [], row.id)
    else assert.match(row.here, /^in part: /, row.id)
  }
})

test('Each requirement that code or a test names is on the page', () => {
  const known = new Set(rows.map((row) => row.id))
  for (const path of globSync(['src/**/*.ts', 'test/*.ts', 'test/!(peers|vectors)/**/*.ts'], { cwd: root }))
    for (const name of read(path).match(id) ?? []) assert.ok(known.has(name), `${path} names ${name}`)
})
