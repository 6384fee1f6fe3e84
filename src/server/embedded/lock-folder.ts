import { stat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'

/** Somebody else runs on the folder; `holder` is what they said of themselves. */
export class FolderTakenError extends Error {
  override readonly name = 'FolderTakenError'
  readonly holder: string

  constructor(directory: string, holder: string) {
    super(`The folder ${directory} is in use: ${holder}`)
    this.holder = holder
  }
}

/**
 * Keeps a folder for this process alone until it ends. The lock is a listening socket in Linux's abstract namespace,
 * which the kernel closes with the process, so that kill -9 leaves nothing stale; who comes second is told `describe()`.
 */
export async function lockFolder(directory: string, describe: () => string): Promise<() => Promise<void>> {
  const name = await socketName(directory)
  const server = createServer((socket) => socket.on('error', () => {}).end(describe()))
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(name, resolve)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new FolderTakenError(directory, await askHolder(name))
  }
  return () => new Promise((resolve) => server.close(() => resolve()))
}

// Device and inode name the folder whatever path leads to it.
async function socketName(directory: string): Promise<string> {
  const { dev, ino } = await stat(directory, { bigint: true })
  return `\0containment-gateway/${dev}:${ino}`
}

function askHolder(name: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(name)
    socket.setTimeout(2_000, () => socket.destroy())
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text === '' ? 'its process does not answer.' : text))
  })
}
