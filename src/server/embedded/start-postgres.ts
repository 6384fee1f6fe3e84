import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { clusterOwner, createCluster } from './create-cluster.ts'
import { freePort } from './free-port.ts'
import { EmbeddedError, postgresBinaries } from './postgres-binaries.ts'
import { startCommand } from './run-command.ts'
import { unprivilegedPrefix } from './unprivileged-command.ts'

export interface PostgresOptions {
  /** Holds the cluster; made when missing. */
  readonly directory: string
  /** Password of the owner; fixed when the cluster is made. */
  readonly password: string
  /** Wanted port; another is taken when it is busy. */
  readonly port?: number
  /** Server settings, for example `{ fsync: 'off' }` for throw-away clusters. */
  readonly settings?: Readonly<Record<string, string>>
  /** Called when a process of Postgres works for us: from then on the caller may keep this one busy. */
  readonly onSpawn?: (() => void) | undefined
}

export interface EmbeddedPostgres {
  readonly port: number
  readonly processId: number
  /** Connection string of the owner for a database of the cluster. */
  url(database: string): string
  /** Resolves when the server ends by itself, with what it last printed. */
  readonly ended: Promise<string>
  /** Fast shutdown: open transactions are rolled back. Resolves when the process is gone, also when it already was. */
  stop(): Promise<void>
}

const lockedExitCode = 75
const patienceMilliseconds = 15_000

/**
 * Starts the Postgres that npm brought, on loopback. It ends with this process, even on kill -9.
 * Throws when another Postgres keeps the folder, or with the server's words when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = postgresBinaries()
  const prefix = unprivilegedPrefix(options.directory)
  const cluster = join(options.directory, 'cluster')
  await createCluster({ binaries, prefix, cluster, password: options.password, onSpawn: options.onSpawn })
  for (const started = performance.now(); ; await wait(50)) {
    const port = await freePort(options.port)
    const server = watch(startCommand(serverWords(options, prefix, join(binaries, 'postgres'), cluster, port)))
    options.onSpawn?.()
    const failure = await server.ready
    if (failure === undefined) return describe(server, port, options.password)
    const passing = failure.code === lockedExitCode || failure.output.includes('Address already in use')
    if (!passing || performance.now() - started > patienceMilliseconds) throw startError(failure, options.directory)
  }
}

// The lock lives in the server's own file table, so it ends exactly when the last process of that server does: then, and
// only then, a left-over postmaster.pid is stale. After kill -9 of us the old server may need a moment: we try again.
function serverWords(
  options: PostgresOptions,
  prefix: readonly string[],
  program: string,
  cluster: string,
  port: number,
): string[] {
  const lock = ['flock', '--nonblock', '--conflict-exit-code', String(lockedExitCode), '--no-fork', `${cluster}.lock`]
  const begin = ['sh', '-c', 'rm -f "$0/postmaster.pid"; exec "$@"', cluster, 'setpriv', '--pdeathsig', 'INT', '--']
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // After a crash it ends and `keepPostgres` starts it anew. Postgres 18 repairs itself under the same postmaster instead,
    // and may stay there for ever, neither up nor down, when the disk has no room for that.
    restart_after_crash: 'off',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return [...prefix, ...lock, ...begin, program, '-D', cluster, '-p', String(port), ...flags]
}

interface Failure {
  readonly code: number | null
  readonly output: string
}

interface Watched {
  readonly child: ChildProcess
  readonly ready: Promise<Failure | undefined>
  readonly ended: Promise<string>
}

function watch(child: ChildProcess): Watched {
  let output = ''
  let isReady = false
  let ending: NodeJS.Timeout | undefined
  const ended = new Promise<Failure>((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: error.message }))
    child.once('close', (code) => resolve({ code, output }))
  })
  // Postgres 18 may stay in its start for ever, with the work given up and its process still there.
  const endSoon = () => (ending ??= setTimeout(() => isReady || child.kill('SIGQUIT'), 5_000).unref())
  const ready = new Promise<undefined>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000)
      isReady ||= output.includes('database system is ready to accept connections')
      if (isReady) resolve(undefined)
      else if (output.includes('No space left on device')) endSoon()
    })
  })
  child.stdout?.resume()
  return { child, ready: Promise.race([ready, ended]), ended: ended.then((failure) => failure.output) }
}

function describe({ child, ended }: Watched, port: number, password: string): EmbeddedPostgres {
  return {
    port,
    processId: child.pid!,
    url: (database) => `postgres://${clusterOwner}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
      // One that cannot write what a shutdown writes is ended like a crash: the next start repairs it.
      const impatient = setTimeout(() => child.kill('SIGQUIT'), patienceMilliseconds)
      await ended
      clearTimeout(impatient)
    },
  }
}

function startError(failure: Failure, directory: string): EmbeddedError {
  if (failure.code === lockedExitCode)
    return new EmbeddedError(`Another Postgres is running on ${directory}. Stop it first.`)
  if (failure.output.includes('ENOENT'))
    return new EmbeddedError('The embedded Postgres needs flock, setpriv and unshare: install the package util-linux.')
  return new EmbeddedError(`The embedded Postgres did not start (exit ${failure.code}):\n${failure.output}`)
}
