import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { programWords } from './program-words.ts'

export interface Done {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Called when the process has begun. */
  readonly during?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>
  /** Words before the program. */
  readonly prefix?: readonly string[]
}

/** Runs a command as a process of its own that knows only the given settings. */
export async function runCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  { during, prefix = [] }: RunOptions = {},
): Promise<Done> {
  const [program, ...rest] = [...prefix, ...programWords('cli.ts'), ...words]
  const child = spawn(program!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(child, 'close')
  await during?.((signal) => void child.kill(signal))
  const [code, signal] = (await closed) as [number | null, string | null]
  return { code: code ?? signal!, stdout, stderr }
}
