import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/*
 * What a newcomer waits for: npm ci in a fresh clone with an empty home (packages in npm's cache), the first start with
 * an empty data folder and no built console, and later starts. Limits: 90 s, 8 s, 1.5 s.
 */

const project = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
const clone = join(folder, 'clone')
const inherited = Object.entries(process.env).filter(([name]) => !/^(GATEWAY_|npm_|HOME$)/.test(name))
const environment = {
  ...Object.fromEntries(inherited),
  HOME: join(folder, 'home'),
  npm_config_cache: join(folder, 'cache'),
}

function run(words: readonly string[], cwd: string): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(words[0]!, words.slice(1), { cwd, env: environment, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}:\n${stderr}`)
  return (performance.now() - startedAt) / 1000
}

/** Seconds from the command to the printed address; the gateway is stopped again. */
async function start(): Promise<number> {
  const startedAt = performance.now()
  const child = spawn('npm', ['start'], { cwd: clone, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  const seconds = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (/^ {4}http:\/\/127\.0\.0\.1:\d+$/m.test(output)) resolve((performance.now() - startedAt) / 1000)
    })
    void ended.then(() => reject(new Error(`The gateway did not start:\n${output}`)))
  })
  child.kill('SIGTERM')
  await ended
  return seconds
}

function row(what: string, seconds: number, limit: number): Record<string, string> {
  return { what, seconds: seconds.toFixed(2), limit: `${limit} s`, 'of the limit': (seconds / limit).toFixed(2) }
}

try {
  run(['git', 'clone', '--quiet', project, clone], folder)
  run(['npm', 'ci'], clone) // fills the cache
  rmSync(join(clone, 'node_modules'), { recursive: true })
  const install = run(['npm', 'ci', '--prefer-offline'], clone)
  const first = await start()
  const later = [await start(), await start(), await start()].toSorted((a, b) => a - b)[1]!
  console.table([
    row('npm ci, warm cache', install, 90),
    row('first start', first, 8),
    row('later start (median of 3)', later, 1.5),
  ])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
