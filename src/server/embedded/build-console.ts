import { spawn } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError } from './postgres-binaries.ts'

const sources = ['src/web/**/*', 'src/shared/**/*', 'vite.config.ts', 'lingui.config.ts', 'package-lock.json']

/**
 * Builds the console into `dist/web` unless it is there and newer than its sources. Built aside and renamed, so that a
 * build that was killed, or two at once, leave a whole console. Throws with Vite's words when it fails.
 */
export async function buildConsole(project: string): Promise<void> {
  if (!existsSync(join(project, 'vite.config.ts')) || isCurrent(project)) return
  const built = join(project, 'dist', 'web')
  const aside = join(project, 'dist', `.web-${process.pid}`)
  await runVite(project, aside)
  await rm(built, { recursive: true, force: true })
  await rename(aside, built)
}

function isCurrent(project: string): boolean {
  const page = join(project, 'dist', 'web', 'index.html')
  if (!existsSync(page)) return false
  const builtAt = statSync(page).mtimeMs
  return globSync(sources, { cwd: project }).every((path) => statSync(join(project, path)).mtimeMs <= builtAt)
}

async function runVite(project: string, outDir: string): Promise<void> {
  const vite = join(project, 'node_modules', 'vite', 'bin', 'vite.js')
  const words = [vite, 'build', '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn']
  const child = spawn(process.execPath, words, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code === 0) return
  await rm(outDir, { recursive: true, force: true })
  throw new EmbeddedError(`The console could not be built:\n${output}`)
}
