import { v7 } from 'uuid'
import type { Instant } from './clock.ts'

/** A UUIDv7 (RFC 9562) made by us before the insert, so that a retry carries the same id. */
export function newId(now: Instant): string {
  return v7({ msecs: Date.parse(now) })
}
