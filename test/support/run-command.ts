import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../src/server/cli.ts', import.meta.url))

export interface Done {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command as a process of its own that knows only the given settings; `during` is called with it when it has begun. */
export async function runCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  during: (kill: (signal: NodeJS.Signals) => void) => Promise<void> = async () => {},
): Promise<Done> {
  const child = spawn(process.execPath, [cli, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(child, 'close')
  await during((signal) => void child.kill(signal))
  const [code, signal] = (await closed) as [number | null, string | null]
  return { code: code ?? signal!, stdout, stderr }
}
