/**
 * A day as people type it: 22/11/2026, 22.11.2026 or 2026-11-22, its year whole, so that a day half typed is none. Answers
 * it as `2026-11-22`, and undefined for what is no day of the calendar.
 */
export function parseDay(text: string): string | undefined {
  const parts = text.trim().split(/[\s/.-]+/)
  if (parts.length !== 3 || !parts.every((part) => /^\d{1,4}$/.test(part))) return undefined
  const [first = '', month = '', last = ''] = parts
  const [year, day] = first.length === 4 ? [first, last] : [last, first]
  if (year.length !== 4) return undefined
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(day)) return undefined
  return at.toISOString().slice(0, 10)
}

/** `2026-11-22` as it is typed in both languages of the console: 22/11/2026. */
export function showDay(day: string): string {
  return day.split('-').toReversed().join('/')
}

/** A day and a time of day as people type them: 22/11/2026 14:30, 22/11/2026 14h30. Answers `2026-11-22T14:30`. */
export function parseMoment(text: string): string | undefined {
  const found = /^(.+?)[\s,T]+(\d{1,2})[:h.](\d{2})$/.exec(text.trim())
  const day = found === null ? undefined : parseDay(found[1] ?? '')
  const [hour, minute] = [Number(found?.[2]), Number(found?.[3])]
  if (day === undefined || hour > 23 || minute > 59) return undefined
  return `${day}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** `2026-11-22T14:30` as it is typed: 22/11/2026 14:30. */
export function showMoment(moment: string): string {
  const [day = '', time] = moment.split('T')
  return time === undefined ? showDay(day) : `${showDay(day)} ${time}`
}
