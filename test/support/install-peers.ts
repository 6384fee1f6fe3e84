import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { doOnce } from './do-once.ts'

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
  const isInstalled = async () => (await readFile(marker, 'utf8').catch(() => '')) === wanted
  const missing = await doOnce(lock, isInstalled, async () => {
    const failure = await runNpm()
    if (failure !== undefined) return failure
    await writeFile(`${marker}.new`, wanted)
    await rename(`${marker}.new`, marker)
    return undefined
  })
  return missing === undefined ? { folder } : { missing }
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
