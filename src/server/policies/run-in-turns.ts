import { setImmediate as nextTurn } from 'node:timers/promises'

/** Runs work that yields from beginning to end. */
export function runAtOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Runs work that yields, one step a turn of the event loop: whatever else waits goes first. */
export async function runInTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await nextTurn()
  }
}
