import { spawn, type ChildProcess } from 'node:child_process'

/** Starts a program with a plain environment, apart from our process group, so that Ctrl-C reaches only us. */
export function startCommand(words: readonly string[]): ChildProcess {
  const [program, ...rest] = words
  return spawn(program!, rest, {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

/** Runs a program to its end; throws with what it printed when it fails. */
export async function runCommand(words: readonly string[]): Promise<void> {
  const child = startCommand(words)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}:\n${output}`)
}
