import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The shape of the house (CONTRIBUTING.md): each law is one test that names every offender.

const project = fileURLToPath(new URL('..', import.meta.url))
/** Left to right: a room imports only itself and rooms before it. */
const rooms = [
  'platform', 'archive', 'identity', 'training', 'profiles', 'policies', 'posts', 'reviews', 'library', 'publishing',
  'capture', 'exports', 'insights', 'wire', 'embedded', 'app', 'commands', 'main',
] // prettier-ignore

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

function readSources(patterns: string[]): Source[] {
  const paths = globSync(patterns, { cwd: project, exclude: (name) => name.includes('node_modules') })
  return paths.toSorted().map((path) => {
    const text = readFileSync(join(project, path), 'utf8')
    return { path, text, imports: importsOf(text) }
  })
}

function importsOf(text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|(?<!typeof )\bimport\(\s*['"]([^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

const product = readSources(['src/**/*.{ts,tsx}'])
const server = product.filter(({ path }) => path.startsWith('src/server/'))
const everything = [...product, ...readSources(['test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts', '*.config.ts'])]
const isGenerated = (path: string): boolean => path.endsWith('.gen.ts')

function roomOf(path: string): string {
  const [, , room = '', rest] = path.split('/')
  if (rest !== undefined) return room
  return ['cli.ts', 'main.ts'].includes(room) ? 'main' : 'app'
}

function offenders(sources: readonly Source[], isWrong: (source: Source) => unknown): string[] {
  return sources.filter((source) => Boolean(isWrong(source))).map(({ path }) => path)
}

/** Comments and strings say what they like. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

test('The test sees the sources and their imports', () => {
  assert.ok(server.length > 50)
  assert.deepEqual(
    importsOf(`import pg from 'pg'\nimport {\n  a,\n} from './a.ts'\nawait import('./b.ts')\nimport './c.cjs'`),
    ['pg', './a.ts', './b.ts', './c.cjs'],
  )
})

test('Every room of the server is one of the house', () => {
  assert.deepEqual(
    [...new Set(server.map(({ path }) => roomOf(path)))].filter((room) => !rooms.includes(room)),
    [],
  )
})

test('A room imports only rooms to its left', () => {
  const wrong = server.flatMap(({ path, imports }) =>
    imports
      .filter((name) => name.startsWith('#server/'))
      .map((name) => roomOf(name.replace('#server/', 'src/server/')))
      .filter((room) => rooms.indexOf(room) > rooms.indexOf(roomOf(path)))
      .map((room) => `${path} imports ${room}`),
  )
  assert.deepEqual(wrong, [])
})

test('Shared code imports neither server nor console, and nothing of Node', () => {
  const shared = product.filter(({ path }) => path.startsWith('src/shared/'))
  assert.deepEqual(
    offenders(shared, ({ imports }) => imports.some((name) => /^(#server|#web|node:)/.test(name))),
    [],
  )
})

test('The console imports nothing of the server', () => {
  const web = product.filter(({ path }) => path.startsWith('src/web/'))
  assert.deepEqual(
    offenders(web, ({ imports }) => imports.some((name) => /^(#server|node:)/.test(name))),
    [],
  )
})

test('No import climbs with ../', () => {
  assert.deepEqual(
    offenders(everything, ({ imports }) => imports.some((name) => name.startsWith('../'))),
    [],
  )
})

test('Only the owning room imports its queries.ts', () => {
  const wrong = everything.flatMap(({ path, imports }) =>
    imports
      .filter((name) => name.endsWith('/queries.ts') && name.startsWith('#server/') && !/^(test|bench)\//.test(path))
      .filter((name) => roomOf(name.replace('#server/', 'src/server/')) !== roomOf(path))
      .map((name) => `${path} imports ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('Only the owning room writes a table', () => {
  const owners = new Map<string, Set<string>>()
  for (const { path, text } of server) for (const table of tablesWritten(text)) addOwner(owners, table, roomOf(path))
  const shared = [...owners]
    .filter(([, writers]) => writers.size > 1)
    .map(([table, writers]) => `${table}: ${[...writers].join(', ')}`)
  assert.deepEqual(shared, [])
})

function tablesWritten(text: string): string[] {
  const builders = text.matchAll(/\.(?:insertInto|updateTable|deleteFrom)\(\s*'([a-z_.]+)(?: as \w+)?'/g)
  const raw = text.matchAll(
    /\b(?:insert into|delete from)\s+([a-z_.]+)|\bupdate\s+([a-z_.]+)(?:\s+(?:as\s+)?[a-z]+)?\s+set\b/g,
  )
  return [...[...builders].map((match) => match[1]!), ...[...raw].map((match) => match[1] ?? match[2]!)]
}

function addOwner(owners: Map<string, Set<string>>, table: string, room: string): void {
  if (room === 'embedded') return // the evaluation set-up prepares its own database as its owner
  owners.set(table, (owners.get(table) ?? new Set()).add(room))
}

test('Time comes from the clock', () => {
  const allowed = ['src/server/platform/clock.ts']
  const wrong = offenders(
    server.filter(({ path }) => !allowed.includes(path)),
    ({ text }) => /\bDate\.now\(|\bnew Date\(\)|(?<!Performance)\bDate\(\)/.test(codeOf(text)),
  )
  assert.deepEqual(wrong, [])
})

test('Only main.ts and cli.ts read the environment', () => {
  const allowed = ['src/server/main.ts', 'src/server/cli.ts']
  const wrong = offenders(
    product.filter(({ path }) => !allowed.includes(path)),
    ({ text }) => /\bprocess\.env\b|\bNODE_ENV\b/.test(codeOf(text)),
  )
  assert.deepEqual(wrong, [])
})

test('No file is longer than 400 lines', () => {
  const long = everything.filter(({ path, text }) => !isGenerated(path) && text.split('\n').length > 401)
  assert.deepEqual(
    long.map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`),
    [],
  )
})

test('No default export, no barrel, no index.ts', () => {
  const bare = everything.filter(({ path }) => !path.endsWith('.config.ts'))
  assert.deepEqual(
    offenders(bare, ({ text }) => /^export default\b/m.test(text)),
    [],
  )
  assert.deepEqual(
    offenders(bare, ({ text }) => /^export \*/m.test(text)),
    [],
  )
  assert.deepEqual(
    offenders(bare, ({ path }) => /^index\.tsx?$/.test(basename(path))),
    [],
  )
})

