import type { Instant } from '#server/platform/clock.ts'
import type { Names } from './names.ts'

/** How the readable files of one export are written. */
export interface Reading {
  readonly language: 'en' | 'fr'
  readonly timeZone: string
  /** The time of the checkpoint: what is still up is so as of then. */
  readonly until: Instant
  readonly names: Names
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** `2026-03-02 10:00:00 Europe/Paris`: sorts as text and is read the same everywhere. */
export function formatTime(at: Instant | null, timeZone: string): string {
  if (at === null) return ''
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, format)
  }
  return `${format.format(new Date(at))} ${timeZone}`
}
