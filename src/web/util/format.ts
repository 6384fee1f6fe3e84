import { regionalLocale } from './language.ts'

/** The reader's own zone, always shown where a time matters. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone

/** Date and time in the reader's language and zone. */
export function formatTime(instant: string, withZone = false): string {
  return (
    new Intl.DateTimeFormat(regionalLocale(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant)) +
    (withZone ? ` (${timeZone})` : '')
  )
}

/** A day of a calendar (`2026-11-22`) with its weekday; what is not one stays as it is. */
export function formatDay(day: string): string {
  const [year = NaN, month = 1, date = 1] = day.split('-').map(Number)
  const at = new Date(year, month - 1, date)
  return Number.isNaN(at.getTime())
    ? day
    : new Intl.DateTimeFormat(regionalLocale(), {
        weekday: 'short',
        year: 'numeric',
        month: 'short',
        day: 'numeric',
      }).format(at)
}

/** A month of the calendar (`2026-11`) in words. */
export function formatMonth(month: string): string {
  const [year = NaN, number = 1] = month.split('-').map(Number)
  return new Intl.DateTimeFormat(regionalLocale(), { year: 'numeric', month: 'long' }).format(
    new Date(year, number - 1),
  )
}

/** With seconds, for evidence. */
export function formatExactTime(instant: string): string {
  return new Intl.DateTimeFormat(regionalLocale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(
    new Date(instant),
  )
}

/** Each unit, its seconds, and from how many on it is said: half a smaller unit earlier, so that nothing is “60 minutes”. */
const units: readonly [Intl.RelativeTimeFormatUnit, number, number][] = [
  ['day', 86_400, 84_600],
  ['hour', 3_600, 3_570],
  ['minute', 60, 59.5],
]

/** “in 3 hours”, “2 days ago”. */
export function formatRelative(instant: string, now = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000
  const format = new Intl.RelativeTimeFormat(regionalLocale(), { numeric: 'auto' })
  for (const [unit, length, least] of units)
    if (Math.abs(seconds) >= least) return format.format(Math.round(seconds / length), unit)
  return format.format(Math.round(seconds), 'second')
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(regionalLocale()).format(value)
}

/** Bytes in the unit that a person reads. */
export function formatBytes(bytes: number): string {
  const unit = bytes >= 1e9 ? 'gigabyte' : bytes >= 1e6 ? 'megabyte' : bytes >= 1e3 ? 'kilobyte' : 'byte'
  const size = { byte: 1, kilobyte: 1e3, megabyte: 1e6, gigabyte: 1e9 }[unit]
  return new Intl.NumberFormat(regionalLocale(), { style: 'unit', unit, maximumFractionDigits: 1 }).format(bytes / size)
}
