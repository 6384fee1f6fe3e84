import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programWords } from './program-words.ts'

export interface GatewayProcess {
  /** The address that the program printed. */
  readonly url: string
  readonly directory: string
  stop(): Promise<void>
}

const patienceMilliseconds = 120_000

/** Starts the program as a newcomer does, in an empty folder, and answers when it has printed its address. */
export async function runGatewayProcess(): Promise<GatewayProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-e2e-'))
  // Nothing of the test's own settings reaches it, but where its data lie.
  const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('GATEWAY_'))
  const [node, ...words] = programWords('main.ts')
  const child = spawn(node, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(settings), GATEWAY_DATA_DIRECTORY: directory },
  })
  const url = await readAddress(child)
  return {
    url,
    directory,
    async stop() {
      if (child.exitCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        await gone
      }
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function readAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const timer = setTimeout(
      () => reject(new Error(`The gateway did not start in time:\n${printed}`)),
      patienceMilliseconds,
    )
    const read = (chunk: Buffer) => {
      printed += chunk.toString()
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0]
      if (address === undefined || !printed.includes('Started in')) return
      clearTimeout(timer)
      resolve(address)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`The gateway ended with ${code}:\n${printed}`))
    })
  })
}