test('Names say what a thing does or is', () => {
  const name = /(Manager|Helper|Util|Utils|Service|Handler|Impl)$|^I[A-Z][a-z]/
  const wrong = product.flatMap(({ path, text }) =>
    [
      ...codeOf(text).matchAll(
        /\bexport (?:abstract )?(?:class|interface|type|(?:async )?function) ([A-Za-z_$][\w$]*)/g,
      ),
    ]
      .map((match) => match[1]!)
      .filter((exported) => name.test(exported))
      .map((exported) => `${path}: ${exported}`),
  )
  assert.deepEqual(wrong, [])
  const files = /(^|\/)(utils?|helpers?|services?|types|constants)(\/|\.tsx?$)/
  assert.deepEqual(
    offenders(
      product.filter(({ path }) => !path.startsWith('src/web/')),
      ({ path }) => files.test(path),
    ),
    [],
  )
})

test('Files are kebab-case, components are PascalCase', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(gen|test|d|config))?\.tsx?$/
  const pascal = /^[A-Z][A-Za-z0-9]*\.tsx$/
  assert.deepEqual(
    offenders(
      everything,
      ({ path }) => !kebab.test(basename(path)) && !(path.startsWith('src/web/') && pascal.test(basename(path))),
    ),
    [],
  )
})

test('Folders stand at most four deep below src', () => {
  assert.deepEqual(
    offenders(product, ({ path }) => dirname(path).split('/').length - 1 > 4),
    [],
  )
})

test('Nothing but platform/http.ts calls out', () => {
  const allowed = ['src/server/platform/http.ts']
  const wrong = offenders(
    server.filter(({ path }) => !allowed.includes(path) && roomOf(path) !== 'embedded'),
    ({ text }) => /(?<![.\w])fetch\(/.test(codeOf(text)) || /^import (?!type\b).*from 'node:https?'/m.test(text),
  )
  assert.deepEqual(wrong, [])
})

test('Every script runs on Node 24, whichever node and whichever npm started it', () => {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { scripts: object }
  const others = Object.values(scripts).filter((script) => /(^|exec |&& )node /.test(script))
  assert.deepEqual(others, [])
  const version = execFileSync('sh', ['scripts/node.sh', '--version'], {
    cwd: project,
    env: { PATH: (process.env['PATH'] ?? '').replaceAll(/[^:]*node_modules\/[^:]*:?/g, '') },
  })
  assert.match(version.toString(), /^v24\./)
})

test('No enum, parameter property or namespace needs compiling', () => {
  assert.deepEqual(
    offenders(
      everything,
      ({ text }) => /^(export )?(const )?enum \w/m.test(text) || /^(export )?namespace \w/m.test(text),
    ),
    [],
  )
})
