import { fullFormats } from 'ajv-formats/dist/formats.js'

/** A part of a request that ajv takes and that no record could hold. */
export interface Unkeepable {
  /** JSON pointer, as ajv writes it. */
  readonly instancePath: string
  readonly message: string
}

const deepest = 64

/**
 * What cannot be kept exactly is refused, never mended: Postgres stores no NUL, canonical JSON holds no half of a
 * character, and what is nested without end is read by nobody. Answers the first such part of parsed JSON.
 */
export function findUnkeepable(value: unknown, instancePath = '', depth = 0): Unkeepable | undefined {
  if (typeof value === 'string') return findInText(value, instancePath)
  // ajv checks no limit of a number that became infinite while it was read.
  if (typeof value === 'number' && !Number.isFinite(value)) return { instancePath, message: 'is too large a number' }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > deepest) return { instancePath: instancePath.slice(0, 60), message: 'is nested too deeply' }
  for (const [key, member] of Object.entries(value)) {
    const found = findInText(key, instancePath) ?? findUnkeepable(member, `${instancePath}/${key}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function findInText(text: string, instancePath: string): Unkeepable | undefined {
  if (text.includes('\u0000')) return { instancePath, message: 'holds a NUL character; remove it' }
  if (!text.isWellFormed())
    return { instancePath, message: 'holds half of a character (a lone surrogate); type it again' }
  return undefined
}

const dateTime = fullFormats['date-time'] as { readonly validate: (text: string) => boolean }
const earliest = Date.parse('0001-01-02T00:00:00Z')
const latest = Date.parse('9999-12-30T00:00:00Z')
const offsetOfHours = /[+-](\d\d)(:?\d\d)?$/

/**
 * RFC 3339, as far as Postgres and JavaScript read the same instant in it: no leap second, no year that one of them
 * cannot write, no offset beyond the fifteen hours that Postgres knows.
 */
export function isReadableTime(text: string): boolean {
  const instant = Date.parse(text)
  return (
    dateTime.validate(text) &&
    instant >= earliest &&
    instant <= latest &&
    Number(offsetOfHours.exec(text)?.[1] ?? 0) <= 15
  )
}
