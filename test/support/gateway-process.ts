import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programWords } from './program-words.ts'

const addressPattern = /^ {4}(http:\/\/127\.0\.0\.1:\d+)$/m

export interface GatewayProcess {
  readonly child: ChildProcess
  /** The printed address; rejects with the output when the process ends before it printed one. */
  readonly address: Promise<string>
  /** Everything printed so far. */
  output(): string
  /** Resolves with the exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>
}

export interface ProcessOptions {
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  /** Words before the program, for example `setpriv`. */
  readonly prefix?: readonly string[]
}

/** A folder for the embedded set-up's data, removed after the test. */
export async function dataDirectory(t: { after(work: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-process-'))
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))
  return directory
}

/** Starts the whole program as `npm start` does, in its own process group, and kills it at the end of the test. */
export function startProcess(t: { after(work: () => Promise<void>): void }, options: ProcessOptions): GatewayProcess {
  const words = [...(options.prefix ?? []), ...programWords('main.ts')]
  const child = spawn(words[0]!, words.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], GATEWAY_DATA_DIRECTORY: options.directory, ...options.environment },
  })
  let output = ''
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  const address = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const found = addressPattern.exec(output)?.[1]
      if (found !== undefined && output.includes('Stop with Ctrl-C')) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then((code) => reject(new Error(`The gateway ended with ${code}:\n${output}`)))
  })
  address.catch(() => {}) // a test that expects a refusal looks at `ended`
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  return { child, address, output: () => output, ended }
}

/** Process ids of the Postgres servers that keep a folder. */
export async function postgresOn(directory: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found: number[] = []
  for (const id of ids) {
    const words = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
    if (words.includes(`${directory}/`) && /(^|\/)postgres\0/.test(words)) found.push(id)
  }
  return found
}

/** Asks again until the answer is what is wanted; throws with the last answer after the patience (milliseconds). */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  patience = 90_000,
): Promise<T> {
  for (const start = performance.now(); ;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (performance.now() - start > patience) throw new Error(`Still ${JSON.stringify(answer)} after ${patience} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
