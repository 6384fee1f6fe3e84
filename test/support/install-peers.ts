import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const folder = join(import.meta.dirname, '..', 'peers')
const lock = join(folder, '.installing')
const marker = join(folder, 'node_modules', '.installed-from')

/**
 * Installs the real servers of `test/peers` once, from npm, by its lock file. Several test files may ask at once:
 * one installs, the others wait. Answers why not when npm cannot get them.
 */
export async function installPeers(): Promise<{ folder: string } | { missing: string }> {
  const wanted = createHash('sha256')
    .update(await readFile(join(folder, 'package-lock.json')))
    .digest('hex')
  for (;;) {
    if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return { folder }
    if (await takeLock()) break
    await wait(500)
  }
  try {
    const failure = await runNpm()
    if (failure !== undefined) return { missing: failure }
    await writeFile(`${marker}.new`, wanted)
    await rename(`${marker}.new`, marker)
    return { folder }
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

/** A folder as lock; one that nobody renewed for ten minutes was left behind by a test that died. */
async function takeLock(): Promise<boolean> {
  const taken = await mkdir(lock).then(
    () => true,
    () => false,
  )
  if (taken) return true
  const age = await stat(lock).then(
    (found) => performance.timeOrigin + performance.now() - found.mtimeMs,
    () => 0,
  )
  if (age > 600_000) await rm(lock, { recursive: true, force: true })
  return false
}

async function runNpm(): Promise<string | undefined> {
  process.stderr.write('Installing a real Bluesky PDS into test/peers (once, about a minute) …\n')
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const code = await new Promise<number>((done) => {
    child.on('error', () => done(127))
    child.on('exit', (exit) => done(exit ?? 1))
  })
  return code === 0 ? undefined : `npm could not install test/peers (exit ${code}): ${complaint.trim().slice(-500)}`
}
