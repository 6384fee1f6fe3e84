import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installPeers } from './install-peers.ts'

/** A real PDS in a process of its own, with one account. */
export interface RunningPds {
  readonly url: string
  readonly port: number
  readonly did: string
  readonly handle: string
  readonly password: string
  readonly appPassword: string
  /** Freezes the process: connections are still taken by the kernel, nothing is answered. */
  freeze(): void
  /** Ends the process at once, as a power cut would. */
  kill(): Promise<void>
  /** Starts the process again on the same data and port. */
  restart(): Promise<void>
  /** Ends the process and deletes its data. */
  stop(): Promise<void>
}

/** Installs if need be, starts, and answers when the server takes requests; `missing` says why it cannot be had. */
export async function startPds(options: { rateLimits?: boolean } = {}): Promise<RunningPds | { missing: string }> {
  const installed = await installPeers()
  if ('missing' in installed) return installed
  const directory = await mkdtemp(join(tmpdir(), 'pds-'))
  let child: ChildProcess
  const launch = async (wish: object) => {
    child = spawn(
      process.execPath,
      [join(installed.folder, 'start-pds.mjs'), JSON.stringify({ directory, ...options, ...wish })],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    return readFirstLine(child)
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGKILL')
    await gone
  }
  const started = await launch({})
  const { port, did, handle, password, appPassword } = started
  return {
    ...started,
    freeze: () => void child.kill('SIGSTOP'),
    kill,
    restart: async () => void (await launch({ port, account: { did, handle, password, appPassword } })),
    stop: async () => {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Announcement = Pick<RunningPds, 'url' | 'port' | 'did' | 'handle' | 'password' | 'appPassword'>

async function readFirstLine(child: ChildProcess): Promise<Announcement> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as Announcement
  throw new Error('The PDS ended before it was ready; its complaint is above.')
}
