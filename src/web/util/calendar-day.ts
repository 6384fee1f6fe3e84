/** The day so many days from today in the reader's zone, as `2026-11-22`. */
export function dayFrom(days: number): string {
  const today = new Date()
  return write(new Date(today.getFullYear(), today.getMonth(), today.getDate() + days))
}

/** The day on which an instant falls in the reader's zone. */
export function dayOf(milliseconds: number): string {
  return write(new Date(milliseconds))
}

function write(day: Date): string {
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}

/** The instant at which a day of the reader's zone, or one so many days later, begins. */
export function startOfDay(day: string, later = 0): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).toISOString()
}
