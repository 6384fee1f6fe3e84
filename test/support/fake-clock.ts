import { addMilliseconds, type Clock, type Instant } from '#server/platform/clock.ts'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  set(instant: Instant): void
  /** Moves forward and answers the new instant. */
  advance(milliseconds: number): Instant
}

/** Monday morning, when nothing is unusual. */
export const ordinaryMonday: Instant = '2026-03-02T09:00:00.000Z'

export function createFakeClock(start: Instant = ordinaryMonday): FakeClock {
  let present = start
  return {
    now: () => present,
    set(instant) {
      present = instant
    },
    advance(milliseconds) {
      present = addMilliseconds(present, milliseconds)
      return present
    },
  }
}
