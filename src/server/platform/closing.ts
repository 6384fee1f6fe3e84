import type { Logger } from 'pino'

/** What was opened, to be closed in the opposite order. */
export interface Closing {
  add(close: () => Promise<unknown>): void
  /** Closes everything once; a second call waits for the first. One that fails does not keep the others open. */
  run(): Promise<void>
  /** True from the first `run` on: errors of a start under way are then its interruption. */
  hasBegun(): boolean
}

export function createClosing(log: Pick<Logger, 'warn'>): Closing {
  const opened: (() => Promise<unknown>)[] = []
  let running: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    for (let close = opened.pop(); close !== undefined; close = opened.pop()) {
      await close().catch((error: unknown) => log.warn({ err: error }, 'a part did not close cleanly'))
    }
  }

  return {
    add(close) {
      opened.push(close)
      // Opened while everything closes: a signal came in the middle of the start.
      if (running !== undefined) running = running.then(closeAll)
    },
    run() {
      running ??= closeAll()
      return running
    },
    hasBegun: () => running !== undefined,
  }
}
