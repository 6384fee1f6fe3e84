import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { issuerVariable, startDemoProvider } from '#test/support/demo-provider.ts'
import { unpackBrowser } from '#test/support/launch-browser.ts'
import { clusterVariable, startTestCluster } from '#test/support/test-cluster.ts'

// One Postgres and one OpenID provider for the whole run; every test clones its database from the migrated template.
// `npm test` runs everything, `npm test -- test/posts/*.test.ts` some files.
const given = process.argv.slice(2)
const patterns = given.filter((word) => !word.startsWith('-'))
const files = globSync(patterns.length > 0 ? patterns : 'test/**/*.test.ts', {
  exclude: (name) => name.includes('node_modules'),
}).toSorted()
if (files.length === 0) throw new Error(`No test file matches ${patterns.join(' ')}.`)

// Every file is a process of its own and loads the whole program: compiled once, that costs half.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))
const [cluster, provider] = await Promise.all([startTestCluster(), startDemoProvider()])
// What tests leave goes with the run. As open as any folder for such things: some of them write as another user.
const temporary = await mkdtemp(join(tmpdir(), 'gateway-tests-'))
await chmod(temporary, 0o1777)
process.env['TMPDIR'] = temporary
if (files.some((file) => file.startsWith(join('test', 'e2e')))) await unpackBrowser()
const flags = [
  '--test',
  `--test-concurrency=${availableParallelism()}`,
  '--test-timeout=600000', // a test that hangs is a failure, not a wait
  ...given.filter((word) => word.startsWith('-')),
]
const child = spawn(process.execPath, [...flags, ...files], {
  stdio: 'inherit',
  env: {
    ...process.env,
    [clusterVariable]: cluster.ownerUrl,
    [issuerVariable]: provider.issuer,
    NODE_COMPILE_CACHE: compileCache,
  },
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)))
await Promise.all([cluster.stop({ keep: code !== 0 }), provider.close()])
await rm(temporary, { recursive: true, force: true, maxRetries: 5 }).catch(console.warn)
if (code !== 0) console.error(`The databases of failed tests are kept in ${cluster.directory} until tomorrow.`)
process.exitCode = code
