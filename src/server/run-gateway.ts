import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createClosing, type Closing } from '#server/platform/closing.ts'
import { isDatabaseAway } from '#server/platform/database-away.ts'
import type { App } from '#server/platform/app-type.ts'
import type { Deps } from '#server/platform/deps.ts'
import { readConfig, type Settings } from '#server/platform/read-config.ts'
import type { Environment } from '#server/platform/setting-reader.ts'
import { isExpected } from './expected-error.ts'
import { listenOn } from './listen-on.ts'
import { openDataDirectory } from './make-folder.ts'
import { openLog } from './open-log.ts'

type Role = 'serve' | 'work'

/** Longest wait for requests under way when the process is asked to stop. */
const patienceMilliseconds = 10_000
const retryMilliseconds = 2_000

/**
 * Runs the gateway until it is asked to stop (SIGTERM, Ctrl-C): then requests and jobs under way finish, and the process
 * ends with 0. What an operator can cure is one clear message and exit 1. `roles` overrules the configured ones.
 */
export async function runGateway(environment: Environment, roles?: readonly Role[]): Promise<void> {
  const startedAt = performance.now()
  let closing: Closing | undefined
  try {
    const settings = readConfig(environment)
    if (settings.kind === 'configured') {
      const log = openLog(settings.common.logLevel)
      closing = closeOnSignals(log)
      await startConfigured(settings, roles ?? settings.config.roles, log, closing)
    } else {
      const { embeddedDirectory } = await import('#server/embedded/start-embedded.ts')
      const log = openLog(settings.common.logLevel, join(embeddedDirectory(settings.common), 'gateway.log'))
      closing = closeOnSignals(log)
      await startEvaluation(settings, log, closing, startedAt)
    }
  } catch (error) {
    const interrupted = closing?.hasBegun() === true
    await closing?.run()
    if (interrupted) process.exit(0)
    console.error(isExpected(error) ? `\n${error.message}\n` : error)
    process.exit(1)
  }
}

async function startConfigured(
  settings: Extract<Settings, { kind: 'configured' }>,
  roles: readonly Role[],
  log: Logger,
  closing: Closing,
): Promise<void> {
  // Exports are made there, perhaps months from now: whether they can be is known today.
  if (roles.includes('work')) openDataDirectory(settings.config.dataDirectory)
  const { openDeps } = await import('./open-deps.ts')
  const deps = await openDeps(settings, log, closing)
  if (roles.includes('serve')) await listen(deps, closing)
  else await answerChecks(deps, closing)
  await prepare(deps)
  if (roles.includes('work')) await work(deps, closing)
  else await keepPrepared(deps, closing)
  log.info({ roles, publicUrl: deps.config.publicUrl }, 'gateway started')
}

async function startEvaluation(
  settings: Extract<Settings, { kind: 'embedded' }>,
  log: Logger,
  closing: Closing,
  startedAt: number,
): Promise<void> {
  const { startEmbedded } = await import('#server/embedded/start-embedded.ts')
  const spawned = Promise.withResolvers<void>()
  const starting = startEmbedded(settings.common, log, closing, spawned.resolve)
  await Promise.race([spawned.promise, starting])
  // The program is loaded while Postgres starts in its own process: together they make up most of a start.
  const [opened] = await Promise.all([starting, loadProgram()])
  const { openDeps } = await import('./open-deps.ts')
  const deps = await openDeps(opened, log, closing)
  await prepare(deps)
  const { seedFirm } = await import('#server/embedded/seed-firm.ts')
  await seedFirm(deps)
  await opened.releasePort()
  await listen(deps, closing)
  await work(deps, closing)
  const { announce } = await import('#server/embedded/announce.ts')
  announce(deps.config, performance.now() - startedAt)
}

function loadProgram(): Promise<unknown> {
  return Promise.all([
    import('./open-deps.ts'),
    import('./prepare-installation.ts'),
    import('./app.ts'),
    import('./jobs.ts'),
  ])
}

async function listen(deps: Deps, closing: Closing): Promise<void> {
  const { buildApp } = await import('./app.ts')
  await open(await buildApp(deps), deps, closing)
}

/** A process that only works answers health checks at the same address; beside one that serves there, it does without. */
async function answerChecks(deps: Deps, closing: Closing): Promise<void> {
  const { buildOperationsApp } = await import('./operations-app.ts')
  try {
    await open(await buildOperationsApp(deps), deps, closing)
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'EADDRINUSE') throw error
    const { host, port } = deps.config
    deps.log.warn({ host, port }, 'the address is taken: this process works and answers no health checks')
  }
}

async function open(app: App, deps: Deps, closing: Closing): Promise<void> {
  closing.add(async () => {
    // Requests under way finish; who keeps a stream open longer than our patience is cut.
    const impatient = setTimeout(() => app.server.closeAllConnections(), patienceMilliseconds)
    await app.close()
    clearTimeout(impatient)
  })
  await listenOn(app, deps.config)
}

async function work(deps: Deps, closing: Closing): Promise<void> {
  const { startJobs } = await import('./jobs.ts')
  const jobs = startJobs(deps)
  closing.add(() => jobs.stop())
}

/** What the jobs do for a process that works too: the policy that comes is compiled before anybody is judged by it. */
async function keepPrepared(deps: Deps, closing: Closing): Promise<void> {
  const { keepVersionsPrepared } = await import('#server/policies/keep-prepared.ts')
  const prepared = keepVersionsPrepared(deps)
  closing.add(() => prepared.stop())
}

/** Brings the installation to the program's state; a database that does not answer is waited for. */
async function prepare(deps: Deps): Promise<void> {
  const { prepareInstallation } = await import('./prepare-installation.ts')
  for (;;) {
    try {
      return await prepareInstallation(deps)
    } catch (error) {
      if (!isDatabaseAway(error)) throw error
      const host = new URL(deps.config.database.url).host
      deps.log.error(
        { err: error, host },
        'the database does not answer: nothing is accepted or published until it does; trying again',
      )
      await wait(retryMilliseconds)
    }
  }
}

function closeOnSignals(log: Logger): Closing {
  const closing = createClosing(log)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'asked to stop')
      void closing.run().then(() => process.exit(0))
    })
  }
  return closing
}
