import { parentPort, workerData } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { Anchors } from '#server/platform/anchors.ts'
import { systemClock } from '#server/platform/clock.ts'
import type { AnchorSettings, LogLevel, ObjectStoreSettings } from '#server/platform/config.ts'
import { createEd25519Signer } from '#server/platform/create-ed25519-signer.ts'
import { openDatabase, openPool } from '#server/platform/database.ts'
import type { Deps } from '#server/platform/deps.ts'
import { indexRecords } from './index-records.ts'
import { openObjectStore } from './open-object-store.ts'
import { sealAndTell } from './seal-and-tell.ts'
import { packError, type ThreadError } from './thread-error.ts'
import { verifyOnSchedule } from './verify-on-schedule.ts'

/** What the thread needs to open everything by itself: plain data, because nothing opened crosses a thread. */
export interface ArchiveThreadSettings {
  readonly databaseUrl: string
  readonly origin: string
  /** Ed25519, PKCS8 PEM. */
  readonly signingKey: string
  readonly objectStore: ObjectStoreSettings
  readonly anchors?: AnchorSettings | undefined
}

export type ArchiveTask = 'seal' | 'verify' | 'stop'

export interface ArchiveCall {
  readonly number: number
  readonly task: ArchiveTask
}

export type ArchiveWord =
  | { readonly number: number; readonly failure?: ThreadError }
  | { readonly level: LogLevel; readonly fields: object; readonly error?: ThreadError; readonly message: string }

/** Connections of the thread: one seals, one indexes, one or two verify. */
const connections = 6

function say(word: ArchiveWord): void {
  // A thread's port has no origin: that is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(word)
}

/** What the thread has to log, the log of the process writes. */
function createThreadLog(): Pick<Logger, LogLevel> {
  const write = (level: LogLevel) => (given: { err?: unknown }, message: string) => {
    const { err, ...fields } = given
    say(err === undefined ? { level, fields, message } : { level, fields, error: packError(err), message })
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') } as Pick<
    Logger,
    LogLevel
  >
}

interface ThreadDeps extends Pick<Deps, 'db' | 'clock' | 'log' | 'objectStore' | 'checkpointSigner' | 'anchors'> {
  close(): Promise<void>
}

async function openThread(settings: ArchiveThreadSettings): Promise<ThreadDeps> {
  const log = createThreadLog()
  const db = openDatabase(openPool(settings.databaseUrl, log, connections))
  const bucket = await openObjectStore(settings.objectStore, systemClock)
  const second =
    settings.anchors?.store === undefined ? undefined : await openObjectStore(settings.anchors.store, systemClock)
  const anchors: Anchors | undefined =
    settings.anchors === undefined ? undefined : { ...settings.anchors, store: second?.store }
  return {
    db,
    clock: systemClock,
    log: log as Logger,
    objectStore: bucket.store,
    checkpointSigner: createEd25519Signer(settings.origin, settings.signingKey),
    anchors,
    async close() {
      await db.destroy()
      await bucket.close()
      await second?.close()
    },
  }
}

let indexing: Promise<void> | undefined
/** Something was numbered since the indexing under way last looked. */
let unindexed = false

async function index(deps: ThreadDeps): Promise<void> {
  while (unindexed) {
    unindexed = false
    try {
      await indexRecords(deps.db, true)
    } catch (err) {
      deps.log.warn({ err }, 'the search index does not follow the log; what is not in it is searched by its bytes')
    }
  }
  indexing = undefined
}

const tasks: Readonly<Record<Exclude<ArchiveTask, 'stop'>, (deps: ThreadDeps) => Promise<void>>> = {
  async seal(deps) {
    await sealAndTell(deps, { index: false })
    unindexed = true
    indexing ??= index(deps)
  },
  verify: verifyOnSchedule,
}

const opening = openThread(workerData as ArchiveThreadSettings)
let unusable = false
opening.catch(() => (unusable = true)) // said in the answer to the call
const underWay = new Set<Promise<void>>()

async function run(task: ArchiveTask): Promise<void> {
  const deps = await opening
  if (task !== 'stop') return tasks[task](deps)
  await Promise.allSettled(underWay)
  await indexing
  await deps.close()
}

async function answer({ number, task }: ArchiveCall): Promise<void> {
  const work = run(task)
  if (task !== 'stop') underWay.add(work)
  try {
    await work
    say({ number })
  } catch (error) {
    say({ number, failure: packError(error) })
  }
  underWay.delete(work)
  // What could not be opened may be curable: the next call finds no thread and starts one.
  if (task === 'stop' || unusable) parentPort?.close()
}

parentPort?.on('message', (call: ArchiveCall) => void answer(call))
