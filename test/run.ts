import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildConsole } from '#server/embedded/build-console.ts'
import { issuerVariable, startDemoProvider } from '#test/support/demo-provider.ts'
import { unpackBrowser } from '#test/support/launch-browser.ts'
import { portionFiles, wantsPeers } from '#test/support/portion-files.ts'
import { clusterVariable, startTestCluster } from '#test/support/test-cluster.ts'

// One Postgres and one OpenID provider for the whole run; every test clones its database from the migrated template.
// `npm test` runs everything, `npm test -- test/posts/*.test.ts` some files.
const given = process.argv.slice(2)
const patterns = given.filter((word) => !word.startsWith('-'))
const files = globSync(patterns.length > 0 ? patterns : 'test/**/*.test.ts', {
  exclude: (name) => name.includes('node_modules'),
}).toSorted((one, other) => placeOf(one) - placeOf(other) || (one < other ? -1 : 1))
if (files.length === 0) throw new Error(`No test file matches ${patterns.join(' ')}.`)

/** Files that take long begin first, so that the run has no long end; those wait last whose servers are being fetched. */
function placeOf(file: string): number {
  if (wantsPeers(file)) return 3
  return file.startsWith(join('test', 'e2e')) ? 1 : 2
}

// Every process loads the whole program: compiled once, that costs half.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
// What tests leave goes with the run. As open as any folder for such things: some of them write as another user.
const temporary = await mkdtemp(join(tmpdir(), 'gateway-tests-'))
await chmod(temporary, 0o1777)
process.env['TMPDIR'] = temporary
// The console and the browser are made ready once: files that begin at the same time would each do it.
const browses = files.some((file) => file.startsWith(join('test', 'e2e')))
const [cluster, provider] = await Promise.all([
  startTestCluster(),
  startDemoProvider(),
  ...(browses ? [buildConsole(join(import.meta.dirname, '..')), unpackBrowser()] : []),
])
const flags = [
  '--test-timeout=600000', // a test that hangs is a failure, not a wait
  ...given.filter((word) => word.startsWith('-')),
]
const portions = portionFiles(files, temporary)
const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'run-files.ts'), ...flags, ...portions], {
  stdio: 'inherit',
  env: {
    ...process.env,
    [clusterVariable]: cluster.ownerUrl,
    [issuerVariable]: provider.issuer,
    NODE_COMPILE_CACHE: compileCache,
  },
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const fetching = files.some(wantsPeers)
  ? once(
      spawn(process.execPath, [join(import.meta.dirname, 'support', 'fetch-peers.ts')], { stdio: 'inherit' }),
      'close',
    )
  : undefined
const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)))
await fetching
await Promise.all([cluster.stop({ keep: code !== 0 }), provider.close()])
await rm(temporary, { recursive: true, force: true, maxRetries: 5 }).catch(console.warn)
if (code !== 0) console.error(`The databases of failed tests are kept in ${cluster.directory} until tomorrow.`)
process.exitCode = code
