import { v7, validate } from 'uuid'
import type { Instant } from './clock.ts'

/** A UUIDv7 (RFC 9562) made by us before the insert, so that a retry carries the same id. */
export function newId(now: Instant): string {
  return v7({ msecs: Date.parse(now) })
}

/** Is it written like an id of ours? Postgres refuses every other text as a bug would. */
export function isId(text: string): boolean {
  return validate(text)
}

/** When an id of ours was made; its first 48 bits say so. */
export function bornAt(id: string): Instant {
  return new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString()
}
