import type { RawCalendar } from './raw-policy.ts'

/** A named set of times in one IANA zone. Fixed periods are UTC already; the rest is asked in local time. */
export interface Calendar {
  readonly zone: string
  /** Half-open [from, to) in milliseconds since 1970. */
  readonly periods: readonly (readonly [number, number])[]
  /** Half-open ranges of month × 100 + day; from > to goes over New Year. */
  readonly yearly: readonly (readonly [number, number])[]
  /** Weekday 0 = Sunday, half-open minutes of the day. */
  readonly weekly: readonly { readonly day: number; readonly from: number; readonly to: number }[]
}

interface LocalTime {
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly minutes: number
  readonly utc: number
}

const formats = new Map<string, Intl.DateTimeFormat>()
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Throws RangeError when the zone does not exist. */
function formatFor(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}

function localTime(zone: string, instant: number): LocalTime {
  const part = Object.fromEntries(
    formatFor(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  )
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((name) =>
    Number(part[name]),
  )
  return {
    month: month!,
    day: day!,
    weekday: weekdays.indexOf(part['weekday']!.toLowerCase()),
    minutes: hour! * 60 + minute!,
    utc: Date.UTC(year!, month! - 1, day, hour, minute, second),
  }
}

/** The instant at which the clocks of a zone show a local time; in the hour that spring skips, the hour after it. */
export function zonedInstant(zone: string, local: string): number {
  const [date, time = '00:00'] = local.split('T')
  const wanted = Date.parse(`${date}T${time}:00.000Z`)
  if (Number.isNaN(wanted) || new Date(wanted).toISOString().slice(0, 10) !== date)
    throw new RangeError(`"${local}" is not a day of the calendar.`)
  const first = wanted - (localTime(zone, wanted).utc - wanted)
  return first - (localTime(zone, first).utc - wanted)
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString().slice(0, 10)
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  return hours! * 60 + minutes!
}

function yearDayOf(text: string): number {
  const [month, day] = text.split('-').map(Number)
  if (month! < 1 || month! > 12 || day! < 1 || day! > 31)
    throw new RangeError(`"${text}" is not a day of the year. Write month-day: "12-24".`)
  return month! * 100 + day!
}

/** Hours such as 18:00 to 08:00 go on until the next morning. */
function splitNight(day: number, from: number, to: number): { day: number; from: number; to: number }[] {
  if (from < to) return [{ day, from, to }]
  return [
    { day, from, to: 1440 },
    { day: (day + 1) % 7, from: 0, to },
  ]
}

/** Compiles a calendar. A day as `to` is included whole. Throws RangeError with what to write instead. */
export function compileCalendar(raw: RawCalendar): Calendar {
  try {
    formatFor(raw.zone)
  } catch {
    throw new RangeError(`"${raw.zone}" is not a time zone. Write one such as Europe/Paris or America/New_York.`)
  }
  const periods = (raw.periods ?? []).map(({ from, to }): [number, number] => {
    const range: [number, number] = [
      zonedInstant(raw.zone, from),
      zonedInstant(raw.zone, to.includes('T') ? to : nextDay(to)),
    ]
    if (!(range[0] < range[1]))
      throw new RangeError(`The period ends before it begins: write from: ${to}, to: ${from}.`)
    return range
  })
  const yearly = (raw.yearly ?? []).map(({ from, to }): [number, number] => [yearDayOf(from), yearDayOf(to) + 1])
  const weekly = (raw.weekly ?? []).flatMap(({ days, from = '00:00', to = '24:00' }) =>
    days.flatMap((day) => splitNight(weekdays.indexOf(day), minutesOf(from), minutesOf(to))),
  )
  return { zone: raw.zone, periods, yearly, weekly }
}

/** True when the instant (milliseconds since 1970) lies in the calendar. Depends on nothing else. */
export function isInCalendar(calendar: Calendar, instant: number): boolean {
  if (calendar.periods.some(([from, to]) => instant >= from && instant < to)) return true
  if (calendar.yearly.length === 0 && calendar.weekly.length === 0) return false
  const local = localTime(calendar.zone, instant)
  const yearDay = local.month * 100 + local.day
  if (
    calendar.yearly.some(([from, to]) =>
      from < to ? yearDay >= from && yearDay < to : yearDay >= from || yearDay < to,
    )
  )
    return true
  return calendar.weekly.some(
    ({ day, from, to }) => day === local.weekday && local.minutes >= from && local.minutes < to,
  )
}
