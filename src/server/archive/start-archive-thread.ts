import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { LogLevel } from '#server/platform/config.ts'
import type { ArchiveCall, ArchiveTask, ArchiveThreadSettings, ArchiveWord } from './archive-thread.ts'
import { unpackError } from './thread-error.ts'

/** Sealing, indexing and verifying, on a thread of their own: their hashing and packing never delays a request. */
export interface ArchiveThread {
  /** Numbers and seals what waits; the index follows by itself. Rejects when the round failed or the thread died. */
  seal(): Promise<void>
  /** Verifies what is due. Rejects as `seal` does. */
  verify(): Promise<void>
  /** Lets a round under way finish, for some seconds, then ends the thread: whatever is cut off is done again at the next start. */
  stop(): Promise<void>
}

/** Longest wait for a round under way when the thread is asked to stop. */
const patienceMilliseconds = 5_000

interface Running {
  readonly worker: Worker
  /** Calls that are under way, by their numbers. */
  readonly waiting: Map<number, (failure: Error | undefined) => void>
  readonly ended: Promise<void>
  calls: number
}

/**
 * Starts the thread with the first call. A thread that dies takes its calls with it, and the next call starts another:
 * the database and the bucket know everything that it knew. Two calls of one kind at once are the caller's to avoid.
 */
export function startArchiveThread(settings: ArchiveThreadSettings, log: Pick<Logger, LogLevel>): ArchiveThread {
  let running: Running | undefined
  let stopped = false
  const start = () =>
    startThread(settings, log, (code) => {
      running = undefined
      // A round that is cut off because everything stops is no failure: the next start does it again.
      return stopped ? undefined : new Error(`The archive's thread ended with ${code}.`)
    })
  const ask = async (task: ArchiveTask): Promise<void> => {
    if (!stopped) await call(task, (running ??= start()))
  }
  return {
    seal: () => ask('seal'),
    verify: () => ask('verify'),
    async stop() {
      stopped = true
      if (running !== undefined) await stop(running, log)
    },
  }
}

/** `failureOf` is asked when the thread has ended: what its calls under way are told. */
function startThread(
  settings: ArchiveThreadSettings,
  log: Pick<Logger, LogLevel>,
  failureOf: (code: number) => Error | undefined,
): Running {
  const worker = new Worker(new URL('archive-thread.ts', import.meta.url), { workerData: settings })
  const waiting: Running['waiting'] = new Map()
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      const failure = failureOf(code)
      for (const settle of waiting.values()) settle(failure)
      resolve()
    })
  })
  worker.on('error', (error) => log.error({ err: error }, 'the archive’s thread died and is started again'))
  worker.on('message', (word: ArchiveWord) => {
    if ('level' in word) write(log, word)
    else waiting.get(word.number)?.(word.failure === undefined ? undefined : unpackError(word.failure))
  })
  return { worker, waiting, ended, calls: 0 }
}

function write(log: Pick<Logger, LogLevel>, word: Extract<ArchiveWord, { level: LogLevel }>): void {
  const error = word.error === undefined ? {} : { err: unpackError(word.error) }
  log[word.level]({ ...word.fields, ...error }, word.message)
}

function call(task: ArchiveTask, thread: Running): Promise<void> {
  const asked: ArchiveCall = { number: ++thread.calls, task }
  return new Promise((resolve, reject) => {
    thread.waiting.set(asked.number, (failure) => {
      thread.waiting.delete(asked.number)
      if (failure === undefined) resolve()
      else reject(failure)
    })
    // A thread's port has no origin: that is for windows.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    thread.worker.postMessage(asked)
  })
}

async function stop(thread: Running, log: Pick<Logger, LogLevel>): Promise<void> {
  const impatient = setTimeout(() => void thread.worker.terminate(), patienceMilliseconds)
  await call('stop', thread).catch((error: unknown) => log.debug({ err: error }, 'the archive’s thread was cut off'))
  await thread.ended
  clearTimeout(impatient)
}
