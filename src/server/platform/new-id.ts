import { v7 } from 'uuid'
import type { Instant } from './clock.ts'

/** A UUIDv7 (RFC 9562) made by us before the insert, so that a retry carries the same id. */
export function newId(now: Instant): string {
  return v7({ msecs: Date.parse(now) })
}

/** When an id of ours was made; its first 48 bits say so. */
export function bornAt(id: string): Instant {
  return new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString()
}
