/** RFC 3339 in UTC with milliseconds, the one form of a time from the database to the hash. */
export type Instant = string

/**
 * The only source of time. A use case reads it once, so that everything it writes carries one instant.
 * Readings never decrease within one process by contract of the caller's tests, not of the wall clock.
 */
export interface Clock {
  /** The present instant. Never throws. */
  now(): Instant
}

/** Milliseconds since 1970 to an instant. */
export function toInstant(milliseconds: number): Instant {
  return new Date(milliseconds).toISOString()
}

/** An instant moved by milliseconds (negative moves back). */
export function addMilliseconds(instant: Instant, milliseconds: number): Instant {
  return toInstant(Date.parse(instant) + milliseconds)
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => toInstant(Date.now()) }
