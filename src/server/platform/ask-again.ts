import { AppError } from './app-error.ts'
import { addMilliseconds, type Clock } from './clock.ts'

const bytesOnOneAnswer = 8_000_000
const millisecondsOnOneAnswer = 10_000

/**
 * Holds a long answer that is under way to the right of whoever gets it, which was asked for before the first byte: the
 * result is to be awaited with the length of each piece before that is sent, and asks again when eight megabytes have gone
 * out or ten seconds have passed since the last time. Throws `forbidden` when the right has ended: all that is left is to break
 * the answer off, and its `Content-Length` shows that it is not whole.
 */
export function askAgain(
  clock: Clock,
  mayGoOn: () => Promise<boolean>,
): (length: number, atOnce?: boolean) => Promise<void> {
  let left = bytesOnOneAnswer
  let until = addMilliseconds(clock.now(), millisecondsOnOneAnswer)
  return async (length, atOnce = false) => {
    if (atOnce || left <= 0 || clock.now() >= until) {
      if (!(await mayGoOn())) throw new AppError('forbidden', 'Whoever was downloading this may not any more.')
      left = bytesOnOneAnswer
      until = addMilliseconds(clock.now(), millisecondsOnOneAnswer)
    }
    left -= length
  }
}
